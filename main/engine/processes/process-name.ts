// SPDX-License-Identifier: Apache-2.0
/**
 * What people call a process. The kernel's name for it (comm) is that of its first thread, which the program may
 * have changed: node calls it "MainThread", Firefox "Isolated Web Co". Whoever looks for node then finds nothing.
 */
import { readlinkSync } from 'node:fs';
import { readBounded, type Stat } from './proc-files.ts';

export interface ProcessName {
  /** "node" */
  program: string;
  /** "node (MainThread)"; mostly the same as `program`. */
  full: string;
}

/** The kernel cuts comm to this many bytes. */
const COMM_BYTES = 15;
/** The program, its interpreter's script, and an option or two between them. */
const WORDS_LOOKED_AT = 4;

/** @param words the arguments @param executable path of the running file, null where it may not be read */
export function nameOf(comm: string, words: readonly string[], executable: string | null): ProcessName {
  // A program without a file (memfd_create) is known by what it was started as.
  const file = executable === null || /^\/memfd:/.test(executable) ? '' : baseName(executable.replace(/ \(deleted\)$/, ''));
  const called = words.slice(0, WORDS_LOOKED_AT).map((word) => baseName(word.replace(/^-/, '').split(/\s/, 1)[0]!));
  const known = [file, ...called].filter((name) => name !== '');
  if (comm === '') return same(known[0] ?? '');
  if (Buffer.byteLength(comm) >= COMM_BYTES) {
    const whole = known.find((name) => name.startsWith(comm));
    if (whole !== undefined) return same(whole);
  }
  // A script's name, a name of busybox, "tmux: server": they tell more than the file.
  if (known.some((name) => name.startsWith(comm) || comm.startsWith(name))) return same(comm);
  const program = known[0];
  if (program === undefined) return same(comm);
  return { program, full: `${program} (${comm})` };
}

/** Kernel threads have no file and no arguments: their own name is all there is. */
export function readName({ tgid, name, kernelThread }: Stat): ProcessName {
  if (kernelThread) return same(name);
  const words = (readBounded(`/proc/${tgid}/cmdline`) ?? '').split('\0');
  let executable: string | null = null;
  try {
    executable = readlinkSync(`/proc/${tgid}/exe`);
  } catch {
    // Of another user, or it has ended.
  }
  return nameOf(name, words, executable);
}

function same(name: string): ProcessName {
  return { program: name, full: name };
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
