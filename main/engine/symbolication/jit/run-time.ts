// SPDX-License-Identifier: Apache-2.0
/** What makes code at run time in a process, recognised by the files it has mapped, and the flag with which it names it. */

export type RunTime = { kind: 'node' | 'v8' | 'java' | 'dotnet' | 'luajit' } | { kind: 'python'; minor: number };

const FILES: readonly [RegExp, (match: RegExpExecArray) => RunTime][] = [
  [/^(?:node|nodejs|libnode\.so.*)$/, () => ({ kind: 'node' })],
  [/^(?:chrome|chromium|electron|libv8\.so.*|d8|deno)$/, () => ({ kind: 'v8' })],
  [/^libjvm\.so$/, () => ({ kind: 'java' })],
  [/^(?:libcoreclr\.so|dotnet)$/, () => ({ kind: 'dotnet' })],
  [/^(?:lib|tex)?luajit(?:-|\.so|$)/, () => ({ kind: 'luajit' })],
  [/^(?:lib)?python3\.(\d{1,3})(?:[dt]*)(?:\.so.*)?$/, ([, minor]) => ({ kind: 'python', minor: Number(minor) })],
];

/** null: nothing is known of it. @param path of a file that a process has mapped */
export function runTimeOf(path: string): RunTime | null {
  const name = path.slice(path.lastIndexOf('/') + 1);
  for (const [pattern, make] of FILES) {
    const match = pattern.exec(name);
    if (match) return make(match);
  }
  return null;
}

/** Why code without a map has no name, and what would give it one. @param tgid for the command that takes it */
export function namelessAdvice(runTime: RunTime | null, tgid: number): string {
  switch (runTime?.kind) {
    case 'node':
      return 'Node.js made this code at run time and tells no names. Start it as: node --perf-basic-prof --interpreted-frames-native-stack';
    case 'v8':
      return 'V8 made this code at run time and tells no names. Its options --perf-basic-prof --interpreted-frames-native-stack name it (browsers take them as --js-flags="…").';
    case 'java':
      return `Java made this code at run time and tells no names. "jcmd ${tgid} Compiler.perfmap" names what is there now (JDK 17 and later); for complete stacks, start it with: java -XX:+PreserveFramePointer`;
    case 'dotnet':
      return '.NET made this code at run time and tells no names. Set DOTNET_PerfMapEnabled=1 in its environment before it starts.';
    case 'luajit':
      return 'LuaJIT made this code at run time, and has no option that names it.';
    case 'python':
      return runTime.minor >= 12
        ? 'Code was made here at run time. If it is Python\'s own, "python3 -X perf" (or PYTHONPERFSUPPORT=1 in its environment) names it.'
        : `Code was made here at run time, not by Python 3.${runTime.minor} itself but by one of its libraries, which tells no names.`;
    case undefined:
      return 'A compiler put this code into memory at run time, and nothing names it: there is neither a perf map nor a jitdump of its process.';
    default:
      return runTime satisfies undefined;
  }
}
