// SPDX-License-Identifier: Apache-2.0
import { beforeEach, expect, test, vi } from 'vitest';
import { ROOT } from '../../profile/call-tree.ts';
import { NOTHING_COLLAPSED, type Collapse } from '../../profile/collapse.ts';
import { FrameCategory } from '../../profile/schema.ts';
import { detailsOf } from './details.ts';
import { PictureMaker } from './picture.ts';
import { FLAG_ANCESTOR, FLAG_MATCH, FLAG_PROCESS, MERGED, shownNode, type Picture, type View } from './protocol.ts';
import { Replica } from './replica.ts';
import { statusOf } from './status.ts';
import { GrowingRecording, info } from './testing/engine-rows.ts';
import { threadsOf } from './threads.ts';

const view: View = {
  recording: 1,
  width: 1000,
  zoom: ROOT,
  range: null,
  hiddenThreads: [],
  collapse: NOTHING_COLLAPSED,
  kinds: null,
  search: null,
  paused: false,
  selection: null,
};

let recording: GrowingRecording;
let replica: Replica;
let maker: PictureMaker;

beforeEach(() => {
  recording = new GrowingRecording();
  replica = new Replica(1);
  replica.info = info;
  maker = new PictureMaker(replica);
});

function take(sliceEnd = 1): void {
  replica.append(recording.rows(sliceEnd), 7);
  replica.fold();
}

/** Frames as "depth name x+width". */
function frames({ count, depth, name, names, x, width, flags }: Picture): string[] {
  return Array.from({ length: count }, (_, at) => {
    const text = name[at] === MERGED ? '(merged)' : names[name[at]!]!;
    const marks = `${flags[at]! & FLAG_MATCH ? ' match' : ''}${flags[at]! & FLAG_ANCESTOR ? ' ancestor' : ''}${flags[at]! & FLAG_PROCESS ? ' process' : ''}`;
    return `${depth[at]} ${text} ${x[at]}+${width[at]}${marks}`;
  });
}

/** The node of a path like "main;work". */
function nodeOf(path: string): number {
  const { tree } = replica;
  for (let node = 0; node < tree.size; node++) {
    if (tree.path(node).slice(1).map((each) => tree.name(each)).join(';') === path) return node;
  }
  throw new Error(`no node ${path}`);
}

test('a picture has the visible frames with names, modules and figures', () => {
  recording.samples('main;work', 600);
  recording.samples('main;idle', 399);
  recording.samples('main;tiny', 0.4);
  recording.samples('main;small', 0.6);
  take();
  const picture = maker.make(view, 3);
  expect(frames(picture)).toEqual(['0 all 0+1000', '1 main 0+1000', '2 idle 0+399', '2 work 399+600', '2 (merged) 999+1']);
  expect(picture.module!.length).toBe(5);
  expect([...picture.module!].map((row) => picture.names[row] ?? '')).toEqual(['', 'program', 'program', 'program', '']);
  expect(picture.category[1]).toBe(FrameCategory.user);
  expect([...picture.total]).toEqual([1000, 1000, 399, 600, 1]);
  expect([...picture.self]).toEqual([0, 0, 399, 600, 0]);
  expect(picture).toMatchObject({ revision: 3, recording: 1, rows: 3, rootTotal: 1000, zoomTotal: 1000, search: null, newestRowAt: 7 });
  expect(picture.path).toEqual([{ node: 0, name: 'all' }]);
  expect(new Set(picture.names).size).toBe(picture.names.length);
});

test('zoom, selection and search survive updates', () => {
  recording.samples('main;work;read', 50);
  recording.samples('main;idle', 50);
  take();
  const zoom = nodeOf('main;work');
  const zoomed: View = { ...view, zoom, search: { pattern: '^READ$', ignoreCase: true } };
  const before = maker.make(zoomed, 1);
  expect(frames(before)).toEqual(['0 all 0+1000 ancestor', '1 main 0+1000 ancestor', '2 work 0+1000', '3 read 0+1000 match']);
  expect(before.search).toEqual({ share: 1, matches: 1, error: null });
  expect(before).toMatchObject({ rootTotal: 100, zoomTotal: 50 });
  recording.samples('main;work', 50);
  recording.samples('begin;start;read', 100);
  take();
  const after = maker.make(zoomed, 2);
  expect(frames(after)).toEqual(['0 all 0+1000 ancestor', '1 main 0+1000 ancestor', '2 work 0+1000', '3 read 0+500 match']);
  expect(after.search).toEqual({ share: 0.5, matches: 1, error: null });
  expect(after.path.map(({ name }) => name)).toEqual(['all', 'main', 'work']);
  expect(after.path.at(-1)!.node).toBe(zoom);
});

test('figures of a search that take long rest, and are made up to date then', () => {
  const searched: View = { ...view, search: { pattern: 'read', ignoreCase: false } };
  let now = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 10));
  try {
    recording.samples('main;read', 50);
    take();
    expect(maker.make(searched, 1).search).toMatchObject({ share: 1 });
    expect(maker.behind).toBe(null);
    recording.samples('main;write', 50);
    take();
    expect(maker.make(searched, 2).search).toMatchObject({ share: 1 });
    expect(maker.behind).toBeGreaterThan(0);
    // The zoom is the user's: it does not wait.
    expect(maker.make({ ...searched, zoom: nodeOf('main') }, 3).search).toMatchObject({ share: 0.5 });
    now += 100;
    expect(maker.make(searched, 4).search).toMatchObject({ share: 0.5 });
    expect(maker.behind).toBe(null);
  } finally {
    clock.mockRestore();
  }
});

test('a second process that comes live moves everything up by a row; zoom, selection and search stay', () => {
  recording.samples('main;work;read', 50);
  recording.samples('main;idle', 50);
  take();
  const zoom = nodeOf('main;work');
  const selection = nodeOf('main;work;read');
  const zoomed: View = { ...view, zoom, selection, search: { pattern: 'read|^main$', ignoreCase: false } };
  expect(frames(maker.make(zoomed, 1))).toEqual(['0 all 0+1000 ancestor', '1 main 0+1000 match ancestor', '2 work 0+1000', '3 read 0+1000 match']);
  expect(maker.make({ ...zoomed, zoom: ROOT }, 1).search).toEqual({ share: 1, matches: 2, error: null });
  const child = recording.thread(9, 'worker', 9, 'read');
  recording.samples('main;work;read', 60, 0, child);
  recording.samples('main', 40, 0, child);
  take();
  const after = maker.make(zoomed, 2);
  expect(frames(after)).toEqual([
    '0 all 0+1000 ancestor',
    '1 main 0+1000 match ancestor process',
    '2 main 0+1000 match ancestor',
    '3 work 0+1000',
    '4 read 0+1000 match',
  ]);
  expect(after.moved).toBeUndefined();
  expect(after).toMatchObject({ rootTotal: 200, zoomTotal: 50, rows: 5 });
  expect(after.path.map(({ name }) => name)).toEqual(['all', 'main', 'main', 'work']);
  expect(after.path.at(-1)!.node).toBe(zoom);
  expect(after.path[2]!.node).toBe(before(zoom));
  expect(after.node[4]).toBe(selection);
  const whole = maker.make({ ...zoomed, zoom: ROOT, search: null }, 3);
  expect(frames(whole).slice(0, 3)).toEqual(['0 all 0+1000', '1 main 0+500 process', '1 read 500+500 process']);
  expect([...whole.module!].slice(0, 3)).toEqual([-1, -1, -1]);
  expect(detailsOf(replica, selection)).toMatchObject({ name: 'read', total: 50, stack: ['main', 'main', 'work', 'read'] });
});
const before = (node: number) => replica.tree.parent(node);

test('details of a process: what its stacks begin with, and no code', () => {
  recording.samples('main;work', 3);
  recording.samples('begin;work', 1);
  take();
  expect(detailsOf(replica, 1)).toMatchObject({ name: 'all', total: 4 }); // the only process cannot be asked for
  recording.samples('main;work', 5, 0, recording.thread(2, 'other'));
  take();
  const details = detailsOf(replica, nodeOf('main'));
  expect(details).toMatchObject({ name: 'main', isProcess: true, module: '', buildId: '', source: '', unnamedReason: '', total: 4, callers: [], stack: ['main'] });
  expect(details.callees.map(({ name, total }) => [name, total])).toEqual([['main', 3], ['begin', 1]]);
  expect(detailsOf(replica, ROOT).callees.map(({ name, total }) => [name, total])).toEqual([['other', 5], ['main', 4]]);
  const main = detailsOf(replica, nodeOf('other;main'));
  expect(main.callers).toEqual([]);
  expect(main.callees.map(({ name, total }) => [name, total])).toEqual([['work', 8]]);
  expect(main.isProcess).toBeUndefined();
});

test('the share of a search counts nested matches once; a bad pattern is a sentence', () => {
  recording.samples('a;b;a', 30);
  recording.samples('c', 70);
  take();
  expect(maker.make({ ...view, search: { pattern: 'a|b', ignoreCase: false } }, 1).search).toMatchObject({ share: 0.3 });
  const { search, count } = maker.make({ ...view, search: { pattern: '(', ignoreCase: false } }, 2);
  expect(search!.error).toMatch(/^Not a regular expression/);
  expect(count).toBe(5);
  expect(maker.make({ ...view, search: { pattern: '', ignoreCase: false } }, 3).search).toBeNull();
});

test('a late name moves the zoom along and says so', () => {
  recording.samples('main;x+0x10;leaf', 10);
  take();
  const zoom = nodeOf('main;x+0x10');
  expect(maker.make({ ...view, zoom }, 1).moved).toBeUndefined();
  recording.symbol(recording.frameOf('x+0x10'), 'named', 0, recording.module('/lib/x'));
  take();
  const picture = maker.make({ ...view, zoom }, 2);
  const now = nodeOf('main;named');
  expect(picture.path.at(-1)).toEqual({ node: now, name: 'named' });
  expect(picture.moved).toEqual([{ from: zoom, to: now }]);
  expect(frames(picture)).toEqual(['0 all 0+1000 ancestor', '1 main 0+1000 ancestor', '2 named 0+1000', '3 leaf 0+1000']);
  expect(detailsOf(replica, zoom)).toMatchObject({ node: zoom, name: 'named', total: 10 });
  expect(maker.make({ ...view, zoom: now }, 3).path.at(-1)!.node).toBe(now);
});

test('what is collapsed keeps zoom, selection and search where they are, and gives them back', () => {
  recording.samples('main;work;read', 60);
  recording.samples('main;work;work;read', 40);
  recording.symbol(recording.frameOf('read'), 'copy', 1, recording.module('/lib/program'));
  take();
  const [zoom, selection] = [nodeOf('main;work;work'), nodeOf('main;work;work;read;copy')];
  const shown: View = { ...view, zoom, selection, search: { pattern: '^read$', ignoreCase: false } };
  const before = frames(maker.make(shown, 1));
  replica.followed.resolve(selection);
  const switchTo = (change: Partial<Collapse>) => {
    for (const _ of replica.collapseInSteps({ ...NOTHING_COLLAPSED, ...change }));
  };
  switchTo({ recursion: true, inlined: true });
  const collapsed = maker.make(shown, 2);
  expect(frames(collapsed)).toEqual(['0 all 0+1000 ancestor', '1 main 0+1000 ancestor', '2 work 0+1000', '3 read 0+1000 match']);
  expect(shownNode(collapsed, zoom)).toBe(nodeOf('main;work'));
  expect(shownNode(collapsed, selection)).toBe(nodeOf('main;work;read'));
  expect(collapsed.search).toEqual({ share: 1, matches: 1, error: null });
  expect(detailsOf(replica, selection)).toMatchObject({ node: selection, name: 'read', total: 100 });
  switchTo({});
  const after = maker.make(shown, 3);
  expect(frames(after)).toEqual(before);
  expect(after.moved).toBeUndefined();
});

test('a frame is marked as inlined where it is', () => {
  recording.samples('main;work', 60);
  recording.samples('main;fast', 40);
  recording.symbol(recording.frameOf('work'), 'fast', 1, recording.module('/lib/program'));
  take();
  const picture = maker.make(view, 1);
  const categories = frames(picture).map((text, at) => `${text.split(' ').slice(0, 2).join(' ')} ${picture.category[at]}`);
  expect(categories).toEqual(['0 all 6', '1 main 0', '2 fast 0', '2 work 0', '3 fast 3']);
});

test('a zoom to a node that is not there shows everything', () => {
  recording.samples('main', 1);
  take();
  expect(maker.make({ ...view, zoom: 12345 }, 1).path).toEqual([{ node: ROOT, name: 'all' }]);
});

test('a stack deeper than the rows that can be sent is cut, not wrapped', () => {
  const stack = recording.stack(Array.from({ length: 70_000 }, (_, at) => recording.frame(-1, at)));
  recording.sample(stack, 1);
  recording.thread(1, 'main');
  take();
  const picture = maker.make(view, 1);
  expect(picture.rows).toBe(65_535);
  expect(picture.depth.at(-1)).toBe(65_534);
});

test('details: callers and callees of the function wherever it is, recursion counted once', () => {
  recording.samples('main;work;alloc', 10);
  recording.samples('main;idle;alloc;page', 5);
  recording.samples('main;work;work;alloc', 3);
  recording.samples('main;work;sort;work;alloc', 2);
  take();
  const alloc = detailsOf(replica, nodeOf('main;work;alloc'));
  expect(alloc).toMatchObject({ name: 'alloc', self: 10, total: 10, rootTotal: 20, stack: ['main', 'work', 'alloc'] });
  expect(alloc.callers.map(({ name, total }) => [name, total])).toEqual([['work', 15], ['idle', 5]]);
  expect(alloc.callees.map(({ name, total }) => [name, total])).toEqual([['page', 5]]);
  const work = detailsOf(replica, nodeOf('main;work'));
  expect(work.callers.map(({ name, total }) => [name, total])).toEqual([['main', 15], ['work', 3], ['sort', 2]]);
  expect(work.callees.map(({ name, total }) => [name, total])).toEqual([['alloc', 15], ['work', 3], ['sort', 2]]);
  expect(work.callees[0]!.node).toBe(nodeOf('main;work;alloc'));
  expect(detailsOf(replica, ROOT)).toMatchObject({ name: 'all', callers: [], callees: [{ name: 'main', total: 20 }], stack: [] });
});

test('details: a pure recursion counts itself once', () => {
  recording.samples(Array(50).fill('f').join(';'), 4);
  take();
  const { callers, callees } = detailsOf(replica, nodeOf('f'));
  expect(callers.map(({ name, total }) => [name, total])).toEqual([['f', 4]]);
  expect(callees.map(({ name, total }) => [name, total])).toEqual([['f', 4]]);
});

test('details: where it is defined, and why a frame has no name', () => {
  const { tables } = recording;
  recording.samples('main;x+0x10', 1);
  const file = recording.string('/src/dynahash.c');
  recording.symbol(recording.frameOf('main'), 'main', 0, recording.module('/lib/program'));
  const row = tables.functions.append({ name: recording.string('hash_search'), module: 0, file, line: 964 });
  const frame = recording.frame(0, 0x999);
  tables.symbols.append({ frame, depth: 0, function: row, file, line: 970 });
  recording.sample(recording.stack([frame]), 1);
  recording.sample(recording.stack([recording.frame(-1, 0x77)]), 1);
  recording.thread(1, 'main');
  take();
  expect(detailsOf(replica, nodeOf('hash_search'))).toMatchObject({ source: 'dynahash.c:964', unnamedReason: '' });
  expect(detailsOf(replica, nodeOf('main;x+0x10')).unnamedReason).toMatch(/not been looked up yet/);
  expect(detailsOf(replica, nodeOf('0x77')).unnamedReason).toMatch(/No mapping/);
  recording.symbol(recording.frameOf('x+0x10'), null);
  take();
  expect(detailsOf(replica, nodeOf('main;x+0x10')).unnamedReason).toMatch(/^x has no symbol for this place/);
});

test('threads: shares within the range, and what they did of late', () => {
  const [a, b, c] = [recording.thread(1, 'a', 9), recording.thread(2, 'b', 9), recording.thread(3, 'c', 9)];
  for (let slice = 0; slice < 600; slice++) recording.samples('main', 1, slice, slice < 300 ? a : b);
  take(600);
  const rows = threadsOf(replica, 50);
  expect(rows.map(({ thread, tgid, tid, name, share }) => [thread, tgid, tid, name, share])).toEqual([
    [a, 9, 1, 'a', 0.5],
    [b, 9, 2, 'b', 0.5],
    [c, 9, 3, 'c', 0],
  ]);
  expect(rows[1]!.recent).toHaveLength(24);
  expect(rows[1]!.recent.slice(12)).toEqual(Array(12).fill(1));
  expect(rows[2]!.recent).toEqual([]);
  replica.weigh({ range: { from: 0, to: 100 }, hiddenThreads: [a] });
  expect(threadsOf(replica, 50).map(({ share }) => share)).toEqual([1, 0, 0]);
});

test('status: figures of everything received', () => {
  recording.samples('main;x+0x10', 3);
  recording.tables.expected.append({ slice: 0, thread: 0, cpuTime: 1e8 });
  recording.tables.losses.append({ slice: 0, cause: 2, count: 4 });
  take();
  expect(statusOf(replica)).toMatchObject({
    samples: 3,
    accounting: { expected: 5, stored: 3, lost: 4, rest: -2, verdict: 'withinNoise' },
    throttled: false,
    lost: [{ cause: 2, count: 4 }],
    stacks: { complete: 3, truncated: 0, broken: 0 },
    brokenIn: [],
    frames: { named: 3, all: 6 },
    unnamedIn: [{ module: 1, path: '/lib/x', unnamed: 0, waiting: 3 }],
    unnamedModules: 1,
    callNodes: 2,
  });
  expect(statusOf(new Replica(2))).toBeNull();
});
