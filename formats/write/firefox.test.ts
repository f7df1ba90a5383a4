// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { NOTHING_COLLAPSED } from '../../profile/collapse.ts';
import { writtenWeights } from '../../profile/questions.ts';
import { FrameCategory, SampleKind } from '../../profile/schema.ts';
import type { Tables } from '../../profile/tables.ts';
import { ProfileWriter } from '../../profile/testing.ts';
import { NONE } from '../../profile/units.ts';
import { HOSTILE_NAMES } from '../hostile-names.ts';
import { printable } from '../printable.ts';
import type { Selection } from '../selection.ts';
import { toFirefox } from './firefox.ts';
import { ORIGIN, hostileProfile, smallProfile } from './testing.ts';

type Column = unknown[];
type Table = Record<string, Column> & { length: number };
interface Thread {
  [key: string]: unknown;
  name: string;
  pid: string;
  tid: number;
  samples: Table & { weightType: string };
  stackTable: Table;
  frameTable: Table;
  funcTable: Table;
  resourceTable: Table;
  nativeSymbols: Table;
  markers: Table;
}
interface Profile {
  meta: Record<string, unknown> & { categories: { name: string; color: string; subcategories: string[] }[] };
  libs: Record<string, unknown>[];
  shared: { stringArray: string[]; sources: Table };
  threads: Thread[];
}

const isIndex = (below: number) => (value: unknown) => Number.isInteger(value) && (value as number) >= 0 && (value as number) < below;
const orNull = (test: (value: unknown) => boolean) => (value: unknown) => value === null || test(value);
const isNumber = (value: unknown) => typeof value === 'number' && Number.isFinite(value);
const is = (...values: unknown[]) => (value: unknown) => values.includes(value);

/** Exactly these columns, all as long as the table says, each value as it may be. */
function expectTable(name: string, table: Table, columns: Record<string, (value: unknown, row: number) => boolean>): void {
  const { length, ...rest } = table;
  expect(Object.keys(rest).sort(), name).toEqual(Object.keys(columns).sort());
  for (const [column, test] of Object.entries(columns)) {
    expect(rest[column]!.length, `${name}.${column}`).toBe(length);
    rest[column]!.forEach((value, row) => expect(test(value, row), `${name}.${column}[${row}] is ${String(value)}`).toBe(true));
  }
}

/** As src/types/profile.ts describes version 58; nothing else is in a thread, and nothing leads nowhere. */
function check(profile: Profile): void {
  const { meta, libs, shared, threads } = profile;
  expect(Object.keys(profile).sort()).toEqual(['libs', 'meta', 'shared', 'threads']);
  expect(meta).toMatchObject({ preprocessedProfileVersion: 58, processType: 0, stackwalk: 1, markerSchema: [] });
  expect(meta.categories.some(({ color }) => color === 'grey')).toBe(true);
  const colours = 'transparent purple green orange yellow lightblue blue brown magenta red lightred darkgrey grey'.split(' ');
  for (const { color, subcategories } of meta.categories) expect([colours.includes(color), subcategories[0]]).toEqual([true, 'Other']);
  expect(new Set(shared.stringArray).size).toBe(shared.stringArray.length);
  const isText = isIndex(shared.stringArray.length);
  expectTable('sources', shared.sources, { uuid: is(null), filename: isText });
  for (const lib of libs) {
    expect(Object.keys(lib).sort()).toEqual(['arch', 'breakpadId', 'codeId', 'debugName', 'debugPath', 'name', 'path']);
    expect(lib['breakpadId']).toMatch(/^([0-9A-F]{33})?$/);
  }
  for (const { samples: { weightType, ...samples }, stackTable, frameTable, funcTable, resourceTable, nativeSymbols, markers, ...thread } of threads) {
    expect(['samples', 'tracing-ms', 'bytes']).toContain(weightType);
    const time = samples['time']!;
    const cpuTime = 'threadCPUDelta' in samples ? { threadCPUDelta: (value: unknown, row: number) => (row === 0 ? value === null : Number.isInteger(value) && (value as number) >= 0) } : {};
    expectTable('samples', samples as Table, { stack: orNull(isIndex(stackTable.length)), time: (value, row) => isNumber(value) && (row === 0 || (value as number) >= (time[row - 1] as number)), weight: isNumber, ...cpuTime });
    expectTable('stackTable', stackTable, { frame: isIndex(frameTable.length), prefix: (value, row) => value === null || isIndex(row)(value) });
    expectTable('frameTable', frameTable, {
      address: (value) => value === -1 || (isNumber(value) && (value as number) >= 0),
      inlineDepth: isIndex(100),
      category: isIndex(meta.categories.length),
      subcategory: is(0),
      func: isIndex(funcTable.length),
      nativeSymbol: orNull(isIndex(nativeSymbols.length)),
      innerWindowID: is(0),
      line: orNull(isNumber),
      column: is(null),
    });
    expectTable('funcTable', funcTable, {
      name: isText,
      isJS: is(false),
      relevantForJS: is(false),
      resource: (value) => value === -1 || isIndex(resourceTable.length)(value),
      source: orNull(isIndex(shared.sources.length)),
      lineNumber: orNull(isNumber),
      columnNumber: is(null),
    });
    expectTable('resourceTable', resourceTable, { lib: isIndex(libs.length), name: isText, host: is(null), type: is(1) });
    expectTable('nativeSymbols', nativeSymbols, { libIndex: isIndex(libs.length), address: isNumber, name: isText, functionSize: is(null) });
    expectTable('markers', markers, { data: is(), name: is(), startTime: is(), endTime: is(), phase: is(), category: is() });
    const scalars = { processType: 'string', processStartupTime: 'number', registerTime: 'number', name: 'string', isMainThread: 'boolean', processName: 'string', pid: 'string', tid: 'number' };
    for (const [field, type] of Object.entries(scalars)) expect(typeof thread[field], field).toBe(type);
    expect(Object.keys(thread).sort()).toEqual([...Object.keys(scalars), 'processShutdownTime', 'unregisterTime', 'pausedRanges'].sort());
  }
}

function read(tables: Tables, selection: Selection = {}): Profile {
  const profile = JSON.parse(toFirefox(tables, ORIGIN, selection)) as Profile;
  check(profile);
  return profile;
}

/** "name:line" from the outermost on. */
function stackOf({ shared }: Profile, { stackTable, frameTable, funcTable }: Thread, stack: unknown): string {
  if (stack === null) return '';
  const frame = stackTable['frame']![stack as number] as number;
  const name = shared.stringArray[funcTable['name']![frameTable['func']![frame] as number] as number]!;
  const line = frameTable['line']![frame];
  const below = stackTable['prefix']![stack as number] as number | null;
  return `${below === null ? '' : `${stackOf({ shared } as Profile, { stackTable, frameTable, funcTable } as Thread, below)};`}${name}${line === null ? '' : `:${line}`}`;
}

const rowsOf = (profile: Profile) =>
  profile.threads.map((thread) => [
    `${String(thread['processName'])} ${thread.pid} ${thread.name} ${thread.tid}`,
    thread.samples['time']!.map((time, row) => `${time} ms ${thread.samples['weight']![row]} ${stackOf(profile, thread, thread.samples['stack']![row])}`),
  ]);

describe('toFirefox', () => {
  it('has threads over time with weights, lines, inlined functions, kinds of code and libraries', () => {
    const profile = read(smallProfile());
    expect(rowsOf(profile)).toEqual([
      ['program 1 program 1', ['0 ms 3 main:12;fast:7;vfs_read', '100 ms 4 main:12;fast:7;vfs_read']],
      ['program 1 worker 2', ['40 ms 1 main:12;fast:7', '100 ms 2 main:12;fast:7;libc.so.6+0x1f']],
    ]);
    const { frameTable, nativeSymbols, samples } = profile.threads[0]!;
    expect(samples.weightType).toBe('samples');
    expect(frameTable['category']).toEqual([FrameCategory.user, FrameCategory.inlined, FrameCategory.kernel]);
    expect([frameTable['inlineDepth'], frameTable['address']]).toEqual([[0, 1, 0], [0x1010, 0x1010, 0x20]]);
    // Both frames of the place lie in one symbol, by which an inlined function is known.
    expect([frameTable['nativeSymbol'], nativeSymbols['address']]).toEqual([[0, 0, 1], [0x1010, 0x20]]);
    expect(profile.libs[0]).toMatchObject({ name: 'program', path: '/usr/bin/program', codeId: 'abcdef01', breakpadId: '01EFCDAB0000000000000000000000000' });
    expect(profile.shared.sources['filename']!.map((row) => profile.shared.stringArray[row as number])).toEqual(['/src/main.c']);
    expect(profile.meta).toMatchObject({ interval: 10, startTime: ORIGIN.startedAt, profilingStartTime: 0, profilingEndTime: 10_000, product: 'program 1', symbolicated: true });
  });

  it('has waits in milliseconds, what is selected, and what is collapsed as the picture does', () => {
    const waits = read(smallProfile(), { weights: writtenWeights('off-cpu', 100) });
    expect(waits.threads[0]!.samples).toMatchObject({ weightType: 'tracing-ms', weight: [1.5], time: [60] });
    const chosen = read(smallProfile(), { filter: { range: { from: 5, to: 6 }, hiddenThreads: [1] }, collapse: { ...NOTHING_COLLAPSED, kernel: true, inlined: true } });
    expect(rowsOf(chosen)).toEqual([['program 1 program 1', ['100 ms 4 main:12']]]);
    expect(chosen.meta).toMatchObject({ profilingStartTime: 100, profilingEndTime: 120 });
  });

  it('has the CPU time since the sample before where the kernel told it, the whole system\'s being nobody\'s', () => {
    const writer = new ProfileWriter();
    const stack = writer.stack([writer.frame(NONE, 9)]);
    const [busy, silent] = [writer.thread(1, 'busy'), writer.thread(2, 'silent')];
    for (const [thread, slice] of [[busy, 0], [silent, 0], [busy, 4], [silent, 4], [busy, 10], [busy, 30]] as const) writer.sample(stack, 1, slice, thread);
    const told = (slice: number, thread: number, cpuTime: number) => writer.tables.expected.append({ slice, thread, cpuTime });
    // Asked after 5 and after 15 slices: 20 ms of 100, and all of 200.
    told(4, busy, 20e6);
    told(4, NONE, 90e6);
    told(14, busy, 200e6);
    const profile = read(writer.tables);
    expect(profile.threads.map(({ samples }) => samples['threadCPUDelta'])).toEqual([[null, 16e6, 4e6 + 100e6, 100e6], undefined]);
    expect(profile.meta).toMatchObject({ sampleUnits: { time: 'ms', threadCPUDelta: 'ns' } });
    const part = read(writer.tables, { filter: { range: { from: 3, to: 12 }, hiddenThreads: [] } });
    expect(part.threads[0]!.samples['threadCPUDelta']).toEqual([null, 104e6]);
    // What is freed has no time.
    writer.tables.samples.append({ slice: 1, thread: busy, stack, kind: SampleKind.memory, weight: 64 });
    expect(read(writer.tables, { weights: writtenWeights('memory', 100) }).threads[0]!.samples['threadCPUDelta']).toBeUndefined();
  });

  it('sets several samples of a slice side by side, and has a sample without a stack', () => {
    const writer = new ProfileWriter();
    const thread = writer.thread(7, '');
    writer.sample(NONE, 2, 1, thread);
    writer.sample(writer.stack([writer.frame(NONE, 9)]), 3, 1, thread);
    expect(rowsOf(read(writer.tables))).toEqual([['process 7 7 process 7 7', ['20 ms 2 ', '30 ms 3 0x9']]]);
    expect(read(new ProfileWriter().tables).threads).toEqual([]);
  });

  it('keeps hostile names', () => {
    const profile = read(hostileProfile());
    HOSTILE_NAMES.forEach((name, index) => {
      const text = printable(name);
      const thread = profile.threads[index]!;
      expect([thread.name, thread['processName']]).toEqual([text, text]);
      expect(stackOf(profile, thread, thread.samples['stack']![0])).toMatch(new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}:${index + 1};`));
      expect(profile.libs[index]!['path']).toBe(text);
    });
  });
});
