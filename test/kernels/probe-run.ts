// SPDX-License-Identifier: Apache-2.0
/** A helper in a guest that traces, and what it says about one probe. */
import { KernelSpace } from '../../main/engine/kernel-space.ts';
import { reasonText } from '../../main/engine/probes/probe-refusals.ts';
import { bucketOfWire } from '../../profile/histogram.ts';
import { encodeDetach, encodeProbe, type WireProbeRequest } from '../../main/engine/wire-probe-encoder.ts';
import { singleEvents, type SingleEvent } from '../../main/engine/testing/event-columns.ts';
import type { ProbeFiguresFrame, ProbeStateFrame } from '../../main/engine/wire-probe-frames.ts';
import { FilterTest, Mechanism, ProbeState, WireMeasure, WireProbeKind } from '../../main/engine/wire-layout.gen.ts';
import type { Guest } from './guest.ts';
import { HelperRun } from './helper-run.ts';
import { GUEST_CALLS } from './initramfs.ts';

export type Asked = Pick<WireProbeRequest, 'kind' | 'names'> & Partial<WireProbeRequest>;

/** A probe of its own kind cannot be attached here; the message is the helper's reason. */
export class NotAttached extends Error {
  readonly reason: number;

  constructor(frame: ProbeStateFrame) {
    super(reasonText(frame));
    this.reason = frame.reason;
  }
}

/** "kprobeMulti" */
export function nameOf(names: Readonly<Record<string, number>>, value: number): string {
  return Object.entries(names).find(([, one]) => one === value)?.[0] ?? String(value);
}

export class ProbeRun implements AsyncDisposable {
  readonly run: HelperRun;
  #count = 0;

  private constructor(run: HelperRun) {
    this.run = run;
  }

  /** @param tgids none: the whole system @throws FailureError */
  static async open(guest: Guest, tgids: readonly number[]): Promise<ProbeRun> {
    const run = await HelperRun.open(guest, 'trace');
    await run.start(tgids, { unwindTables: tgids.length > 0 });
    return new ProbeRun(run);
  }

  /** The number of the module that is the program with the known calls. */
  async callsModule(): Promise<number> {
    const find = (): number | undefined => this.run.ofType('module').find(({ path }) => path === GUEST_CALLS)?.module;
    await this.run.until(() => find() !== undefined, `that ${GUEST_CALLS} is mapped`);
    return find()!;
  }

  /** Waits until it is attached. @returns its number, and with what @throws NotAttached */
  async attach(asked: Asked): Promise<{ probe: number; mechanism: string; functions: number }> {
    const probe = ++this.#count;
    this.run.send(
      encodeProbe({
        probe,
        mechanism: Mechanism.best,
        flags: 0,
        module: 0,
        cgroup: 0n,
        measure: WireMeasure.latency,
        argument: 0,
        filterArgument: 0,
        filterTest: FilterTest.none,
        filterValue: 0n,
        leastNs: 0,
        textArgument: 0,
        budgetPermille: 0,
        mostEvents: 1000,
        widths: [8, 8, 8, 8, 8, 8, 8],
        ...asked,
      }),
    );
    const state = (): ProbeStateFrame | undefined => this.run.ofType('probeState').find((frame) => frame.probe === probe);
    await this.run.until(() => state() !== undefined, 'what became of the probe');
    const found = state()!;
    if (found.state !== ProbeState.attached) throw new NotAttached(found);
    return { probe, mechanism: nameOf(Mechanism, found.mechanism), functions: found.functions };
  }

  /** After it, everything that the probe saw has been told. */
  async detach(probe: number): Promise<void> {
    this.run.send(encodeDetach(probe));
    await this.run.until(() => this.run.ofType('probeState').some((frame) => frame.probe === probe && frame.state === ProbeState.detached), 'that it is detached');
  }

  /** The last figures. */
  figures(probe: number): ProbeFiguresFrame | undefined {
    return this.run.ofType('probeFigures').findLast((frame) => frame.probe === probe);
  }

  /** Of one group, or of all: how many values lie in each bucket, and the sum of all. */
  histogram(probe: number, group: number | null = null): { counts: Map<number, number>; total: number; sum: number; stacks: number } {
    const counts = new Map<number, number>();
    const stacks = new Set<string>();
    let total = 0;
    let sum = 0;
    for (const frame of this.run.ofType('buckets')) {
      for (let i = 0; i < frame.length; i++) {
        if (frame.probe[i] !== probe || (group !== null && frame.group[i] !== group)) continue;
        const bucket = bucketOfWire(frame.bucket[i]!);
        counts.set(bucket, (counts.get(bucket) ?? 0) + frame.count[i]!);
        total += frame.count[i]!;
        sum += frame.sum[i]!;
        if (frame.userStack[i] !== 0n) stacks.add(String(frame.userStack[i]));
        if (frame.kernelStack[i] !== 0n) stacks.add(String(frame.kernelStack[i]));
      }
    }
    return { counts, total, sum, stacks: stacks.size };
  }

  /** Names of its kernel stacks, leaf first, ";" between them; empty ones are of code made at run time. */
  kernelStacks(probe: number): string[] {
    const space = new KernelSpace();
    for (const frame of this.run.ofType('kernelSymbols')) space.add(frame);
    const hashes = new Set(this.run.ofType('buckets').flatMap((frame) => [...frame.kernelStack].filter((_, i) => frame.probe[i] === probe)));
    const stacks = this.run.ofType('stack').filter(({ hash }) => hashes.has(hash));
    return [...new Set(stacks.map(({ addresses }) => [...addresses].map((address) => space.nameAt(address)).join(';')))];
  }

  events(probe: number): SingleEvent[] {
    return this.run.ofType('events').flatMap(singleEvents).filter((event) => event.probe === probe);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.run.stop();
  }
}

export { FilterTest, Mechanism, WireMeasure, WireProbeKind };
