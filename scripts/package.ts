// SPDX-License-Identifier: Apache-2.0
/** `npm run package`: the deb, the AppImage and the tar.gz; without Electron's binary, the folder they would hold. */
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import {
  electronBinary,
  electronPackage,
  isArchiveCached,
  type ElectronPackage,
} from '../main/launch/electron-binary.ts';
import { archiveAddress, probe } from '../main/launch/electron-download.ts';
import { runBuilder, type Target } from './package/builder.ts';
import { makeStandIn } from './package/stand-in.ts';

const TOP = join(import.meta.dirname, '..');
const OUTPUT = join(TOP, 'build/package');
const STAND_IN = join(TOP, 'build/electron-stand-in');

/** What the packages cannot do without; electron-builder passes over what is missing without a word. */
const PARTS = [
  'build/app/main.js',
  'build/app/preload.cjs',
  'build/app/engine-process.js',
  'build/app/reading-thread.cjs',
  'build/app/library-thread.cjs',
  'build/app/importing-thread.cjs',
  'build/app/name-cache-thread.cjs',
  'build/app/renderer/index.html',
  'build/native/emberscope-helper',
  'build/native/on_cpu.bpf.o',
  'build/native/off_cpu.bpf.o',
  'build/native/function.bpf.o',
  'build/native/ready.bpf.o',
  'build/native/emberscope-hold',
  'build/native/emberscope.node',
  'build/programs/demo',
];

const USAGE = `usage: npm run package [-- --dir]

Makes the packages in build/package: a deb, an AppImage and a tar.gz. Where Electron's binary is neither
present nor within reach, it makes the unpacked folder with a stand-in for it, and says so.
  --dir  only the unpacked folder
Exit status: 0 done, 1 failed, 2 wrong usage.`;

interface Plan {
  readonly targets: readonly Target[];
  readonly electronDist: string | undefined;
  /** Why less is made than asked for. */
  readonly note: string | undefined;
}

async function planFor(electron: ElectronPackage, only: 'dir' | undefined): Promise<Plan> {
  const everything: readonly Target[] = only === undefined ? ['deb', 'AppImage', 'tar.gz'] : [only];
  const binary = electronBinary(electron);
  const electronDist = binary === null ? undefined : dirname(binary);
  const obstacle = await probe(archiveAddress(electron));
  if (obstacle === null) return { targets: everything, electronDist, note: undefined };

  const host = new URL(archiveAddress(electron)).host;
  if (electronDist !== undefined || isArchiveCached(electron)) {
    // electron-builder downloads the tools for the other two from the same place.
    const note = `No deb and no AppImage: their tools are downloaded from ${host}, which ${obstacle}.`;
    return {
      targets: only === undefined ? ['tar.gz'] : everything,
      electronDist,
      note: only === undefined ? note : undefined,
    };
  }
  await makeStandIn(STAND_IN, electron.version);
  const note =
    `Electron ${electron.version} is not here, and ${host} ${obstacle}. Made instead: the unpacked folder with a ` +
    'stand-in for its executable, to check what a package would hold. It does not start. Run this again with network.';
  return { targets: ['dir'], electronDist: STAND_IN, note };
}

async function main(): Promise<number> {
  let values: { dir: boolean; help: boolean };
  try {
    ({ values } = parseArgs({
      options: { dir: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
    }));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
    return 2;
  }
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const missing = PARTS.filter((part) => !existsSync(join(TOP, part)));
  if (missing.length > 0) {
    process.stderr.write(`package: not built: ${missing.join(', ')}. Run: npm run setup\n`);
    return 1;
  }
  const electron = electronPackage(TOP);
  if (electron === null) {
    process.stderr.write('package: the npm package electron is not installed. Run: npm run setup\n');
    return 1;
  }
  // For what electron-builder writes itself; see MODES for what it copies.
  process.umask(0o022);
  const plan = await planFor(electron, values.dir ? 'dir' : undefined);
  const { status } = await runBuilder({
    project: TOP,
    targets: plan.targets,
    electronVersion: electron.version,
    electronDist: plan.electronDist,
  });
  if (plan.note !== undefined) process.stdout.write(`\n${plan.note}\n`);
  if (status !== 0)
    process.stderr.write(`package: electron-builder ended with status ${status}; its last lines say why\n`);
  else process.stdout.write(`Made: ${plan.targets.join(', ')}, in ${relative(process.cwd(), OUTPUT) || '.'}\n`);
  return status === 0 ? 0 : 1;
}

process.exitCode = await main();
