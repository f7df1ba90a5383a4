// SPDX-License-Identifier: Apache-2.0
/** What of a selection other tools' files hold: weights by thread, stack and kind, summed or in order of time. */
import { processName } from '../../profile/processes.ts';
import { weightsOf } from '../../profile/questions.ts';
import type { SampleKind } from '../../profile/schema.ts';
import type { Tables } from '../../profile/tables.ts';
import { NONE, type SliceIndex, type StackIndex, type ThreadIndex } from '../../profile/units.ts';
import { printable } from '../printable.ts';
import { SAMPLES, selectTree, type Selection } from '../selection.ts';

export interface WeighedStack {
  thread: ThreadIndex;
  /** NONE: there was none. */
  stack: StackIndex;
  kind: SampleKind;
  /** Above 0, in the unit of the selection. */
  weight: number;
}

/** By thread, stack and kind, each once, in order of first appearance. */
export function weighStacks(tables: Tables, selection: Selection): WeighedStack[] {
  const sums = new Map<string, WeighedStack>();
  visit(tables, selection, (row) => {
    const identity = `${row.thread} ${row.stack} ${row.kind}`;
    const known = sums.get(identity);
    if (known) known.weight += row.weight;
    else sums.set(identity, { thread: row.thread, stack: row.stack, kind: row.kind, weight: row.weight });
  });
  return [...sums.values()].filter(({ weight }) => weight > 0);
}

export interface TimedStack extends WeighedStack {
  slice: SliceIndex;
}

/**
 * By thread, in order of their first samples: its stacks in order of slices, each once a slice. Memory has no such order,
 * since what is freed is taken from what was allocated earlier: there all is summed up, at slice 0.
 */
export function timeStacks(tables: Tables, selection: Selection): Map<ThreadIndex, TimedStack[]> {
  const byThread = new Map<ThreadIndex, TimedStack[]>();
  if (selection.weights?.unit === 'bytes') {
    for (const sum of weighStacks(tables, selection)) push(byThread, { ...sum, slice: 0 });
    return byThread;
  }
  visit(tables, selection, (row) => push(byThread, { ...row }));
  for (const [thread, rows] of byThread) byThread.set(thread, joined(rows));
  return byThread;
}

/** Threads of memory's sums stand for their processes: another thread may free what one allocated. */
export function ownersAreProcesses({ weights = SAMPLES }: Selection): boolean {
  return weights.unit === 'bytes';
}

export interface Owner {
  processName: string;
  /** 0: not known. */
  pid: number;
  /** Empty where owners are processes. */
  threadName: string;
  /** 0: not known, or owners are processes. */
  tid: number;
}

export function ownerOf(tables: Tables, thread: ThreadIndex, selection: Selection): Owner {
  const { threads, processes, strings } = tables;
  const isKnown = thread > NONE && thread < threads.length;
  const process = isKnown ? threads.columns.process[thread]! : NONE;
  const owner = {
    processName: printable(processName(tables, process)),
    pid: process > NONE && process < processes.length ? processes.columns.tgid[process]! : 0,
    threadName: '',
    tid: 0,
  };
  if (!isKnown || ownersAreProcesses(selection)) return owner;
  return { ...owner, threadName: printable(strings.columns.text[threads.columns.name[thread]!] ?? ''), tid: threads.columns.tid[thread]! };
}

/** Calls back with every row of the selection that weighs anything; the object is reused. */
function visit(tables: Tables, selection: Selection, take: (row: TimedStack) => void): void {
  const { slice, thread, stack, kind } = tables.samples.columns;
  const weightOf = weightsOf(tables.samples, (selection.weights ?? SAMPLES).scale);
  const ownerRow = ownersAreProcesses(selection) ? firstThreads(tables) : null;
  const row: TimedStack = { slice: 0, thread: 0, stack: 0, kind: 0, weight: 0 };
  selectTree(tables, selection).rows((at) => {
    row.weight = weightOf(at);
    if (row.weight === 0) return;
    row.slice = slice[at]!;
    row.thread = ownerRow?.[thread[at]!] ?? thread[at]!;
    row.stack = stack[at]!;
    row.kind = kind[at] as SampleKind;
    take(row);
  });
}

/** Of each thread the first of its process. */
function firstThreads({ threads }: Tables): ThreadIndex[] {
  const first = new Map<number, ThreadIndex>();
  return Array.from({ length: threads.length }, (_, thread) => {
    const process = threads.columns.process[thread]!;
    if (!first.has(process)) first.set(process, thread);
    return first.get(process)!;
  });
}

function push(byThread: Map<ThreadIndex, TimedStack[]>, row: TimedStack): void {
  const rows = byThread.get(row.thread);
  if (rows) rows.push(row);
  else byThread.set(row.thread, [row]);
}

function joined(rows: TimedStack[]): TimedStack[] {
  // Rows come in the order in which they were drained, which is nearly that of slices.
  const sorted = rows.sort((a, b) => a.slice - b.slice || a.stack - b.stack || a.kind - b.kind);
  const result: TimedStack[] = [];
  for (const row of sorted) {
    const last = result.at(-1);
    if (last && last.slice === row.slice && last.stack === row.stack && last.kind === row.kind) last.weight += row.weight;
    else result.push(row);
  }
  return result.filter(({ weight }) => weight > 0);
}
