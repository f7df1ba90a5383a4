// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SampleIndex, sampleTest } from './filter.ts';
import { ProfileWriter } from './testing.ts';
import { Timeline, recentActivity, weightsByThread } from './timeline.ts';
import { NONE } from './units.ts';

describe('Timeline', () => {
  it('is CPUs busy per slice, coarsened to the columns there are', () => {
    const writer = new ProfileWriter();
    // 100 Hz: one CPU busy gives 2 samples a slice of 20 ms.
    for (const [slice, weight, thread] of [[0, 2, 0], [1, 4, 1], [4, 1, 0]] as const) {
      writer.sample(NONE, weight, slice, thread);
    }
    const timeline = new Timeline(writer.tables, 100);
    expect([...timeline.columns(5, 10).cpus]).toEqual([1, 2, 0, 0, 0.5]);
    expect(timeline.columns(5, 3)).toEqual({
      firstSlice: 0,
      slicesPerColumn: 2,
      cpus: new Float32Array([1.5, 0, 0.5]),
    });
    timeline.hide([1]);
    expect([...timeline.columns(2, 10).cpus]).toEqual([1, 0]);
    writer.sample(NONE, 6, 1, 0);
    expect([...timeline.columns(2, 10).cpus]).toEqual([1, 3]);
    for (const end of [0, -1, NaN]) expect(timeline.columns(end, 10).cpus.length).toBe(0);
    expect(timeline.columns(7, 10).cpus.length).toBe(7);
  });
});

describe('threads', () => {
  it('have recent activity and sums', () => {
    const writer = new ProfileWriter();
    for (let slice = 0; slice < 100; slice++) {
      writer.sample(NONE, 2, slice, 0);
      if (slice >= 90) writer.sample(NONE, 1, slice, 1);
    }
    const index = new SampleIndex(writer.tables);
    const recent = recentActivity(writer.tables, index, { perSecond: 100, sliceEnd: 100, bins: 4, slicesPerBin: 10 });
    expect(recent.get(0)!.map((value) => +value.toFixed(9))).toEqual([1, 1, 1, 1]);
    expect(recent.get(1)!.map((value) => +value.toFixed(9))).toEqual([0, 0, 0, 0.5]);
    const sums = weightsByThread(writer.tables, index, { range: { from: 89, to: 91 }, hiddenThreads: [] });
    expect([...sums]).toEqual([[0, 4], [1, 1]]);
  });
});

describe('SampleIndex', () => {
  it('finds what a look at every row finds', () => {
    const filter = fc.record({
      range: fc.option(fc.tuple(fc.nat(120), fc.nat(120)).map(([from, to]) => ({ from, to }))),
      hiddenThreads: fc.uniqueArray(fc.nat(3)),
    });
    const rows = fc.array(fc.tuple(fc.nat(8), fc.nat(3)), { maxLength: 80 });
    fc.assert(
      fc.property(rows, fc.nat(60), filter, (late, repeats, each) => {
        const writer = new ProfileWriter();
        const index = new SampleIndex(writer.tables);
        // Several blocks of rows, in drain order: nearly sorted.
        for (let turn = 0; turn < repeats; turn++) {
          for (const [jitter, thread] of late) writer.sample(NONE, 1, 2 * turn + jitter, thread);
          if (turn === 3) index.forEach(each, () => undefined);
        }
        const found: number[] = [];
        index.forEach(each, (row) => found.push(row));
        const test = sampleTest(writer.tables.samples, each);
        expect(found).toEqual(Array.from({ length: writer.tables.samples.length }, (_, row) => row).filter(test));
      }),
      { numRuns: 60 },
    );
  });
});
