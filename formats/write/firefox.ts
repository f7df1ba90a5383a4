// SPDX-License-Identifier: Apache-2.0
/**
 * Firefox Profiler's processed profile, version 58 (firefox-devtools/profiler src/types/profile.ts and
 * docs-developer/CHANGELOG-formats.md), which later ones read: opens on profiler.firefox.com by drag and drop.
 *
 * Samples have weights, since one row may stand for several. Their times are those of 20 ms slices, within which the rows
 * of a thread stand one after the other. Where the kernel's accounting of its CPU time is known, each has what the thread
 * spent since its sample before. Names are as found: nothing is left to be looked up there.
 */
import { baseName, modulePath } from '../../profile/names.ts';
import { EVERYTHING } from '../../profile/filter.ts';
import type { WrittenUnit } from '../../profile/questions.ts';
import type { Tables } from '../../profile/tables.ts';
import { SLICE_NANOSECONDS, type ModuleIndex, type ThreadIndex } from '../../profile/units.ts';
import { printable } from '../printable.ts';
import { SAMPLES, type Selection } from '../selection.ts';
import { SharedFiles, SharedStrings } from './firefox-shared.ts';
import { cpuClocks, type CpuClock } from './cpu-clock.ts';
import { FirefoxThread } from './firefox-thread.ts';
import { originWords, spanOf, type Origin } from './origin.ts';
import { StackPlaces } from './stack-places.ts';
import { ownerOf, timeStacks, type TimedStack } from './weighed-stacks.ts';

const VERSION = 58;
/** Of the browser's own format, which this is not. */
const GECKO_VERSION = 32;
const SLICE_MS = SLICE_NANOSECONDS / 1e6;

/** Rows are the values of FrameCategory; the first grey one is what has no other. */
const categories: readonly { name: string; color: string; subcategories: readonly string[] }[] = [
  ['User code', 'orange'] as const,
  ['Library', 'lightred'] as const,
  ['Kernel', 'lightblue'] as const,
  ['Inlined', 'yellow'] as const,
  ['JIT', 'green'] as const,
  ['Interpreted', 'brown'] as const,
  ['Unresolved', 'grey'] as const,
].map(([name, color]) => ({ name, color, subcategories: ['Other'] }));

const weightTypes: Readonly<Record<WrittenUnit, string>> = { samples: 'samples', µs: 'tracing-ms', bytes: 'bytes' };

export function toFirefox(tables: Tables, origin: Origin, selection: Selection = {}): string {
  const { unit } = selection.weights ?? SAMPLES;
  const places = new StackPlaces(tables, selection.collapse);
  const strings = new SharedStrings();
  const files = new SharedFiles();
  const cpuTimes = unit === 'bytes' ? new Map<ThreadIndex, CpuClock>() : cpuClocks(tables, selection.filter ?? EVERYTHING);
  const threads = [...timeStacks(tables, selection)].map(([thread, rows]) => {
    const table = new FirefoxThread(tables, places, strings, files);
    const samples = samplesOf(rows, table, unit, cpuTimes.get(thread));
    return { ...threadHead(tables, thread, selection), samples, markers: NO_MARKERS, ...table.columns() };
  });
  const { from, to } = spanOf(selection, origin);
  const system = origin.kernel === '' ? '' : printable(`Linux ${origin.kernel}`);
  const profile = {
    meta: {
      interval: unit === 'samples' && origin.frequencyHz > 0 ? 1000 / origin.frequencyHz : SLICE_MS,
      startTime: origin.startedAt,
      // Without a length it is that of the samples.
      ...(to > from && { profilingStartTime: from / 1e6, profilingEndTime: to / 1e6 }),
      processType: 0,
      product: printable(origin.target),
      ...(system !== '' && { oscpu: system }),
      stackwalk: 1,
      version: GECKO_VERSION,
      preprocessedProfileVersion: VERSION,
      symbolicated: true,
      symbolicationNotSupported: true,
      importedFrom: 'Emberscope',
      usesOnlyOneStackType: true,
      sourceCodeIsNotOnSearchfox: true,
      markerSchema: [],
      categories,
      sampleUnits: { time: 'ms', eventDelay: 'ms', threadCPUDelta: 'ns' },
      extra: [{ label: 'Recording', entries: [{ label: 'Settings', format: 'string', value: printable(originWords(origin)) }] }],
    },
    libs: files.modules.map((module) => libOf(tables, module)),
    shared: {
      sources: { length: files.sources.length, uuid: files.sources.map(() => null), filename: files.sources.map((file) => strings.row(file)) },
      stringArray: strings.texts,
    },
    threads,
  };
  return `${JSON.stringify(profile)}\n`;
}

const NO_MARKERS = { data: [], name: [], startTime: [], endTime: [], phase: [], category: [], length: 0 };

function threadHead(tables: Tables, thread: ThreadIndex, selection: Selection) {
  const { processName, pid, threadName, tid } = ownerOf(tables, thread, selection);
  return {
    processType: 'default',
    processStartupTime: 0,
    processShutdownTime: null,
    registerTime: 0,
    unregisterTime: null,
    pausedRanges: [],
    name: threadName === '' ? processName : threadName,
    isMainThread: tid === 0 || tid === pid,
    processName,
    pid: String(pid),
    tid: tid === 0 ? pid : tid,
  };
}

function samplesOf(rows: readonly TimedStack[], table: FirefoxThread, unit: WrittenUnit, cpuTime: CpuClock | undefined) {
  const time: number[] = [];
  for (let first = 0; first < rows.length; ) {
    let end = first;
    while (end < rows.length && rows[end]!.slice === rows[first]!.slice) end++;
    for (let at = first; at < end; at++) time.push((rows[at]!.slice + (at - first) / (end - first)) * SLICE_MS);
    first = end;
  }
  return {
    stack: rows.map(({ stack }) => table.stack(stack)),
    time,
    // The first sample has none before it.
    ...(cpuTime && { threadCPUDelta: time.map((at, row) => (row === 0 ? null : Math.round(cpuTime.at(at / SLICE_MS) - cpuTime.at(time[row - 1]! / SLICE_MS)))) }),
    weight: rows.map(({ weight }) => (unit === 'µs' ? weight / 1000 : weight)),
    weightType: weightTypes[unit],
    length: rows.length,
  };
}

function libOf(tables: Tables, module: ModuleIndex) {
  const { modules, strings } = tables;
  const path = printable(modulePath(tables, module));
  const buildId = printable(strings.columns.text[modules.columns.buildId[module]!] ?? '');
  const name = baseName(path);
  return { arch: '', name, path, debugName: name, debugPath: path, breakpadId: breakpadId(buildId), codeId: buildId === '' ? null : buildId };
}

/** The first 16 bytes as a GUID, whose first three numbers are little endian, and an age of 0; empty where there are none. */
function breakpadId(buildId: string): string {
  if (!/^[0-9a-f]+$/i.test(buildId)) return '';
  const bytes = buildId.padEnd(32, '0').slice(0, 32).match(/../g)!;
  const numbers = [bytes.slice(0, 4), bytes.slice(4, 6), bytes.slice(6, 8)].map((number) => number.reverse().join(''));
  return `${numbers.join('')}${bytes.slice(8).join('')}0`.toUpperCase();
}
