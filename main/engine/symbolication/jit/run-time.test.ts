// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { namelessAdvice, runTimeOf } from './run-time.ts';

const files: [path: string, says: RegExp][] = [
  ['/usr/bin/node', /node --perf-basic-prof --interpreted-frames-native-stack$/],
  ['/usr/lib/x86_64-linux-gnu/libnode.so.108', /--perf-basic-prof --interpreted-frames-native-stack$/],
  ['/usr/lib/chromium/chromium', /--js-flags/],
  ['/usr/lib/jvm/java-17-openjdk-amd64/lib/server/libjvm.so', /"jcmd 42 Compiler\.perfmap".*-XX:\+PreserveFramePointer$/],
  ['/usr/bin/python3.12', /"python3 -X perf" \(or PYTHONPERFSUPPORT=1/],
  ['/usr/lib/libpython3.13t.so.1.0', /-X perf/],
  ['/usr/bin/python3.11', /not by Python 3\.11 itself/],
  ['/usr/share/dotnet/shared/Microsoft.NETCore.App/8.0.0/libcoreclr.so', /DOTNET_PerfMapEnabled=1/],
  ['/usr/bin/luajit-2.1.0-beta3', /LuaJIT/],
  ['/usr/lib/x86_64-linux-gnu/libluajit-5.1.so.2', /LuaJIT/],
  ['/usr/bin/perl', /neither a perf map nor a jitdump/],
  ['/opt/nodemon', /neither a perf map nor a jitdump/],
];

it.each(files)('%s', (path, says) => {
  expect(namelessAdvice(runTimeOf(path), 42)).toMatch(says);
});
