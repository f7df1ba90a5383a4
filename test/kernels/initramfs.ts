// SPDX-License-Identifier: Apache-2.0
/** The guest's whole file system: busybox, the helper with its libraries and BPF object, and the client. */
import { execFile, spawn } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';
import { loadAddon } from '../../main/engine/symbolication/addon.ts';

const run = promisify(execFile);

const HERE = import.meta.dirname;
const BUSYBOX = '/bin/busybox';

/** A session in the guest: the client's arguments. */
export interface Session {
  readonly uid: number;
  readonly frequency: number;
  readonly seconds: number;
  /** Frames of a user stack. */
  readonly depth: number;
}

/** What lies where after `make -C native helper bpf`. */
export interface Built {
  readonly helper: string;
  /** Of one folder. */
  readonly bpfObjects: readonly string[];
}

/**
 * perf's own throttle is off: under emulation every interrupt is slow, and the kernel would lower
 * perf_event_max_sample_rate below what is asked for.
 */
function initScript(sessions: readonly Session[]): string {
  const lines = sessions.map(
    ({ uid, frequency, seconds, depth }) => `/client /emberscope/emberscope-helper ${uid} ${frequency} ${seconds} ${depth} /client.rows`,
  );
  return [
    '#!/bin/busybox sh',
    '/bin/busybox mount -t proc proc /proc',
    '/bin/busybox mount -t sysfs sysfs /sys',
    '/bin/busybox mount -t devtmpfs dev /dev',
    '/bin/busybox mount -t tracefs tracefs /sys/kernel/tracing',
    'echo 0 > /proc/sys/kernel/perf_cpu_time_max_percent',
    // A machine as distributions ship it, not a lax one.
    'echo 1 > /proc/sys/kernel/kptr_restrict',
    '[ "$(cat /proc/sys/kernel/perf_event_paranoid)" -ge 2 ] || echo 2 > /proc/sys/kernel/perf_event_paranoid',
    'echo "PARANOID $(cat /proc/sys/kernel/perf_event_paranoid)"',
    ...lines,
    '/bin/busybox dmesg | /bin/busybox grep -E "BUG|WARNING|Oops" | /bin/busybox sed "s/^/DMESG /"',
    'echo GUEST DONE',
    '/bin/busybox poweroff -f',
    '',
  ].join('\n');
}

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

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true });
  return entries.sort();
}

async function pack(root: string, archive: string): Promise<void> {
  const cpio = spawn('cpio', ['--create', '--format=newc', '--quiet', '--owner=0:0'], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve, reject) => {
    cpio.once('error', reject);
    cpio.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`cpio ended with ${code}`))));
  });
  cpio.stdin.end(`${(await filesBelow(root)).join('\n')}\n`);
  await Promise.all([pipeline(cpio.stdout, createGzip({ level: 1 }), createWriteStream(archive)), ended]);
}

/**
 * Writes the client at `output`, and its unwind rows beside it. Without frame pointers, so that only unwind tables lead outwards; and every call a
 * call: the stacks must be what the source says.
 */
export async function compileClient(output: string): Promise<void> {
  await compile(output);
  const { rows } = await loadAddon().compileUnwindRows(output, '');
  await writeFile(`${output}.rows`, rows);
}

async function compile(output: string): Promise<void> {
  const flags = ['-O1', '-fomit-frame-pointer', '-fno-optimize-sibling-calls', '-static', '-no-pie'];
  const sources = ['client.c', 'client_session.c', 'client_target.c'].map((name) => join(HERE, name));
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

/** Writes the archive at `output`. */
export async function buildInitramfs(built: Built, sessions: readonly Session[], output: string): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'emberscope-guest-'));
  try {
    for (const folder of ['proc', 'sys', 'dev', 'run', 'tmp', 'bin']) await mkdir(join(root, folder));
    await install(root, BUSYBOX, 'bin/busybox');
    for (const name of ['sh', 'cat', '[']) await install(root, BUSYBOX, join('bin', name));
    await install(root, built.helper, 'emberscope/emberscope-helper');
    for (const object of built.bpfObjects) await install(root, object, join('emberscope', basename(object)), 0o644);
    for (const library of await librariesOf(built.helper)) await install(root, library, library);
    await compileClient(join(root, 'client'));
    await writeFile(join(root, 'init'), initScript(sessions));
    await chmod(join(root, 'init'), 0o755);
    await pack(root, output);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
