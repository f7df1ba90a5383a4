// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LossCause, NoteKind, StackEnd } from './schema.ts';
import { Statistics } from './statistics.ts';
import type { Tables } from './tables.ts';
import { ProfileWriter } from './testing.ts';
import { NONE } from './units.ts';

describe('Statistics', () => {
  it('takes sums of fractions that differ in their last digits for the same', () => {
    const writer = new ProfileWriter();
    const statistics = new Statistics(writer.tables, 99);
    const [complete, cut] = [writer.stack([writer.frame(NONE, 1)], StackEnd.outermost), writer.stack([writer.frame(NONE, 1)], StackEnd.depthLimit)];
    for (const [stack, weight] of [[complete, 0.1], [cut, 0.1], [complete, 0.1]] as const) writer.sample(stack, weight);
    statistics.advance();
    const { weight, stacks } = statistics.figures();
    expect(weight - stacks.complete - stacks.truncated).not.toBe(0);
    expect(stacks.broken).toBe(0);
  });

  it('counts stacks by how the walk ended, and an entry function as complete', () => {
    const writer = new ProfileWriter();
    const [entry, main, leaf] = [1, 2, 3].map((offset) => writer.frame(NONE, offset)) as [number, number, number];
    const statistics = new Statistics(writer.tables, 99);
    writer.sample(writer.stack([main, leaf], StackEnd.outermost), 1);
    writer.sample(writer.stack([main, leaf], StackEnd.depthLimit), 2);
    writer.sample(writer.stack([entry, main], StackEnd.badFrame), 4);
    writer.sample(writer.stack([main], StackEnd.noMapping), 8);
    writer.sample(NONE, 16);
    statistics.advance();
    expect(statistics.figures()).toMatchObject({ samples: 31, stacks: { complete: 1, truncated: 2, broken: 28 } });
    writer.symbol(entry, 'start_thread');
    writer.symbol(main, null);
    statistics.advance();
    expect(statistics.figures()).toEqual({
      samples: 31,
      waits: { blockedNs: 0, preemptedNs: 0, runQueueNs: 0 },
      weight: 31,
      expected: 0,
      threads: 0,
      lost: [],
      throttled: false,
      stacks: { complete: 5, truncated: 2, broken: 24 },
      ends: [
        { end: StackEnd.depthLimit, samples: 2 },
        { end: StackEnd.noMapping, samples: 8 },
      ],
      brokenIn: [{ module: NONE, end: StackEnd.noMapping, samples: 8 }],
      stackless: 16,
      frames: { named: 4, all: 2 + 4 + 8 + 8 },
      unnamedIn: [{ module: NONE, unnamed: 1 + 2 + 4 + 8, waiting: 1 + 2 }],
    });
  });

  it('says in which module stacks broke: that of the outermost frame that is there', () => {
    const writer = new ProfileWriter();
    const [libc, libx] = [writer.module('/lib/libc.so.6'), writer.module('/lib/libx.so')];
    const [a, b, entry] = [writer.frame(libc, 1), writer.frame(libx, 2), writer.frame(libc, 3)];
    writer.sample(writer.stack([a, b], StackEnd.noRow), 1);
    writer.sample(writer.stack([b, a], StackEnd.noRow), 2);
    writer.sample(writer.stack([b], StackEnd.readFault), 4);
    writer.sample(writer.stack([entry, b], StackEnd.badFrame), 8);
    writer.sample(writer.stack([b, b], StackEnd.depthLimit), 16);
    const statistics = new Statistics(writer.tables, 99);
    statistics.advance();
    expect(statistics.figures().brokenIn).toEqual([
      { module: libc, end: StackEnd.badFrame, samples: 8 },
      { module: libx, end: StackEnd.readFault, samples: 4 },
      { module: libx, end: StackEnd.noRow, samples: 2 },
      { module: libc, end: StackEnd.noRow, samples: 1 },
    ]);
    expect(statistics.brokenAt((frame) => frame === b)).toEqual([
      { end: StackEnd.readFault, samples: 4 },
      { end: StackEnd.noRow, samples: 2 },
    ]);
    writer.symbol(entry, '_start');
    statistics.advance();
    expect(statistics.figures().brokenIn).not.toContainEqual({ module: libc, end: StackEnd.badFrame, samples: 8 });
    expect(statistics.figures().stacks).toEqual({ complete: 8, truncated: 16, broken: 7 });
    expect(statistics.brokenAt((frame) => frame === entry)).toEqual([]);
  });

  it('tells frames that wait for a name from those that have none, by module', () => {
    const writer = new ProfileWriter();
    const [libc, libx] = [writer.module('/lib/libc.so.6'), writer.module('/lib/libx.so')];
    const [a, b] = [writer.frame(libc, 1), writer.frame(libx, 2)];
    writer.sample(writer.stack([a, b]), 3);
    const statistics = new Statistics(writer.tables, 99);
    const unnamedIn = () => (statistics.advance(), statistics.figures().unnamedIn);
    expect(unnamedIn()).toEqual([
      { module: libc, unnamed: 0, waiting: 3 },
      { module: libx, unnamed: 0, waiting: 3 },
    ]);
    writer.symbol(a, 'malloc');
    writer.symbol(b, null);
    writer.sample(writer.stack([b, b]), 2);
    expect(unnamedIn()).toEqual([{ module: libx, unnamed: 3 + 4, waiting: 0 }]);
    writer.symbol(b, 'found');
    expect(unnamedIn()).toEqual([]);
  });

  it('takes expected samples from CPU time, and losses by cause', () => {
    const { tables } = new ProfileWriter();
    tables.expected.append({ slice: 0, thread: 0, cpuTime: 2e9 });
    tables.expected.append({ slice: 1, thread: 1, cpuTime: 0.5e9 });
    tables.losses.append({ slice: 0, cause: LossCause.stackRingFull, count: 3 });
    tables.losses.append({ slice: 1, cause: LossCause.countMapFull, count: 1 });
    tables.losses.append({ slice: 2, cause: LossCause.stackRingFull, count: 4 });
    const statistics = new Statistics(tables, 100);
    statistics.advance();
    expect(statistics.figures()).toMatchObject({
      expected: 250,
      lost: [
        { cause: LossCause.countMapFull, count: 1 },
        { cause: LossCause.stackRingFull, count: 7 },
      ],
    });
    tables.expected.append({ slice: 0, thread: NONE, cpuTime: 4e9 });
    expect(statistics.figures()).toMatchObject({ threads: 2, throttled: false });
    tables.notes.append({ slice: 0, kind: NoteKind.throttled, process: NONE, text: 0 });
    statistics.advance();
    expect(statistics.figures()).toMatchObject({ expected: 400, threads: 0, throttled: true });
  });

  it('is the same whatever the order of rows and of calls', () => {
    const act = fc.oneof(
      fc.record({
        frames: fc.array(fc.nat(5), { maxLength: 5 }),
        end: fc.nat(5),
        weight: fc.integer({ min: 1, max: 9 }),
      }),
      fc.record({ frame: fc.nat(5), name: fc.option(fc.constantFrom('_start', 'clone3', 'main')) }),
      fc.constant('advance' as const),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
        const writer = new ProfileWriter();
        const frames = [0, 1, 2, 3, 4, 5].map((offset) => writer.frame(NONE, offset));
        const live = new Statistics(writer.tables, 1);
        for (const each of acts) {
          if (each === 'advance') live.advance();
          else if ('frames' in each) {
            const stack = writer.stack(each.frames.map((index) => frames[index]!), each.end as StackEnd);
            writer.sample(stack, each.weight);
          } else writer.symbol(each.frame, each.name);
        }
        live.advance();
        const { stacks, frames: counted, samples } = live.figures();
        expect({ stacks, frames: counted, samples }).toEqual(naive(writer.tables));
      }),
      { numRuns: 300 },
    );
  });
});

function naive({ samples, stacks, symbols, functions, strings }: Tables) {
  const names = new Map<number, string>();
  for (let row = 0; row < symbols.length; row++) {
    const named = symbols.columns.function[row]!;
    if (named === NONE) names.delete(symbols.columns.frame[row]!);
    else names.set(symbols.columns.frame[row]!, strings.columns.text[functions.columns.name[named]!]!);
  }
  const result = { stacks: { complete: 0, truncated: 0, broken: 0 }, frames: { named: 0, all: 0 }, samples: 0 };
  for (let row = 0; row < samples.length; row++) {
    const weight = samples.columns.weight[row]!;
    result.samples += weight;
    let outermost = '';
    for (let at = samples.columns.stack[row]!; at !== NONE; at = stacks.columns.prefix[at]!) {
      const name = names.get(stacks.columns.frame[at]!);
      outermost = name ?? '';
      result.frames.all += weight;
      if (name !== undefined) result.frames.named += weight;
    }
    const stack = samples.columns.stack[row]!;
    const end = stack === NONE ? NONE : stacks.columns.end[stack]!;
    if (end === StackEnd.depthLimit) result.stacks.truncated += weight;
    else if (end === StackEnd.outermost || ['_start', 'clone3'].includes(outermost)) result.stacks.complete += weight;
    else result.stacks.broken += weight;
  }
  return result;
}
