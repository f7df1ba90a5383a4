// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Events } from '../../ipc/contract.ts';
import { ROOT } from '../../profile/call-tree.ts';
import { NOTHING_COLLAPSED } from '../../profile/collapse.ts';
import { EVERYTHING } from '../../profile/filter.ts';
import { Statistics } from '../../profile/statistics.ts';
import type { Segment } from '../../profile/tables.ts';
import { treeLines } from '../../profile/testing.ts';
import { RowsMissing } from './received-tables.ts';
import { Replica } from './replica.ts';
import { figures, GrowingRecording } from './testing/engine-rows.ts';

function replicaOf(rows: Events['rows'], mostRows?: number): Replica {
  const replica = new Replica(1, mostRows);
  replica.append(rows, 1);
  replica.fold();
  return replica;
}

const step = fc.record({
  stack: fc.array(fc.constantFrom('a', 'b', 'c', 'x+0x10', 'x+0x20', 'y+0x30'), { minLength: 1, maxLength: 5 }),
  weight: fc.integer({ min: 1, max: 9 }),
  slice: fc.nat(30),
  thread: fc.nat(2),
  named: fc.option(fc.tuple(fc.constantFrom('x+0x10', 'x+0x20', 'y+0x30'), fc.constantFrom('f', 'g')), { freq: 5 }),
  isSent: fc.boolean(),
  isFolded: fc.boolean(),
});

test('rows in any batches, folded at any time, give what one batch gives', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, isFiltered) => {
      const recording = new GrowingRecording();
      const replica = new Replica(1, 25); // compacts all the time
      const filter = isFiltered ? { range: null, hiddenThreads: [1] } : EVERYTHING;
      replica.weigh(filter);
      replica.hide(filter.hiddenThreads);
      let late = 0;
      for (const { stack, weight, slice, thread, named, isSent, isFolded } of steps) {
        late = Math.max(late, slice);
        recording.samples(stack.join(';'), weight, late, recording.thread(thread + 1, `t${thread}`));
        if (named) recording.symbol(recording.frameOf(named[0]), named[1], 0, recording.module('/lib/x'));
        if (isSent) replica.append(recording.rows(late), 1);
        if (isFolded) replica.fold();
      }
      replica.append(recording.rows(31), 1);
      replica.fold();
      recording.fromTheBeginning();
      const whole = new Replica(1);
      whole.append(recording.rows(31), 1);
      whole.fold();
      whole.weigh(filter);
      whole.hide(filter.hiddenThreads);
      expect(treeLines(replica.tree)).toEqual(treeLines(whole.tree));
      expect(replica.statistics()).toEqual(whole.statistics());
      const statistics = new Statistics(recording.tables, 1);
      statistics.advance();
      expect(whole.statistics()).toEqual(statistics.figures());
      expect([...replica.cpus(50).cpus]).toEqual([...whole.cpus(50).cpus]);
      expect(new Map([...replica.weightsByThread()].sort())).toEqual(new Map([...whole.weightsByThread()].sort()));
      // And again, weighed from the rows that are left.
      replica.weigh(EVERYTHING);
      whole.weigh(EVERYTHING);
      expect(treeLines(replica.tree)).toEqual(treeLines(whole.tree));
    }),
    { numRuns: 150 },
  );
}, 30_000);

test('a brush and hidden threads narrow the tree and lose nothing when lifted', () => {
  const recording = new GrowingRecording();
  const other = recording.thread(2, 'other', 1, 'main');
  recording.samples('main;work', 3, 0);
  recording.samples('main;idle', 2, 5);
  recording.samples('main;work', 4, 9, other);
  const replica = replicaOf(recording.rows(10));
  replica.weigh({ range: { from: 5, to: 10 }, hiddenThreads: [] });
  expect(treeLines(replica.tree)).toEqual(['main 0/6', 'main;idle 2/2', 'main;work 4/4']);
  replica.weigh({ range: { from: 5, to: 10 }, hiddenThreads: [other] });
  expect(treeLines(replica.tree)).toEqual(['main 0/2', 'main;idle 2/2']);
  recording.samples('main;work', 1, 7);
  recording.samples('main;work', 1, 7, other);
  recording.samples('main;work', 1, 12);
  replica.append(recording.rows(13), 2);
  replica.fold();
  expect(treeLines(replica.tree)).toEqual(['main 0/3', 'main;idle 2/2', 'main;work 1/1']);
  replica.weigh(EVERYTHING);
  expect(treeLines(replica.tree)).toEqual(['main 0/12', 'main;idle 2/2', 'main;work 10/10']);
});

test('what has not been folded does not come in by another filter: a paused picture stays', () => {
  const recording = new GrowingRecording();
  recording.samples('main;work', 3, 0);
  const replica = replicaOf(recording.rows(1));
  recording.samples('main;idle', 5, 1);
  replica.append(recording.rows(2), 2);
  replica.weigh({ range: { from: 0, to: 9 }, hiddenThreads: [] });
  expect(treeLines(replica.tree)).toEqual(['main 0/3', 'main;work 3/3']);
  replica.weigh(EVERYTHING);
  expect(treeLines(replica.tree)).toEqual(['main 0/3', 'main;work 3/3']);
  replica.fold();
  expect(treeLines(replica.tree)).toEqual(['main 0/8', 'main;idle 5/5', 'main;work 3/3']);
});

test('a followed node goes where its samples go when a name comes', () => {
  const recording = new GrowingRecording();
  recording.samples('main;x+0x10;leaf', 3);
  recording.samples('main;x+0x10;y+0x20', 2);
  const replica = replicaOf(recording.rows());
  const { tree, followed } = replica;
  const byName = (name: string) => {
    for (let node = tree.size - 1; node > 0; node--) if (tree.name(node) === name && tree.total(node) > 0) return node;
    throw new Error(`no node ${name}`);
  };
  const [x, leaf, y] = [byName('x+0x10'), byName('leaf'), byName('y+0x20')];
  for (const node of [x, leaf, y]) expect(followed.resolve(node)).toBe(node);
  expect(followed.moved()).toEqual([]);
  const pathOf = (node: number) => tree.path(followed.resolve(node)).slice(1).map((each) => tree.name(each)).join(';');
  const frame = recording.frameOf('x+0x10');
  recording.symbol(frame, 'outer', 0);
  recording.symbol(frame, 'inlined', 1);
  replica.append(recording.rows(), 2);
  replica.fold();
  expect(treeLines(tree)).toContain('main;outer;inlined;leaf 3/3');
  // The frame is its own function; what was inlined there lies on it.
  expect(pathOf(x)).toBe('main;outer');
  expect(pathOf(leaf)).toBe('main;outer;inlined;leaf');
  expect(tree.total(followed.resolve(leaf))).toBe(3);
  expect(tree.total(followed.resolve(x))).toBe(5);
  // A second name moves the same nodes once more, under the number that the window knows.
  recording.symbol(recording.frameOf('y+0x20'), 'why');
  replica.append(recording.rows(), 3);
  replica.fold();
  expect(tree.name(followed.resolve(y))).toBe('why');
  expect(tree.total(followed.resolve(y))).toBe(2);
  expect(followed.moved().map(({ from }) => from).sort()).toEqual([x, leaf, y].sort());
  expect(followed.resolve(99_999)).toBe(ROOT);
});

test('what was inlined into a named frame comes late: whoever looked at what lies on it still does', () => {
  const recording = new GrowingRecording();
  recording.samples('main;work;leaf;deep', 3);
  recording.samples('main;work', 2);
  const replica = replicaOf(recording.rows());
  const { tree, followed } = replica;
  const nodes = [1, 2, 3, 4].map((depth) => [...Array(tree.size).keys()].find((node) => tree.depth(node) === depth && !tree.isHidden(node) && tree.total(node) > 0)!);
  for (const node of nodes) followed.resolve(node);
  const paths = () => nodes.map((node) => tree.path(followed.resolve(node)).slice(1).map((each) => tree.name(each)).join(';'));
  expect(paths()).toEqual(['main', 'main;work', 'main;work;leaf', 'main;work;leaf;deep']);
  const totals = () => nodes.map((node) => tree.total(followed.resolve(node)));
  const before = totals();
  recording.symbol(recording.frameOf('work'), 'fast', 1);
  recording.symbol(recording.frameOf('work'), 'faster', 2);
  replica.append(recording.rows(), 2);
  replica.fold();
  expect(paths()).toEqual(['main', 'main;work', 'main;work;fast;faster;leaf', 'main;work;fast;faster;leaf;deep']);
  expect(totals()).toEqual(before);
  // And while inlined functions are hidden.
  for (const _ of replica.collapseInSteps({ ...NOTHING_COLLAPSED, inlined: true }));
  expect(paths()).toEqual(['main', 'main;work', 'main;work;leaf', 'main;work;leaf;deep']);
  recording.symbol(recording.frameOf('leaf'), 'quick', 1);
  replica.append(recording.rows(), 3);
  replica.fold();
  expect(paths()).toEqual(['main', 'main;work', 'main;work;leaf', 'main;work;leaf;deep']);
  for (const _ of replica.collapseInSteps(NOTHING_COLLAPSED));
  expect(paths()).toEqual(['main', 'main;work', 'main;work;fast;faster;leaf', 'main;work;fast;faster;leaf;quick;deep']);
  expect(totals()).toEqual(before);
});

test('a node that is pointed at anew means itself while it has samples', () => {
  const recording = new GrowingRecording();
  const [one, two] = [recording.frame(0, 1), recording.frame(0, 2)];
  recording.symbol(one, 'work');
  recording.symbol(two, 'work');
  const leaf = recording.frameOf('leaf');
  recording.sample(recording.stack([one, leaf]), 5, 0, recording.thread(1, 'main'));
  recording.sample(recording.stack([two, leaf]), 3);
  const replica = replicaOf(recording.rows());
  const { tree, followed } = replica;
  const node = [...Array(tree.size).keys()].find((each) => tree.name(each) === 'leaf')!;
  followed.resolve(node);
  recording.symbol(one, 'fast', 1);
  replica.append(recording.rows(), 2);
  replica.fold();
  expect(treeLines(tree)).toEqual(['work 0/8', 'work;fast 0/5', 'work;fast;leaf 5/5', 'work;leaf 3/3']);
  expect(tree.total(followed.resolve(node))).toBe(5);
  followed.renew(node);
  expect(tree.total(followed.resolve(node))).toBe(3);
});

test('rows before the first of a subscription are passed over; a gap later is an error', () => {
  const recording = new GrowingRecording();
  recording.samples('main', 1);
  const first = recording.rows();
  recording.samples('main', 2, 1);
  const second = recording.rows();
  recording.samples('main', 3, 2);
  const third = recording.rows();
  const replica = new Replica(1);
  replica.append(second, 1);
  expect(replica.figures).toBeNull();
  replica.append(first, 1);
  expect(() => replica.append(third, 1)).toThrow(RowsMissing);
});

test('an engine may send row 0 of strings or not', () => {
  const recording = new GrowingRecording();
  recording.samples('main', 1);
  const { segments, ...rest } = recording.rows();
  const withRow0 = segments.map((segment) => (segment.table === 'strings' ? recording.tables.strings.segment(0) : segment));
  const replica = replicaOf({ segments: withRow0, ...rest });
  expect(treeLines(replica.tree)).toEqual(['main 1/1']);
});

test('ten hours of four busy threads stay bounded, and every sum exact', () => {
  const recording = new GrowingRecording();
  const threads = [1, 2, 3, 4].map((tid) => recording.thread(tid, `t${tid}`));
  const stacks = Array.from({ length: 300 }, (_, index) =>
    recording.stack([recording.frame(-1, 1), recording.frame(-1, index % 17), recording.frame(-1, 1000 + index)]),
  );
  const mostRows = 200_000; // a seventh of the real limit, and a fifth of the rows: the same ten hours
  const replica = new Replica(1, mostRows);
  replica.append(recording.rows(), 1);
  const seconds = 10 * 3600;
  const perSecond = 20 * threads.length;
  let longest = 0;
  let start = 0;
  for (let second = 0; second < seconds; second++) {
    const length = perSecond;
    const rows = Uint32Array.from({ length }, (_, index) => index);
    const columns = {
      slice: rows.map((row) => second * 50 + Math.floor((row * 50) / perSecond)),
      thread: rows.map((row) => threads[row % 4]!),
      stack: Int32Array.from(rows, (row) => stacks[(second * 7 + row * row) % 300]!),
      kind: new Uint8Array(length),
      weight: new Float64Array(length).fill(1),
    };
    const expected = { slice: columns.slice.slice(0, 4), thread: Int32Array.from(threads), cpuTime: new Float64Array(4).fill(4e8) };
    const segments = [
      { table: 'samples', start, length, columns },
      { table: 'expected', start: second * 4, length: 4, columns: expected },
    ] as unknown as Segment[];
    replica.append({ id: 1, segments, sliceEnd: (second + 1) * 50, figures }, 1);
    start += length;
    longest = Math.max(longest, replica.tables.samples.length);
    if (second % 60 === 0) replica.fold();
  }
  replica.fold();
  const { samples, expected } = replica.statistics();
  expect(samples).toBe(seconds * perSecond);
  expect(expected).toBeCloseTo((seconds * 4 * 4e8) / 1e9, 3);
  expect(replica.tree.total(ROOT)).toBe(seconds * perSecond);
  expect(longest).toBeLessThanOrEqual(mostRows + perSecond);
  expect(replica.tables.expected.length).toBeLessThanOrEqual(mostRows + 4);
  const { cpus, slicesPerColumn } = replica.cpus(20);
  expect(cpus.length).toBeLessThanOrEqual(2000);
  expect(Math.min(...cpus)).toBeCloseTo(4, 1);
  expect(Math.max(...cpus)).toBeCloseTo(4, 1);
  // Hiding a thread reads the rows again, also those that stand for minutes.
  replica.hide([threads[0]!]);
  const fewer = replica.cpus(20).cpus;
  expect(Math.min(...fewer)).toBeGreaterThan(2.4);
  expect(Math.max(...fewer)).toBeLessThan(3.6);
  replica.weigh({ range: { from: 3000 * 60, to: 3000 * 120 }, hiddenThreads: [] });
  const hour = replica.tree.total(ROOT);
  console.log(
    `ten hours, ${(start / 1e6).toFixed(1)} M samples: at most ${longest} rows kept, timeline of ${slicesPerColumn} slices a column, ` +
      `old rows stand for ${replica.samplesCoarseness.oldSlices / 3000} min, the second hour holds ${hour} of ${3600 * perSecond}`,
  );
  expect(Math.abs(hour / (3600 * perSecond) - 1)).toBeLessThan(0.3);
}, 60_000);

