// SPDX-License-Identifier: Apache-2.0
/** Buckets and events of a helper to rows: stacks and threads found, arguments in words, groups named. */
import { bucketOfWire } from '../../../profile/histogram.ts';
import { ProbeMeasure, SampleKind } from '../../../profile/schema.ts';
import type { Tables } from '../../../profile/tables.ts';
import { NONE, type ModuleIndex, type SliceIndex, type ThreadIndex } from '../../../profile/units.ts';
import { groupName, isFreed } from '../functions/ready-questions.ts';
import { StringInterner } from '../interner.ts';
import type { ProcessRegistry } from '../process-registry.ts';
import type { StackRegistry } from '../stack-registry.ts';
import { HitFlag, type Mechanism } from '../wire-layout.gen.ts';
import type { BucketsFrame, EventsFrame, ProbeEvent } from '../wire-probe-frames.ts';
import { eventMessage } from './event-message.ts';
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
    this.#known.set(probe, { row, plan, kind: weightsOf(plan), groups: new Set() });
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
      const { stack } = this.#stacks.find(frame.userStack[i]!, known.kind === SampleKind.memory ? 0n : frame.kernelStack[i]!);
      const [group, count, sum] = [frame.group[i]!, frame.count[i]!, frame.sum[i]!];
      this.#group(known, group);
      this.#tables.buckets.append({ slice, probe: known.row, thread, stack, group, bucket: bucketOfWire(frame.bucket[i]!), count, sum });
      if (known.kind === null || sum === 0 || !known.plan.request.byStack) continue;
      // Where threads are not told apart its process is, by the thread that it is named after.
      const owner = thread === NONE ? this.#processes.threadRow(tgid, tgid, slice) : thread;
      this.#tables.samples.append({ slice, thread: owner, stack, kind: known.kind, weight: isFreed(known.plan.request.name, group) ? -sum : sum });
    }
  }

  events({ events }: EventsFrame): void {
    // They are in order within a CPU only.
    for (const event of events.toSorted((a, b) => a.timeNs - b.timeNs)) {
      const known = this.#known.get(event.probe);
      if (known) this.#event(event, known);
    }
  }

  #event(event: ProbeEvent, { row, plan }: Known): void {
    const { functions, wire } = plan;
    const called = functions[event.function] ?? functions[0]!;
    const textArgument = functions.length === 1 ? wire.textArgument : 0;
    this.#tables.events.append({
      time: this.#time.sinceStart(event.timeNs),
      probe: row,
      thread: this.#thread(event),
      cpu: event.cpu,
      flags: (event.flags & 0xffff) + event.preemptDepth * 65_536,
      duration: event.flags & HitFlag.return ? event.durationNs : -1,
      stack: this.#stacks.find(event.userStack, event.kernelStack).stack,
      message: eventMessage(event, called, textArgument),
    });
  }

  #thread({ tgid, tid, comm, timeNs }: ProbeEvent): ThreadIndex {
    // One that nobody announced has at least the name that it had at the hit.
    if (this.#processes.latest(tgid) === NONE) {
      this.#processes.process({ type: 'process', tgid, parentTgid: 0, flags: 0, timeNs, name: comm }, this.#time.sinceStart(timeNs), 0);
    }
    return this.#processes.threadRow(tgid, tid, this.#time.sliceOf(timeNs));
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
