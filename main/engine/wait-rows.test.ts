// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { WAKER_SEPARATOR } from '../../profile/questions.ts';
import { Names } from '../../profile/names.ts';
import { FrameKeys } from '../../profile/frame-keys.ts';
import { SampleKind } from '../../profile/schema.ts';
import { createTables, type Tables } from '../../profile/tables.ts';
import { NONE } from '../../profile/units.ts';
import { LiveSession } from './live-session.ts';
import { StreamBuilder } from './testing/stream-builder.ts';
import { WireDecoder } from './wire-decoder.ts';
import { WaitKind } from './wire-layout.gen.ts';

const KERNEL = 0xffffffff81000000n;
const SLICE = 50_000;
const kernelFunctions: [number, string][] = [
  [0, '__traceiter_sched_switch'],
  [0x80, '__bpf_trace_sched_switch'],
  [0x100, '__schedule'],
  [0x200, 'futex_wait'],
  [0x300, 'try_to_wake_up'],
  [0x400, 'hrtimer_wakeup'],
  [0x500, 'asm_sysvec_apic_timer_interrupt'],
  [0x600, 'somebody_else'],
];

const stream = (): StreamBuilder =>
  new StreamBuilder()
    .hello('1')
    .kernelSymbols('[kernel]', KERNEL, KERNEL + 0x10000n, kernelFunctions)
    .process(10, 'app')
    .generation(10, 1)
    .mapping(10, 1, 0x400000n, 0x500000n, '/bin/app')
    .thread(10, 11, 'locker')
    .thread(10, 12, 'holder')
    .started()
    .stack(1n, 10, 1, [0x400010n])
    .stack(2n, 0, 0, [0xffffffffc0001000n, KERNEL + 0x81n, KERNEL + 0x10n, KERNEL + 0x101n, KERNEL + 0x201n], { space: 1 })
    // The same place, by a sample: no program stands in between.
    .stack(6n, 0, 0, [KERNEL + 0x100n, KERNEL + 0x201n], { space: 1 })
    .stack(3n, 10, 1, [0x400020n])
    .stack(4n, 0, 0, [KERNEL + 0x301n], { space: 1 })
    .stack(5n, 0, 0, [KERNEL + 0x301n, KERNEL + 0x401n, KERNEL + 0x501n, KERNEL + 0x601n], { space: 1 });

function run(built: StreamBuilder): Tables {
  const tables = createTables();
  const names = new Map<number, { offsets: Uint32Array; names: string[] }>();
  const session = new LiveSession(tables, {
    file: () => undefined,
    vdso: () => undefined,
    runTime: null,
    kernelSymbols: (module, offsets, list) => names.set(module, { offsets, names: list }),
  });
  for (const frame of new WireDecoder().push(built.ledger().bytes())) session.accept(frame);
  return tables;
}

/** Root first: names of kernel functions, offsets of the program's. */
function stackOf(tables: Tables, stack: number): string[] {
  const names = new Names(tables);
  const keys = new FrameKeys(tables);
  keys.take(0, tables.symbols.length);
  const frames: string[] = [];
  for (; stack !== NONE; stack = tables.stacks.columns.prefix[stack]!) {
    const frame = tables.stacks.columns.frame[stack]!;
    const offset = tables.frames.columns.offset[frame]!;
    const module = tables.frames.columns.module[frame]!;
    const path = tables.strings.columns.text[tables.modules.columns.path[module]!]!;
    const kernel = kernelFunctions.findLast(([from]) => from <= offset)?.[1];
    frames.unshift(path === '[waits]' ? names.name(keys.own(frame)) : path === '[kernel]' ? kernel! : `app+${offset}`);
  }
  return frames;
}

const common = { slice: SLICE, tgid: 10, tid: 11, userStack: 1n, kernelStack: 2n, kind: WaitKind.blocked, ns: 1000 };

it('adds waits up by kind, in nanoseconds, beside samples of the same stack', () => {
  const { samples } = run(
    stream()
      .waits([common, { ...common, ns: 500 }, { ...common, kind: WaitKind.runQueue, ns: 7 }, { ...common, kind: WaitKind.preempted, ns: 3 }])
      .counts([{ userStack: 1n, kernelStack: 6n, slice: SLICE, tgid: 10, tid: 11, samples: 2 }]),
  );
  const { kind, weight, stack } = samples.columns;
  expect([...kind.slice(0, samples.length)]).toEqual([SampleKind.blocked, SampleKind.runQueue, SampleKind.preempted, SampleKind.onCpu]);
  expect([...weight.slice(0, samples.length)]).toEqual([1500, 7, 3, 2]);
  expect(new Set(stack.slice(0, samples.length)).size).toBe(1);
});

it('leaves out where the kernel calls the tracepoint', () => {
  const tables = run(stream().waits([common]));
  expect(stackOf(tables, tables.samples.columns.stack[0]!)).toEqual(['app+16', 'futex_wait', '__schedule']);
});

it('puts who woke it on top, leaf first and the thread last', () => {
  const tables = run(stream().waits([{ ...common, wakerTgid: 10, wakerTid: 12, wakerUserStack: 3n, wakerKernelStack: 4n }]));
  expect(stackOf(tables, tables.samples.columns.stack[0]!)).toEqual(['app+16', 'futex_wait', '__schedule', WAKER_SEPARATOR, 'try_to_wake_up', 'app+32', 'holder']);
});

it('blames an interrupt and not whom it interrupted; a process that is no target has its number', () => {
  const tables = run(
    stream().waits([
      { ...common, wakerTgid: 10, wakerTid: 12, wakerUserStack: 3n, wakerKernelStack: 5n },
      { ...common, wakerTgid: 77, wakerTid: 78, wakerKernelStack: 4n },
    ]),
  );
  const [one, other] = tables.samples.columns.stack;
  const wait = ['app+16', 'futex_wait', '__schedule', WAKER_SEPARATOR, 'try_to_wake_up'];
  expect(stackOf(tables, one!)).toEqual([...wait, 'hrtimer_wakeup', 'asm_sysvec_apic_timer_interrupt', 'an interrupt']);
  expect(stackOf(tables, other!)).toEqual([...wait, 'process 77']);
});

it('says so where nobody could take a stack', () => {
  const none = { ...common, userStack: 0n, kernelStack: 0n };
  const tables = run(stream().waits([none, { ...none, kind: WaitKind.runQueue }, { ...none, kind: WaitKind.preempted }]));
  const [asleep, fresh, preempted] = tables.samples.columns.stack;
  expect(stackOf(tables, asleep!)).toEqual(['(asleep since before the recording)']);
  expect(stackOf(tables, fresh!)).toEqual(['(a new thread)']);
  expect(preempted).toBe(NONE);
});
