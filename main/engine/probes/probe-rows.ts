// SPDX-License-Identifier: Apache-2.0
/** Buckets and events of a helper to rows: stacks and threads found, groups and functions named. */
import { bucketOfWire } from '../../../profile/histogram.ts';
import { ProbeMeasure, SampleKind } from '../../../profile/schema.ts';
import type { Tables } from '../../../profile/tables.ts';
import { NONE, type ModuleIndex, type SliceIndex, type ThreadIndex } from '../../../profile/units.ts';
import { groupName, isFreed } from '../functions/ready-questions.ts';
import { StringInterner } from '../interner.ts';
import type { ProcessRegistry } from '../process-registry.ts';
import type { StackRegistry } from '../stack-registry.ts';
import { HitFlag, type Mechanism } from '../wire-layout.gen.ts';
import type { BucketsFrame, EventsFrame } from '../wire-probe-frames.ts';
import { emptyEvents, hasAny, inOrder, isWhole, type EventArguments } from './event-order.ts';
import type { ProbePlan } from './probe-plan.ts';

/** Where the session's time and slices begin. */
export interface SessionTime {
  /** A slice since boot to one of the recording. */
  slice(slice: number): SliceIndex;
  sliceOf(timeNs: number): SliceIndex;
  /** Nanoseconds. */
  sinceStart(timeNs: number): number;
}

interface Known {
  row: number;
  plan: ProbePlan;
  /** What its values are as weights of stacks; null: they are none. */
  kind: SampleKind | null;
  /** Groups that have a name already. */
  groups: Set<number>;
  /** Rows of its functions; null: no event has come. */
  signatures: number[] | null;
}

export class ProbeRows {
  readonly #tables: Tables;
  readonly #strings: StringInterner;
  readonly #stacks: StackRegistry;
  readonly #processes: ProcessRegistry;
  readonly #time: SessionTime;
  /** By the number that the helper knows. */
  readonly #known = new Map<number, Known>();

  constructor(tables: Tables, stacks: StackRegistry, processes: ProcessRegistry, time: SessionTime) {
    this.#tables = tables;
    this.#strings = StringInterner.of(tables);
    this.#stacks = stacks;
    this.#processes = processes;
    this.#time = time;
  }

  /** Its row, once it is known what it is attached by. @param mechanism best: it was refused */
  add(probe: number, plan: ProbePlan, mechanism: Mechanism): number {
    const { request, wire, file } = plan;
    const row = this.#tables.probes.append({
      name: this.#strings.index(request.kind === 'ready' ? request.name : plan.title),
      kind: wire.kind,
      mechanism,
      module: this.#module(file),
      measure: wire.measure,
      request: this.#strings.index(JSON.stringify(request)),
    });
    this.#known.set(probe, { row, plan, kind: weightsOf(plan), groups: new Set(), signatures: null });
    return row;
  }

  buckets(frame: BucketsFrame): void {
    for (let i = 0; i < frame.length; i++) {
      const known = this.#known.get(frame.probe[i]!);
      if (!known) continue;
      const slice = this.#time.slice(frame.slice[i]!);
      const [tgid, tid] = [frame.tgid[i]!, frame.tid[i]!];
      const thread = tid === 0 ? NONE : this.#processes.threadRow(tgid, tid, slice);
      // Of memory only the program's part: below it lies how the kernel told us.
      const { stack } = this.#stacks.findTraced(frame.userStack[i]!, known.kind === SampleKind.memory ? 0n : frame.kernelStack[i]!);
      const [group, count, sum] = [frame.group[i]!, frame.count[i]!, frame.sum[i]!];
      this.#group(known, group);
      this.#tables.buckets.append({ slice, probe: known.row, thread, stack, group, bucket: bucketOfWire(frame.bucket[i]!), count, sum });
      if (known.kind === null || sum === 0 || !known.plan.request.byStack) continue;
      // Where threads are not told apart its process is, by the thread that it is named after.
      const owner = thread === NONE ? this.#processes.threadRow(tgid, tgid, slice) : thread;
      this.#tables.samples.append({ slice, thread: owner, stack, kind: known.kind, weight: isFreed(known.plan.request.name, group) ? -sum : sum });
    }
  }

  /** As columns: a frame has thousands. */
  events(frame: EventsFrame): void {
    const known = this.#knownOf(frame);
    const rows = inOrder(frame, (at) => known.has(frame.probe[at]!));
    const length = rows.length;
    const columns = { ...emptyEvents(length), text: [] as string[] };
    let thread: ThreadIndex = NONE;
    for (let row = 0; row < length; row++) {
      const at = rows[row]!;
      const { probe, signatures } = known.get(frame.probe[at]!)!;
      const before = rows[row - 1];
      if (before === undefined || frame.tid[at] !== frame.tid[before] || frame.tgid[at] !== frame.tgid[before]) thread = this.#thread(frame, at);
      const flags = frame.flags[at]!;
      columns.time[row] = this.#time.sinceStart(frame.timeNs[at]!);
      columns.probe[row] = probe;
      columns.thread[row] = thread;
      columns.cpu[row] = frame.cpu[at]!;
      columns.flags[row] = flags;
      columns.duration[row] = (flags & HitFlag.return) === 0 ? -1 : frame.durationNs[at]!;
      columns.signature[row] = signatures[frame.function[at]!] ?? signatures[0]!;
      columns.text.push(frame.text[at]!);
    }
    columns.stack.set(this.#stacksOf(frame, rows));
    const picked = (values: BigInt64Array): BigInt64Array => (isWhole(rows, frame.length) ? values : BigInt64Array.from(rows, (at) => values[at]!));
    const [argument1, argument2, argument3, argument4, argument5, argument6] = frame.arguments.map(picked) as [...BigInt64Array[]] as EventArguments;
    const all = { ...columns, value: picked(frame.value), argument1, argument2, argument3, argument4, argument5, argument6 };
    this.#tables.events.appendSegment({ table: 'events', start: this.#tables.events.length, length, columns: all });
  }

  /** By the number in the frame; a probe's signatures become rows with its first event. */
  #knownOf(frame: EventsFrame): Map<number, { probe: number; signatures: readonly number[] }> {
    const found = new Map<number, { probe: number; signatures: readonly number[] }>();
    for (const number of new Set(frame.probe)) {
      const known = this.#known.get(number);
      if (known) found.set(number, { probe: known.row, signatures: (known.signatures ??= this.#signatures(known.plan)) });
    }
    return found;
  }

  #signatures({ functions, wire }: ProbePlan): number[] {
    const textArgument = functions.length === 1 ? wire.textArgument : 0;
    return functions.map(({ name, prototype }) =>
      this.#tables.signatures.append({ name: this.#strings.index(name), types: prototype === null ? 0 : this.#strings.index(JSON.stringify(prototype)), textArgument }),
    );
  }

  #stacksOf({ userStack, kernelStack }: EventsFrame, rows: Uint32Array): Int32Array {
    const stacks = new Int32Array(rows.length).fill(NONE);
    if (!hasAny(userStack) && !hasAny(kernelStack)) return stacks;
    for (let row = 0; row < rows.length; row++) stacks[row] = this.#stacks.findTraced(userStack[rows[row]!]!, kernelStack[rows[row]!]!).stack;
    return stacks;
  }

  #thread({ tgid, tid, timeNs }: EventsFrame, at: number): ThreadIndex {
    return this.#processes.threadRow(tgid[at]!, tid[at]!, this.#time.sliceOf(timeNs[at]!));
  }

  #group({ row, plan, groups }: Known, group: number): void {
    if (groups.has(group) || plan.request.kind !== 'ready') return;
    groups.add(group);
    const name = groupName(plan.request.name, group);
    if (name !== '') this.#tables.groups.append({ probe: row, group, name: this.#strings.index(name) });
  }

  /** The row of a file, if a stack had code of it before; else the request names it. */
  #module(file: string): ModuleIndex {
    if (file === '') return NONE;
    const path = this.#strings.index(file);
    const { columns, length } = this.#tables.modules;
    for (let row = 0; row < length; row++) if (columns.path[row] === path) return row;
    return NONE;
  }
}

function weightsOf({ unit, wire }: ProbePlan): SampleKind | null {
  if (unit === 'bytes') return SampleKind.memory;
  return unit === 'nanoseconds' && wire.measure === ProbeMeasure.latency ? SampleKind.latency : null;
}
