// SPDX-License-Identifier: Apache-2.0
/** The guest's whole file system: busybox, the helper with its libraries and BPF objects, agent and client. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { loadAddon } from '../../main/engine/symbolication/addon.ts';
import { pack } from './archive.ts';

const run = promisify(execFile);

const HERE = import.meta.dirname;
const BUSYBOX = '/bin/busybox';

/** `make -C native helper bpf` writes both here. */
export const NATIVE = join(HERE, '../../build/native');
export const HELPER = join(NATIVE, 'emberscope-helper');
export const DEMO = join(HERE, '../../build/programs/demo');

/** Of the guest. */
export const GUEST_HELPER = '/emberscope/emberscope-helper';
export const GUEST_CLIENT = '/client';
export const GUEST_CALLS = '/calls';
/** test/programs/demo.c, at a path where this machine has nothing. */
export const GUEST_DEMO = '/programs/demo';

/**
 * perf's own throttle is off: under emulation every interrupt is slow, and the kernel would lower
 * perf_event_max_sample_rate below what is asked for.
 */
const INIT = `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t tracefs tracefs /sys/kernel/tracing
/bin/busybox mount -t securityfs securityfs /sys/kernel/security
/bin/busybox --install -s /bin
echo 0 > /proc/sys/kernel/perf_cpu_time_max_percent
# A machine as distributions ship it, not a lax one.
echo 1 > /proc/sys/kernel/kptr_restrict
[ "$(cat /proc/sys/kernel/perf_event_paranoid)" -ge 2 ] || echo 2 > /proc/sys/kernel/perf_event_paranoid
for module in /modules/*; do [ ! -e $module ] || insmod $module; done
for try in $(seq 100); do [ -e /dev/vport*p1 ] && break; sleep 0.1; done
/agent /dev/vport*p1
poweroff -f
`;

/** Libraries and loader, at the paths under which the loader looks for them. */
async function librariesOf(program: string): Promise<string[]> {
  const { stdout } = await run('ldd', [program]);
  if (stdout.includes('not found')) throw new Error(`${program} misses a library:\n${stdout}`);
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].flatMap(([, path]) => (path === undefined ? [] : [path]));
}

async function install(root: string, from: string, to: string, mode = 0o755): Promise<void> {
  const path = join(root, to);
  await mkdir(dirname(path), { recursive: true });
  await copyFile(from, path);
  await chmod(path, mode);
}

/**
 * Writes the client at `output`, and its unwind rows beside it. Without frame pointers, so that only unwind tables lead outwards; and every call a
 * call: the stacks must be what the source says.
 */
export async function compileClient(output: string): Promise<void> {
  await compile(output, 'client.c', 'client_session.c', 'client_target.c');
  const { rows } = await loadAddon().compileUnwindRows(output, '');
  await writeFile(`${output}.rows`, rows);
}

async function compile(output: string, ...names: readonly string[]): Promise<void> {
  const flags = ['-O1', '-fomit-frame-pointer', '-fno-optimize-sibling-calls', '-static', '-no-pie'];
  const sources = names.map((name) => join(HERE, name));
  await run('gcc', [...flags, '-Wall', '-Wextra', '-Werror', '-o', output, ...sources]);
}

/** What is missing on this machine to build and boot a guest, as a sentence; undefined: nothing. */
export async function missingTools(): Promise<string | undefined> {
  if (process.arch !== 'x64') return `the kernels are for x86_64, this machine is ${process.arch}`;
  if (!existsSync(BUSYBOX)) return 'busybox is not installed (package busybox-static)';
  const { stdout } = await run('ldd', [BUSYBOX]).catch(() => ({ stdout: '' }));
  if (stdout.includes('=>')) return 'busybox is not static (package busybox-static)';
  for (const [tool, packageName] of [
    ['qemu-system-x86_64', 'qemu-system-x86'],
    ['cpio', 'cpio'],
    ['gcc', 'gcc'],
  ] as const) {
    const found = await run(tool, ['--version']).then(
      () => true,
      () => false,
    );
    if (!found) return `${tool} is not installed (package ${packageName})`;
  }
  return undefined;
}


/** Another archive, to follow the first: programs of this machine, at their own paths, with their libraries. */
export async function buildExtra(output: string, programs: readonly string[]): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'emberscope-guest-'));
  try {
    for (const program of programs) {
      await install(root, program, program);
      for (const library of await librariesOf(program)) await install(root, library, library);
    }
    await pack(root, output, 0);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Writes the archive at `output`. */
export async function buildInitramfs(output: string): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'emberscope-guest-'));
  try {
    for (const folder of ['proc', 'sys', 'dev', 'run', 'tmp', 'bin']) await mkdir(join(root, folder));
    await install(root, BUSYBOX, 'bin/busybox');
    await install(root, HELPER, GUEST_HELPER);
    for (const name of await readdir(NATIVE)) {
      if (name.endsWith('.bpf.o')) await install(root, join(NATIVE, name), join(dirname(GUEST_HELPER), name), 0o644);
    }
    await install(root, DEMO, GUEST_DEMO);
    for (const library of await librariesOf(HELPER)) await install(root, library, library);
    await compileClient(join(root, basename(GUEST_CLIENT)));
    await compile(join(root, 'agent'), 'agent.c');
    await compile(join(root, basename(GUEST_CALLS)), 'calls.c');
    await writeFile(join(root, 'init'), INIT);
    await chmod(join(root, 'init'), 0o755);
    await pack(root, output);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
