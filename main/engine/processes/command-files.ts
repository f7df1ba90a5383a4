// SPDX-License-Identifier: Apache-2.0
/** The files whose code a command will have, as far as they are known before it runs: the program and what it is linked with. */
import { execFile } from 'node:child_process';
import { constants, open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { findCommand } from './find-command.ts';

const run = promisify(execFile);

/** What the kernel looks at to find out what a file is, bytes. */
const HEAD_BYTES = 256;
const ELF_BYTES = 4096;
/** Scripts whose interpreter is a script, as deep as the kernel goes. */
const MOST_SCRIPTS = 5;
/** Of a program with 1,000 libraries some 100 ms. */
const LIST_TIMEOUT_MS = 2_000;
const LIST_BYTES = 2 ** 20;
const PT_INTERP = 3;

/**
 * The interpreter of a script stands for it. What cannot be found out is left out.
 * @param folder in which it will run
 */
export async function filesOfCommand(program: string, folder: string): Promise<string[]> {
  let file: string | null = program;
  for (let scripts = 0; file !== null && scripts <= MOST_SCRIPTS; scripts++) {
    const head: Buffer = await readHead(file, HEAD_BYTES);
    if (head.toString('latin1', 0, 2) !== '#!') return filesOfProgram(file, folder);
    file = interpreterOf(head, folder);
  }
  return [];
}

async function readHead(path: string, length: number): Promise<Buffer> {
  let file: FileHandle | null = null;
  try {
    // An interpreter may be a pipe, which would wait for somebody to write into it.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } catch {
    // A program may be there to be run and not to be read.
    return Buffer.alloc(0);
  } finally {
    await file?.close();
  }
}

/** "#!/usr/bin/python3 -s" names it; "#!/usr/bin/env -S python3 -s" has it looked for. */
function interpreterOf(head: Buffer, folder: string): string | null {
  const words = /^#![ \t]*([^\n\0]*)/.exec(head.toString('utf8'))?.[1]?.split(/[ \t]+/) ?? [];
  const [interpreter = '', ...rest] = words;
  const name = rest.find((word) => !word.startsWith('-') && !word.includes('='));
  if (basename(interpreter) !== 'env' || name === undefined) return interpreter === '' ? null : interpreter;
  try {
    return findCommand(name, folder);
  } catch {
    return null;
  }
}

async function filesOfProgram(program: string, folder: string): Promise<string[]> {
  const loader = loaderOf(await readHead(program, ELF_BYTES));
  if (loader === null) return [program];
  return [...new Set([program, loader, ...(await librariesOf(program, loader, folder))])];
}

/** Of an ELF file of 64 bits: what loads its libraries. Null: it has none. */
export function loaderOf(head: Buffer): string | null {
  if (head.length < 64 || head.readUInt32BE(0) !== 0x7f454c46 || head[4] !== 2 || head[5] !== 1) return null;
  const at = Number(head.readBigUInt64LE(0x20));
  for (let i = 0; i < head.readUInt16LE(0x38) && at + (i + 1) * 56 <= head.length; i++) {
    const segment = head.subarray(at + i * 56, at + (i + 1) * 56);
    if (segment.readUInt32LE(0) !== PT_INTERP) continue;
    const offset = Number(segment.readBigUInt64LE(8));
    const path = head.toString('utf8', offset, offset + Number(segment.readBigUInt64LE(32))).replace(/\0.*$/s, '');
    return path.startsWith('/') ? path : null;
  }
  return null;
}

/** The loader itself says: it knows run paths, $ORIGIN, its cache and LD_LIBRARY_PATH. It runs nothing of the program. */
async function librariesOf(program: string, loader: string, folder: string): Promise<string[]> {
  try {
    const { stdout } = await run(loader, ['--list', program], { cwd: folder, timeout: LIST_TIMEOUT_MS, maxBuffer: LIST_BYTES });
    return pathsOfList(stdout);
  } catch {
    return [];
  }
}

/** "libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f…)", in order, without what has no file. */
export function pathsOfList(text: string): string[] {
  return [...text.matchAll(/(?:^\s*|=> )(\/.*) \(0x[0-9a-f]+\)$/gm)].map((found) => found[1]!);
}

const CACHE_LISTERS = ['/sbin/ldconfig', '/usr/sbin/ldconfig'];

/** What the loader would take for a name such as "libz.so.1", by its cache: name -> path, the best first. */
export async function cachedLibraries(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const lister of CACHE_LISTERS) {
    const { stdout } = await run(lister, ['-p'], { timeout: LIST_TIMEOUT_MS, maxBuffer: 16 * LIST_BYTES }).catch(() => ({ stdout: '' }));
    for (const [, name, path] of stdout.matchAll(/^\s*(\S+) \(.*\) => (\/.*)$/gm)) if (!found.has(name!)) found.set(name!, path!);
    if (found.size > 0) break;
  }
  return found;
}
