// SPDX-License-Identifier: Apache-2.0
/**
 * Unwind rows of whole objects: ours against libdw asked for every place, from a closed file each time. libdw answers
 * for one place at a time, which makes it start over at the beginning of the function; nobody offers all at once.
 * Its time is told by the program itself, without its start.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { loadAddon } from '../main/engine/symbolication/addon.ts';
import { median, printTable } from './table.ts';

const RUNS = 7;
const PEER = 'build/bench/libdw-rows';
const ROW_BYTES = 8;
const addon = loadAddon();

/** Undefined where libdw is not there to be compiled against. */
function compilePeer(): string | undefined {
  mkdirSync('build/bench', { recursive: true });
  const { status } = spawnSync('gcc', ['-O2', '-o', PEER, 'bench/programs/libdw_rows.c', '-ldw', '-lelf'], { stdio: 'ignore' });
  return status === 0 ? PEER : undefined;
}

/** Milliseconds, and the places of which it was asked. */
function timePeer(peer: string, object: string): { ms: number; places: number } | undefined {
  const { status, stdout } = spawnSync(peer, [object], { encoding: 'utf8' });
  if (status !== 0) return undefined;
  const [places = 0, nanoseconds = 0] = stdout.trim().split(' ').map(Number);
  return { ms: nanoseconds / 1e6, places };
}

async function timeOurs(object: string): Promise<number> {
  const began = performance.now();
  await addon.compileUnwindRows(object, '');
  return performance.now() - began;
}

const peer = compilePeer();
const objects = [
  '/lib/x86_64-linux-gnu/libc.so.6',
  '/usr/lib/x86_64-linux-gnu/libcrypto.so.3',
  '/usr/bin/python3',
  process.execPath,
  '/usr/lib/x86_64-linux-gnu/libLLVM-14.so.1',
].filter((path) => existsSync(path));

const rows: string[][] = [];
for (const object of objects.map((path) => realpathSync(path))) {
  const { rows: bytes, functions, refused, unknown } = await addon.compileUnwindRows(object, '');
  const ours: number[] = [];
  const theirs: ReturnType<typeof timePeer>[] = [];
  // In turn, so that both see the same machine.
  for (let i = 0; i < RUNS; i++) {
    ours.push(await timeOurs(object));
    if (peer) theirs.push(timePeer(peer, object));
  }
  const ms = median(ours);
  const answers = theirs.filter((answer) => answer !== undefined);
  const ratio = answers.length === RUNS ? `${(median(answers.map((answer) => answer.ms)) / ms).toFixed(1)} x, ${answers[0]!.places} places` : 'left out';
  const count = bytes.length / ROW_BYTES;
  rows.push([object, `${functions}`, `${refused}`, `${count}`, `${unknown}`, (bytes.length / 1024).toFixed(0), ms.toFixed(1), ((ms * 1e6) / count).toFixed(0), ratio]);
}
printTable(
  `Unwind rows, median of ${RUNS}; libdw's figure is its time by ours`,
  ['object', 'functions', 'refused', 'rows', 'unknown', 'KiB', 'ms', 'ns a row', 'libdw'],
  rows,
);
if (!peer) console.log('left out: libdw, which libdw-dev would bring');
