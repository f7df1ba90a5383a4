// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameKey, functionKey } from '../profile/frame-keys.ts';
import { writtenWeights } from '../profile/questions.ts';
import { FrameCategory, SampleKind } from '../profile/schema.ts';
import { ProfileWriter, profileFromText } from '../profile/testing.ts';
import { NONE } from '../profile/units.ts';
import { toFolded } from './folded.ts';
import { toSvg } from './svg.ts';
import { HOSTILE_NAMES } from './hostile-names.ts';

describe('toFolded', () => {
  it('writes comm, frames with their suffixes, and merged sorted lines', () => {
    const tables = profileFromText(`
      main;zoo 1
      main;work;fast_[i];read_[k] 3
      main;work;jitted_[j] 2
      main;libc.so+0x1f 1
      main;zoo 4
    `);
    expect(toFolded(tables)).toBe(
      [
        'program;main;libc.so+0x1f 1',
        'program;main;work;fast_[i];read_[k] 3',
        'program;main;work;jitted_[j] 2',
        'program;main;zoo 5',
        '',
      ].join('\n'),
    );
  });

  it('writes waits in whole microseconds, and who ended them as wakers', () => {
    const writer = new ProfileWriter();
    const frames = ['wait', '--', 'wake', 'holder'].map((name, offset) => {
      const frame = writer.frame(NONE, offset, name === 'wake' ? FrameCategory.kernel : FrameCategory.user);
      writer.symbol(frame, name);
      return frame;
    });
    const stack = writer.stack(frames);
    for (const [kind, weight] of [[SampleKind.blocked, 1_500_400], [SampleKind.onCpu, 3]] as const) writer.tables.samples.append({ slice: 0, thread: writer.thread(7, 'app'), stack, kind, weight });
    const weights = writtenWeights('wakeups', 99);
    expect(toFolded(writer.tables, { weights })).toMatch(/;wait;--;wake_\[w\];holder_\[w\] 1500\n$/);
    expect(toSvg(writer.tables, { title: 'waits', weights })).toContain('1,500 µs');
  });

  it('is empty for an empty profile, and names a process without a name', () => {
    const writer = new ProfileWriter();
    expect(toFolded(writer.tables)).toBe('');
    writer.sample(NONE, 2, 0, writer.thread(7, ''));
    expect(toFolded(writer.tables)).toBe('process 7 2\n');
  });

  it('exports what is selected', () => {
    const writer = new ProfileWriter();
    const [one, two] = [writer.thread(1, 'a', 1, 'proc'), writer.thread(2, 'b', 1, 'proc')];
    const [f, g] = [writer.frame(NONE, 1), writer.frame(NONE, 2)];
    writer.symbol(f, 'f');
    writer.sample(writer.stack([f, g]), 1, 0, one);
    writer.sample(writer.stack([f]), 2, 5, two);
    writer.sample(writer.stack([g]), 4, 6, two);
    const { tables } = writer;
    expect(toFolded(tables, { filter: { range: { from: 5, to: 6 }, hiddenThreads: [] } })).toBe('proc;f 2\n');
    expect(toFolded(tables, { filter: { range: null, hiddenThreads: [two] } })).toBe('proc;f;0x2 1\n');
    expect(toFolded(tables, { zoom: [functionKey(0)] })).toBe('proc;f 2\nproc;f;0x2 1\n');
    expect(toFolded(tables, { zoom: [functionKey(0), frameKey(g)] })).toBe('proc;f;0x2 1\n');
    expect(toFolded(tables, { zoom: [frameKey(f)] })).toBe('');
  });

  it('keeps one line a stack whatever the names hold', () => {
    for (const name of HOSTILE_NAMES) {
      const writer = new ProfileWriter();
      const frames = [0, 1].map((offset) => writer.frame(writer.module(`/tmp/${name}`), offset, FrameCategory.user));
      writer.symbol(frames[0]!, name);
      writer.sample(writer.stack(frames), 3, 0, writer.thread(1, name));
      const text = toFolded(writer.tables);
      expect(text.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/);
      expect(text.isWellFormed()).toBe(true);
      const [, stack, weight] = /^(.*) (\d+)\n$/.exec(text)!;
      expect(stack!.split(';').length).toBe(3);
      expect(weight).toBe('3');
    }
  });

  it('is the same bytes whatever the order in which rows came', () => {
    const sample = fc.record({ frames: fc.array(fc.nat(4), { maxLength: 4 }), weight: fc.integer({ min: 1, max: 9 }) });
    const shuffled = fc
      .array(sample, { minLength: 1, maxLength: 12 })
      .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }), fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 })));
    const write = (list: readonly { frames: number[]; weight: number }[], order: number[], namesFirst: boolean) => {
      const writer = new ProfileWriter();
      const thread = writer.thread(1, 'p');
      const frame = (index: number) => writer.frame(NONE, index, index as FrameCategory);
      const name = () => order.forEach((index) => writer.symbol(frame(index), `name${index % 3}`, index % 2));
      if (namesFirst) name();
      for (const { frames, weight } of list) writer.sample(writer.stack(frames.map(frame)), weight, 0, thread);
      if (!namesFirst) name();
      return toFolded(writer.tables);
    };
    fc.assert(
      fc.property(shuffled, ([list, other, order]) => {
        expect(write(other, order, true)).toBe(write(list, [0, 1, 2, 3, 4], false));
      }),
    );
  });
});
