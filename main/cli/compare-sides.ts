// SPDX-License-Identifier: Apache-2.0
/** Which recordings, ranges and threads stand on the two sides of a comparison. */
import { existsSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { EVERYTHING, type SampleFilter } from '../../profile/filter.ts';
import { onlyThreads, runOf, type Run, type Side } from '../../profile/comparison/sides.ts';
import type { Tables } from '../../profile/tables.ts';
import { SLICE_NANOSECONDS, type Nanoseconds } from '../../profile/units.ts';
import { isWholeRun } from '../../ipc/whole-run.ts';
import type { EngineApi, OpenedRecording } from '../engine/recording-api.ts';
import { usage } from './values.ts';

/** Nanoseconds since sampling began; `to` may be Infinity. */
export interface TimeRange {
  from: Nanoseconds;
  to: Nanoseconds;
}

export interface SideOptions {
  a?: string[];
  b?: string[];
  aRange?: TimeRange;
  bRange?: TimeRange;
  aThread?: string;
  bThread?: string;
}

/** "one.ember,two.ember" and repeated options add up. A file that is there may have commas in its name. */
export function parseFiles(value: string, earlier: readonly string[] = []): string[] {
  if (existsSync(value)) return [...earlier, value];
  const files = value.split(',').filter((file) => file !== '');
  if (files.length === 0) throw new InvalidArgumentError('Name a recording.');
  return [...earlier, ...files];
}

const units: Readonly<Record<string, number>> = { ms: 1e6, s: 1e9, min: 60e9 };

/** "2s-5s", "500ms-2s", "5s-" (to the end), "-5s"; a bare number is seconds. */
export function parseRange(value: string): TimeRange {
  const [, from, fromUnit, to, toUnit] = /^\s*(?:(\d+(?:\.\d+)?)(ms|s|min)?)?\s*-\s*(?:(\d+(?:\.\d+)?)(ms|s|min)?)?\s*$/.exec(value) ?? [];
  const range = {
    from: from === undefined ? 0 : Number(from) * units[fromUnit ?? toUnit ?? 's']!,
    to: to === undefined ? Infinity : Number(to) * units[toUnit ?? 's']!,
  };
  if ((from === undefined && to === undefined) || !(range.to > range.from)) {
    throw new InvalidArgumentError('Give a range of time since the recording began, like 2s-5s, 500ms-2s or 10s-.');
  }
  return range;
}

/** Files of both sides. One alone is compared with itself: by range or thread.
 * @throws FailureError usage */
function filesOf(files: readonly string[], { a = [], b = [], aRange, bRange, aThread, bThread }: SideOptions): { a: string[]; b: string[] } {
  const [first, second, ...more] = files;
  if (more.length > 0) throw usage('There are more than two recordings.', 'Name several of one side with --a and --b.');
  if (a.length + b.length > 0) {
    if (first !== undefined) throw usage('Recordings are named with --a and --b, and without.', 'Name all of them with --a and --b.');
    if (a.length === 0 || b.length === 0) throw usage(`There is nothing on side ${a.length === 0 ? 'A' : 'B'}.`, 'Name recordings of both sides: --a and --b.');
    return { a, b };
  }
  if (first === undefined) throw usage('There is nothing to compare.', 'Name two recordings: compare before.ember after.ember.');
  if (second === undefined && !aRange && !bRange && aThread === undefined && bThread === undefined) {
    throw usage('There is one recording only.', 'Name another, or two ranges (--a-range, --b-range) or threads (--a-thread, --b-thread) of it.');
  }
  return { a: [first], b: [second ?? first] };
}

/** A thread by its number, or all of a name. @throws FailureError usage */
function threadsNamed(tables: Tables, asked: string, file: string): number[] {
  const { tid, name } = tables.threads.columns;
  const { text } = tables.strings.columns;
  const rows = Array.from({ length: tables.threads.length }, (_, row) => row);
  const found = rows.filter((row) => String(tid[row]!) === asked || text[name[row]!] === asked);
  if (found.length > 0) return found;
  const there = [...new Set(rows.map((row) => text[name[row]!]!))].slice(0, 10).join(', ');
  throw usage(`${file} has no thread ${asked}.`, there ? `Its threads are called ${there}.` : 'It has no threads.');
}

function runWith(recording: OpenedRecording, file: string, range: TimeRange | undefined, thread: string | undefined): Run {
  const { tables, info, figures } = recording;
  const { question, frequencyHz, host, kernel } = info;
  const filter: SampleFilter = {
    range: range
      ? {
          from: Math.floor(range.from / SLICE_NANOSECONDS),
          // The end of the recording, where that comes first: a rate is of the time that there was.
          to: Math.max(1, Math.ceil(Math.min(range.to, figures.durationNs) / SLICE_NANOSECONDS)),
        }
      : EVERYTHING.range,
    hiddenThreads: thread === undefined ? [] : onlyThreads(tables, threadsNamed(tables, thread, file)),
  };
  const label = [basename(file), thread ?? '', range ? rangeWords(range) : ''].filter((part) => part !== '').join(' ');
  return runOf(tables, { question, frequencyHz, durationNs: figures.durationNs, label, host, kernel, isWhole: isWholeRun(info) }, filter);
}

const seconds = (nanoseconds: number): string => (Number.isFinite(nanoseconds) ? `${nanoseconds / 1e9} s` : 'the end');
const rangeWords = ({ from, to }: TimeRange): string => `${seconds(from)} to ${seconds(to)}`;

/** One file is one recording, whatever links lead to it. */
function placeOf(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    // Whoever opens it says why it cannot be.
    return file;
  }
}

/** @param warn is told what there is to say of a file
 * @throws FailureError usage, and what opening throws */
export async function openSides(
  files: readonly string[],
  options: SideOptions,
  engine: Pick<EngineApi, 'openRecording'>,
  warn: (text: string) => void,
): Promise<{ a: Side; b: Side }> {
  const named = filesOf(files, options);
  const opening = new Map<string, Promise<OpenedRecording>>();
  const openNew = async (file: string): Promise<OpenedRecording> => {
    const recording = await engine.openRecording(file);
    if (recording.warning) warn(`${file}: ${recording.warning}`);
    return recording;
  };
  const open = (file: string): Promise<OpenedRecording> => {
    const place = placeOf(file);
    let recording = opening.get(place);
    if (!recording) opening.set(place, (recording = openNew(file)));
    return recording;
  };
  const side = async (paths: readonly string[], range?: TimeRange, thread?: string): Promise<Side> => {
    const runs: Run[] = [];
    for (const file of paths) runs.push(runWith(await open(file), file, range, thread));
    return { runs };
  };
  // Each file is read by a thread of its own. Neither is left behind where the other cannot be opened.
  const [a, b] = await Promise.allSettled([side(named.a, options.aRange, options.aThread), side(named.b, options.bRange, options.bThread)]);
  if (a.status === 'rejected') throw a.reason;
  if (b.status === 'rejected') throw b.reason;
  return { a: a.value, b: b.value };
}
