// SPDX-License-Identifier: Apache-2.0
/** Written, read again, and the same: of what each format keeps (docs/formats.md). */
import { describe, expect, it } from 'vitest';
import { writtenWeights } from '../../profile/questions.ts';
import type { Tables } from '../../profile/tables.ts';
import { profileFromText } from '../../profile/testing.ts';
import { NONE } from '../../profile/units.ts';
import { toFolded } from '../folded.ts';
import { folded } from '../read/folded.ts';
import { pprof } from '../read/pprof.ts';
import { speedscope } from '../read/speedscope.ts';
import { readBytes, readText, type ReadFile } from '../read/testing.ts';
import type { Selection } from '../selection.ts';
import type { Origin } from './origin.ts';
import { toPprof } from './pprof.ts';
import { toSpeedscope } from './speedscope.ts';
import { ORIGIN, hostileProfile, smallProfile } from './testing.ts';

const TEXT = `
  main;parse;hash_search;fast_[i] 300
  main;parse;hash_search;alloc 100
  main;execute;hash_search;hash_get 200
  main;execute;read_[k] 390
  main;jitted_[j] 5
  main;libc.so.6+0x1f 10
`;

/** Odd sizes of pieces, so that what stands across two of them is read, too. */
const CHUNKS = [1, 7, Infinity];

interface RoundTrip {
  again(tables: Tables, chunk?: number, selection?: Selection, origin?: Origin): ReadFile;
  /** Marks of kinds of code that the format does not hold. */
  loses: RegExp;
}

const roundTrips: Readonly<Record<string, RoundTrip>> = {
  folded: { again: (tables, chunk = Infinity, selection = {}) => readText(folded, toFolded(tables, selection), { chunk }), loses: /(?!)/g },
  pprof: { again: (tables, chunk = Infinity, selection = {}, origin = ORIGIN) => readBytes(pprof, toPprof(tables, origin, selection), { chunk }), loses: /_\[j\]/g },
  speedscope: { again: (tables, chunk = Infinity, selection = {}) => readText(speedscope, toSpeedscope(tables, ORIGIN, selection), { chunk }), loses: /_\[[ij]\]/g },
};

describe.each(Object.entries(roundTrips))('%s', (_, { again, loses }) => {
  it.each([
    ['stacks and kinds of code', profileFromText(TEXT)],
    ['threads and inlined functions', smallProfile()],
    ['hostile names', hostileProfile()],
  ])('%s', (_name, tables) => {
    // Sorted again: what is lost may stand before what decides.
    const lines = (of: Tables, without: RegExp) => toFolded(of).replace(without, '').split('\n').sort();
    for (const chunk of CHUNKS) expect(lines(again(tables, chunk).tables, /(?!)/g)).toEqual(lines(tables, loses));
  });

  it('what is selected', () => {
    const selection = { filter: { range: { from: 5, to: 6 }, hiddenThreads: [1] } };
    expect(toFolded(again(smallProfile(), Infinity, selection).tables)).toBe(toFolded(smallProfile(), selection).replace(loses, ''));
  });
});

const text = ({ strings }: Tables, row: number | undefined) => strings.columns.text[row ?? 0]!;

/** Of every frame "module buildId 0xoffset function file:line > inlined…". */
function framesOf(tables: Tables): string[] {
  const { frames, modules, symbols, functions } = tables;
  return Array.from({ length: frames.length }, (_, frame) => {
    const module = frames.columns.module[frame]!;
    const rows = Array.from({ length: symbols.length }, (_row, row) => row).filter((row) => symbols.columns.frame[row] === frame && symbols.columns.function[row] !== NONE);
    const calls = rows
      .sort((a, b) => symbols.columns.depth[a]! - symbols.columns.depth[b]!)
      .map((row) => `${text(tables, functions.columns.name[symbols.columns.function[row]!])} ${text(tables, symbols.columns.file[row])}:${symbols.columns.line[row]}`);
    return `${text(tables, modules.columns.path[module])} ${text(tables, modules.columns.buildId[module])} 0x${frames.columns.offset[frame]!.toString(16)} ${calls.join(' > ')}`;
  }).sort();
}

function threadsOf(tables: Tables): string[] {
  const { threads, processes } = tables;
  return Array.from({ length: threads.length }, (_, thread) => {
    const process = threads.columns.process[thread]!;
    return `${text(tables, processes.columns.name[process])} ${processes.columns.tgid[process]} ${text(tables, threads.columns.name[thread])} ${threads.columns.tid[thread]}`;
  }).sort();
}

describe('what pprof keeps beside', () => {
  it('threads, places of code, build ids, source lines, and when it was', () => {
    const before = smallProfile();
    const { tables, imported } = roundTrips['pprof']!.again(before);
    expect(threadsOf(tables)).toEqual(threadsOf(before));
    expect(framesOf(tables)).toEqual(framesOf(before));
    expect(imported).toMatchObject({ question: 'on-cpu', frequencyHz: ORIGIN.frequencyHz, startedAt: ORIGIN.startedAt, durationNs: ORIGIN.durationNs });
  });

  it('waits, in nanoseconds', () => {
    const weights = writtenWeights('off-cpu', 100);
    const { tables, imported } = roundTrips['pprof']!.again(smallProfile(), Infinity, { weights }, { ...ORIGIN, question: 'off-cpu' });
    expect(imported.question).toBe('off-cpu');
    expect(toFolded(tables, { weights })).toBe(toFolded(smallProfile(), { weights }));
  });
});

it('speedscope keeps threads', () => {
  expect(threadsOf(roundTrips['speedscope']!.again(smallProfile()).tables)).toEqual(threadsOf(smallProfile()));
});
