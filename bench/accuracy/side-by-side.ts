// SPDX-License-Identifier: Apache-2.0
/** A running program seen by Emberscope and by `perf record --call-graph dwarf` at the same time. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { nativeFrames, readRecording, record, type Recorded, type RecordedFrame, type RecordedStack } from '../../test/unwinding/recorded-stacks.ts';
import { baseName } from '../../profile/names.ts';
import type { NamedStack } from './edges.ts';
import type { ObjectFiles } from './object-files.ts';
import { readPerfData, type PerfFrame, type PerfSample } from './perf-script.ts';

/** Hz, of both. */
export const FREQUENCY = 299;
/** Bytes of stack that perf copies for every sample, to unwind it later. */
const STACK_BYTES = 32_768;
/** Code that neither side has a file for: perf cannot walk through it, so both stacks are compared up to it. */
const AT_RUN_TIME = '[made at run time]';

export interface SideBySide {
  recorded: Recorded;
  perfs: PerfSample[];
}

async function runPerf(tgid: number, seconds: number, file: string): Promise<void> {
  const args = ['record', '-q', '-e', 'cpu-clock', '--call-graph', `dwarf,${STACK_BYTES}`, '-F', `${FREQUENCY}`, '-p', `${tgid}`, '-o', file, '--', 'sleep', `${seconds}`];
  const child = spawn('perf', args, { stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`perf record ended with ${code}`);
}

export async function recordSideBySide(tgid: number, seconds: number, folder: string): Promise<SideBySide> {
  const [ours, perfData] = [join(folder, 'ours.ember'), join(folder, 'perf.data')];
  await Promise.all([
    record(ours, ['--pid', `${tgid}`, '--frequency', `${FREQUENCY}`, '--seconds', `${seconds}`], folder),
    runPerf(tgid, seconds, perfData),
  ]);
  const perfs: PerfSample[] = [];
  for await (const sample of readPerfData(perfData)) perfs.push(sample);
  return { recorded: await readRecording(ours, folder), perfs };
}

/** From the leaf up to the first frame that has no file; outermost first. */
function upToRunTime(leafFirst: readonly string[]): string[] {
  const at = leafFirst.indexOf(AT_RUN_TIME);
  return (at < 0 ? [...leafFirst] : leafFirst.slice(0, at)).reverse();
}

function wordOf(frame: RecordedFrame): string {
  if (frame.madeAtRunTime) return AT_RUN_TIME;
  if (frame.module === '[vdso]') return '[vdso]';
  return frame.named ? frame.name : `[${baseName(frame.module)}]`;
}

export function ourStacks(stacks: readonly RecordedStack[]): NamedStack[] {
  return stacks.map(({ frames, weight }) => ({
    functions: upToRunTime(nativeFrames(frames).reverse().map(wordOf)),
    weight,
  }));
}

const isKernel = ({ address, object }: PerfFrame): boolean => address >= 2 ** 63 || object.startsWith('[kernel');
const hasFile = ({ object }: PerfFrame): boolean => object.startsWith('/') && !/^\/\/anon|\/perf-\d+\.map$|^\/memfd:/.test(object);

export interface PerfStacks {
  stacks: NamedStack[];
  /** Stacks whose outermost frame is an entry. */
  complete: number;
  /** Frames whose name by perf is ours for the same address; of those where both have one. */
  sameNames: number;
  bothNamed: number;
  /** "theirs, where ours is" -> frames, of the others. */
  otherNames: Map<string, number>;
}

/** Named by the same symbol tables as ours, so that it is the walks that are compared. */
export async function perfStacks(samples: readonly PerfSample[], files: ObjectFiles): Promise<PerfStacks> {
  const names = await namePlaces(samples, files);
  const found: PerfStacks = { stacks: [], complete: 0, sameNames: 0, bothNamed: 0, otherNames: new Map() };
  for (const { frames } of samples) {
    const user = frames.filter((frame) => !isKernel(frame));
    if (user.length === 0) continue;
    const words = user.map((frame) => {
      if (frame.object === '[vdso]') return '[vdso]';
      if (!hasFile(frame)) return AT_RUN_TIME;
      const name = names.get(placeOf(frame)) ?? '';
      countName(found, frame, name, files);
      return name || `[${baseName(frame.object)}]`;
    });
    found.stacks.push({ functions: upToRunTime(words), weight: 1 });
    if (isOutermost(user.at(-1)!, words.at(-1)!, files)) found.complete++;
  }
  return found;
}

const placeOf = ({ object, address }: PerfFrame): string => `${object} ${address}`;

async function namePlaces(samples: readonly PerfSample[], files: ObjectFiles): Promise<Map<string, string>> {
  const byObject = new Map<string, Set<number>>();
  for (const frame of samples.flatMap(({ frames }) => frames)) {
    if (isKernel(frame) || !hasFile(frame)) continue;
    const addresses = byObject.get(frame.object) ?? new Set();
    byObject.set(frame.object, addresses.add(frame.address));
  }
  const names = new Map<string, string>();
  for (const [object, set] of byObject) {
    const offsets = [...set];
    const found = await files.names(object, offsets);
    offsets.forEach((offset, i) => names.set(`${object} ${offset}`, found[i]!));
  }
  return names;
}

/** Without the version of a dynamic symbol. */
const plain = (symbol: string): string => symbol.replace(/@.*$/, '');

function countName(found: PerfStacks, { symbol }: PerfFrame, ours: string, files: ObjectFiles): void {
  if (symbol === '' || ours === '') return;
  found.bothNamed++;
  const theirs = files.demangle(plain(symbol));
  if (theirs === ours) found.sameNames++;
  else found.otherNames.set(`${theirs}, where ours is ${ours}`, (found.otherNames.get(`${theirs}, where ours is ${ours}`) ?? 0) + 1);
}

const THREAD_ENTRY = /^(_start|_dl_start_user|(__(GI_+)?)?clone3?|start_thread|thread_start|__start_context)$/;

function isOutermost(frame: PerfFrame, word: string, files: ObjectFiles): boolean {
  return THREAD_ENTRY.test(word) || files.isEntry(frame.object, frame.address);
}

/** By the outermost frame alone, whatever the walk said of itself. Samples without a user stack are left out. */
export function reachedEntry(stacks: readonly RecordedStack[], files: ObjectFiles): { reached: number; all: number } {
  let [reached, all] = [0, 0];
  for (const { frames, weight } of stacks) {
    const outermost = nativeFrames(frames)[0];
    if (!outermost) continue;
    all += weight;
    if (THREAD_ENTRY.test(outermost.name) || files.isEntry(outermost.module, outermost.offset)) reached += weight;
  }
  return { reached, all };
}
