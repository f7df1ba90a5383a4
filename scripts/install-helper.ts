// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run install-helper`: copies the privileged helper, its BPF objects and the polkit policies to root-owned
 * paths, for a checkout, where no package did it.
 *
 * Everything written goes through the same few commands, directly as root or through sudo; no code of this
 * folder runs as root by way of sudo, and no shell is involved. The bytes that are written are the bytes
 * whose hashes were shown: they are read once and passed through a pipe.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, type Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';

const TOP = join(import.meta.dirname, '..');
const LIBEXEC = '/usr/libexec/emberscope';
const ACTIONS = '/usr/share/polkit-1/actions';

const USAGE = `usage: npm run install-helper [-- --yes] [-- --uninstall]

Installs the helper that samples in the kernel, so that Emberscope can ask for permission through polkit
instead of running as root. Shows what it will do and asks first.
  --yes        do not ask
  --uninstall  remove what was installed
Exit status: 0 done, 1 failed, 2 wrong usage, 3 not confirmed.`;

/** A sentence for the person at the terminal. */
class Failure extends Error {}

interface File {
  readonly source: string;
  readonly target: string;
  /** As chmod takes it. */
  readonly mode: '0755' | '0644';
}

const FILES: readonly File[] = [
  { source: join(TOP, 'build/native/emberscope-helper'), target: `${LIBEXEC}/emberscope-helper`, mode: '0755' },
  { source: join(TOP, 'build/native/on_cpu.bpf.o'), target: `${LIBEXEC}/on_cpu.bpf.o`, mode: '0644' },
  { source: join(TOP, 'build/native/off_cpu.bpf.o'), target: `${LIBEXEC}/off_cpu.bpf.o`, mode: '0644' },
  { source: join(TOP, 'build/native/function.bpf.o'), target: `${LIBEXEC}/function.bpf.o`, mode: '0644' },
  { source: join(TOP, 'build/native/ready.bpf.o'), target: `${LIBEXEC}/ready.bpf.o`, mode: '0644' },
  ...['profile', 'trace'].map((mode) => ({
    source: join(TOP, `assets/org.emberscope.${mode}.policy`),
    target: `${ACTIONS}/org.emberscope.${mode}.policy`,
    mode: '0644' as const,
  })),
];

interface Piece extends File {
  readonly bytes: Buffer;
  readonly hash: string;
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

function readPieces(): Piece[] {
  return FILES.map((file) => {
    let bytes: Buffer;
    try {
      bytes = readFileSync(file.source);
    } catch (error) {
      throw new Failure(`${file.source} cannot be read (${String(error)}). Build it first: npm run setup`);
    }
    if (bytes.length === 0) throw new Failure(`${file.source} is empty. Build it again: npm run setup`);
    return { ...file, bytes, hash: sha256(bytes) };
  });
}

function statOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

/** Nobody but root may be able to put anything at or above a target. */
function checkFolders(): void {
  for (const target of [LIBEXEC, ACTIONS]) {
    for (let folder = target; ; folder = dirname(folder)) {
      const status = statOf(folder);
      // No links either: polkit compares the path that pkexec resolved with the one in the policy.
      if (status !== undefined && !status.isDirectory())
        throw new Failure(`${folder} is not a folder. Move it away first.`);
      if (status !== undefined && (status.uid !== 0 || (status.mode & 0o022) !== 0)) {
        throw new Failure(
          `${folder} can be written by others than root. A helper there could be replaced: correct its owner and mode first.`,
        );
      }
      if (folder === '/') break;
    }
  }
}

/** Runs one command as root. @throws Failure naming the command */
async function asRoot(command: string, args: readonly string[], input?: Buffer): Promise<void> {
  const root = process.getuid?.() === 0;
  const program = root ? command : '/usr/bin/sudo';
  const shown = [root ? command : `sudo ${command}`, ...args].join(' ');
  const child = spawn(program, root ? args : ['--', command, ...args], {
    // sudo asks for the password on the terminal, not on stdin.
    stdio: [input === undefined ? 'ignore' : 'pipe', 'ignore', 'inherit'],
    env: {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      LANG: 'C.UTF-8',
      ...(process.env['TERM'] && { TERM: process.env['TERM'] }),
    },
  });
  // EPIPE when the command ends early; its exit status says why.
  child.stdin?.on('error', () => undefined).end(input);
  await new Promise<void>((resolve, reject) => {
    child.once('error', (error) => reject(new Failure(`${shown}: ${error.message}`)));
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Failure(`${shown}: ended with ${signal ?? `status ${code}`}. Nothing after this step was done.`));
    });
  });
}

/** Complete beside its target before it takes the target's name, so that no half of it is ever run. */
async function install(piece: Piece): Promise<void> {
  const fresh = join(dirname(piece.target), `.${basename(piece.target)}.new`);
  await asRoot('/usr/bin/rm', ['-f', fresh]);
  // excl: never through a link or into a file that somebody put there meanwhile.
  await asRoot('/usr/bin/dd', [`of=${fresh}`, 'conv=excl,fsync', 'status=none'], piece.bytes);
  await asRoot('/usr/bin/chown', ['0:0', fresh]);
  await asRoot('/usr/bin/chmod', [piece.mode, fresh]);
  const written = sha256(readFileSync(fresh));
  if (written !== piece.hash) {
    await asRoot('/usr/bin/rm', ['-f', fresh]);
    throw new Failure(`${fresh} has hash ${written}, not ${piece.hash}: it was not installed. Is the disk full?`);
  }
  await asRoot('/usr/bin/mv', ['-fT', fresh, piece.target]);
}

function describe(piece: Piece): string {
  const status = statOf(piece.target);
  let present = 'new';
  if (status?.isFile())
    present = sha256(readFileSync(piece.target)) === piece.hash ? 'same content as installed' : 'replaces another one';
  else if (status !== undefined) present = 'replaces something that is not a file';
  return [
    `  ${piece.target}`,
    `      owner root:root, mode ${piece.mode}, ${piece.bytes.length} bytes, ${present}`,
    `      from   ${piece.source}`,
    `      sha256 ${piece.hash}`,
  ].join('\n');
}

async function confirmed(question: string, yes: boolean): Promise<boolean> {
  if (yes) return true;
  if (!process.stdin.isTTY) {
    throw new Failure('There is no terminal to ask on. Look at the list above, then run it again with --yes.');
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** The tools are named by their full path: sudo's own search path is not ours to know. */
function checkTools(): void {
  if (process.platform !== 'linux') throw new Failure('The helper is for Linux only.');
  if (process.getuid?.() !== 0 && !existsSync('/usr/bin/sudo')) {
    throw new Failure('This needs root, and there is no sudo here. Run it as root: npm run install-helper');
  }
}

function warnAboutPolkit(): void {
  const found = spawnSync('/usr/bin/pkexec', ['--version'], { stdio: 'ignore' });
  if (found.error === undefined) return;
  process.stdout.write('\nNote: /usr/bin/pkexec is missing, so nobody can be asked for permission yet.\n');
  process.stdout.write('Install it (Debian, Ubuntu): apt-get install pkexec polkitd\n');
}

async function installAll(yes: boolean): Promise<number> {
  const pieces = readPieces();
  checkFolders();
  const how = process.getuid?.() === 0 ? 'as root' : 'through sudo';
  process.stdout.write(`This writes, ${how}:\n\n  ${LIBEXEC}/\n      owner root:root, mode 0755\n`);
  process.stdout.write(`${pieces.map(describe).join('\n')}\n\n`);
  process.stdout.write('Afterwards members of the administrators may profile, after authenticating as such; to trace functions they are asked each time.\n');
  if (!(await confirmed('Install?', yes))) {
    process.stdout.write('Nothing was changed.\n');
    return 3;
  }
  await asRoot('/usr/bin/install', ['-d', '-o', '0', '-g', '0', '-m', '0755', LIBEXEC, ACTIONS]);
  checkFolders();
  for (const piece of pieces) await install(piece);
  process.stdout.write('Installed. To remove it: npm run install-helper -- --uninstall\n');
  warnAboutPolkit();
  return 0;
}

async function uninstallAll(yes: boolean): Promise<number> {
  const present = FILES.filter(({ target }) => statOf(target) !== undefined);
  if (present.length === 0) {
    process.stdout.write('Nothing is installed.\n');
    return 0;
  }
  process.stdout.write(`This removes:\n${present.map(({ target }) => `  ${target}\n`).join('')}`);
  if (!(await confirmed('Remove?', yes))) {
    process.stdout.write('Nothing was changed.\n');
    return 3;
  }
  // The policies first: without them nobody can start what is still there.
  for (const { target } of present.toReversed()) await asRoot('/usr/bin/rm', ['-f', target]);
  if (statOf(LIBEXEC) !== undefined) await asRoot('/usr/bin/rmdir', ['--ignore-fail-on-non-empty', LIBEXEC]);
  process.stdout.write('Removed.\n');
  return 0;
}

async function main(): Promise<number> {
  let values: { yes: boolean; uninstall: boolean; help: boolean };
  try {
    ({ values } = parseArgs({
      options: {
        yes: { type: 'boolean', short: 'y', default: false },
        uninstall: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
    return 2;
  }
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  try {
    checkTools();
    return await (values.uninstall ? uninstallAll(values.yes) : installAll(values.yes));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    process.stderr.write(`install-helper: ${error.message}\n`);
    return 1;
  }
}

process.exitCode = await main();
