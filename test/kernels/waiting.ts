// SPDX-License-Identifier: Apache-2.0
/** Where threads wait and who wakes them, in a guest, of a program that knows. */
import { WaitKind } from '../../main/engine/wire-layout.gen.ts';
import { failed, works, type Feature } from './feature.ts';
import { HelperRun } from './helper-run.ts';
import { KnownCalls } from './known-calls.ts';

const TIMES = 20;
/** Of its clock and the kernel's own accounting. */
const TOLERANCE = 0.02;

interface Wait {
  readonly kind: number;
  readonly stacks: string;
  readonly ns: number;
  readonly count: number;
  readonly waker: number;
}

/** Of one process. */
export function waitsOf(run: HelperRun, tgid: number): Wait[] {
  return run.ofType('waits').flatMap((waits) =>
    Array.from({ length: waits.length }, (_, i) => i)
      .filter((i) => waits.tgid[i] === tgid)
      .map((i) => ({
        kind: waits.kind[i]!,
        stacks: `${waits.userStack[i]} ${waits.kernelStack[i]}`,
        ns: waits.ns[i]!,
        count: waits.count[i]!,
        waker: waits.wakerTgid[i]!,
      })),
  );
}

const sum = (waits: readonly Wait[], of: (wait: Wait) => number): number => waits.reduce((all, wait) => all + of(wait), 0);

export const waitingFeatures: readonly Feature[] = [
  {
    name: 'off-CPU: blocked and queued',
    short: true,
    async run(guest) {
      await using calls = new KnownCalls(guest);
      const tgid = await calls.pid;
      const run = await HelperRun.open(guest, 'profile');
      await run.start([tgid], { offCpu: { leastWaitNs: 0, wakers: false } });
      const truth = await calls.do('sleep', TIMES, 30_000);
      const { failure } = await run.stop();
      if (failure) return failed(failure.message);
      const waits = waitsOf(run, tgid);
      // It also waits for what to do, somewhere else.
      const places = Map.groupBy(waits, ({ stacks }) => stacks);
      const asleep = [...places.values()].find((of) => sum(of.filter(({ kind }) => kind === WaitKind.blocked), ({ count }) => count) === TIMES);
      if (!asleep) return failed(`no stack has ${TIMES} waits: ${[...places.values()].map((of) => sum(of, ({ count }) => count)).join(', ')}`);
      const ratio = sum(asleep, ({ ns }) => ns) / truth.ns;
      const figures = `${TIMES} of ${TIMES} sleeps, ${(ratio * 100).toFixed(1)} % of the time that the program measured`;
      return Math.abs(ratio - 1) < TOLERANCE ? works(figures) : failed(figures);
    },
  },
  {
    name: 'off-CPU: wakers',
    short: false,
    async run(guest) {
      await using calls = new KnownCalls(guest);
      const tgid = await calls.pid;
      const run = await HelperRun.open(guest, 'profile');
      await run.start([tgid], { offCpu: { leastWaitNs: 0, wakers: true } });
      const truth = await calls.do('wait', TIMES, 10_000);
      const { failure } = await run.stop();
      if (failure) return failed(failure.message);
      const woken = waitsOf(run, tgid).filter(({ kind, waker }) => kind === WaitKind.blocked && waker === truth.number);
      // The last one may end with the waker: then it is the end of the process that wakes it, too.
      const right = sum(woken, ({ count }) => count);
      return right >= TIMES && right <= TIMES + 1 ? works(`all ${TIMES} waits were ended by the process that did`) : failed(`${right} of ${TIMES} waits name the process that ended them`);
    },
  },
];
