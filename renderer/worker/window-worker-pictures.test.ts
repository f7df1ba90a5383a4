// SPDX-License-Identifier: Apache-2.0
/** When the worker sends which picture, and what is in it. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NOTHING_COLLAPSED } from '../../profile/collapse.ts';
import { FrameCategory } from '../../profile/schema.ts';
import { ConnectedWorker, pause, soon } from './testing/connected-worker.ts';

let connected: ConnectedWorker;
beforeEach(async () => {
  connected = await ConnectedWorker.open();
});
afterEach(() => connected.close());

test('rows become a picture, a timeline, threads and a status', async () => {
  connected.show();
  expect(connected.pictures()).toHaveLength(0);
  connected.sample('main;work', 3);
  const picture = await connected.nextPicture();
  expect(picture).toMatchObject({ recording: 1, rootTotal: 3, rows: 3 });
  const now = performance.timeOrigin + performance.now();
  expect(picture.newestRowAt).toBeGreaterThan(now - 5000);
  expect(picture.newestRowAt).toBeLessThanOrEqual(now);
  await soon(() => expect(connected.all('threads').at(-1)?.threads).toMatchObject([{ tid: 1, share: 1 }]));
  expect(connected.all('timeline').at(-1)!.timeline).toMatchObject({ recording: 1, firstSlice: 0, slicesPerColumn: 1, sliceEnd: 1 });
  expect([...connected.all('timeline').at(-1)!.timeline.cpus]).toEqual([3]);
  expect(connected.all('status').at(-1)!.status).toMatchObject({ samples: 3, callNodes: 2 });
  expect(connected.all('details').at(-1)).toEqual({ type: 'details', details: null });
});

test('at most twenty pictures a second while rows arrive, at once when the view changes', async () => {
  connected.show();
  connected.sample('main', 1);
  await connected.nextPicture();
  const before = connected.pictures().length;
  const started = performance.now();
  for (let slice = 1; performance.now() - started < 1000; slice++) {
    connected.sample('main', 1, slice);
    await pause(10);
  }
  const sent = connected.pictures().length - before;
  expect(sent).toBeGreaterThanOrEqual(4);
  expect(sent).toBeLessThanOrEqual(21);
  await pause(300);
  const quiet = connected.pictures().length;
  await pause(300);
  expect(connected.pictures().length).toBe(quiet);
  connected.show({ width: 500 });
  expect(connected.pictures().at(-1)!.width[0]).toBe(500);
});

test('no picture before the last one is drawn; then the newest only', async () => {
  connected.isDrawing = false;
  connected.show();
  connected.sample('main', 1);
  const first = await connected.nextPicture();
  for (const width of [100, 200, 300]) connected.show({ width });
  connected.sample('main', 5);
  await pause(300);
  expect(connected.pictures()).toHaveLength(1);
  connected.worker.receive({ type: 'drawn', revision: first.revision - 1 });
  expect(connected.pictures()).toHaveLength(1);
  connected.worker.receive({ type: 'drawn', revision: first.revision });
  expect(connected.pictures()).toHaveLength(2);
  expect(connected.pictures()[1]).toMatchObject({ rootTotal: 6 });
  expect(connected.pictures()[1]!.width[0]).toBe(300);
});

test('of views that come faster than pictures are drawn only the newest is computed', async () => {
  connected.show();
  connected.sample('main', 1);
  connected.sample('main', 2, 9);
  await soon(() => expect(connected.pictures().at(-1)?.rootTotal).toBe(3));
  connected.isDrawing = false;
  connected.show({ width: 900 });
  const { length } = connected.pictures();
  const before = connected.all('threads').length;
  for (let from = 0; from < 10; from++) connected.show({ range: { from, to: 20 } });
  expect(connected.all('threads')).toHaveLength(before);
  connected.worker.receive({ type: 'drawn', revision: connected.pictures().at(-1)!.revision });
  expect(connected.pictures()).toHaveLength(length + 1);
  expect(connected.pictures().at(-1)!.rootTotal).toBe(2);
  expect(connected.all('threads')).toHaveLength(before + 1);
});

test('a picture that is never drawn does not hold up another recording', async () => {
  connected.isDrawing = false;
  connected.show();
  connected.sample('main', 1);
  await connected.nextPicture();
  connected.show({ recording: 2 });
  connected.recording.fromTheBeginning();
  connected.peer.emit('rows', { ...connected.recording.rows(1), id: 2 });
  expect((await connected.nextPicture()).recording).toBe(2);
});

test('paused: the weights stay while zoom and search work; going on shows everything', async () => {
  connected.show();
  connected.sample('main;work', 4);
  const { node, names, name } = await connected.nextPicture();
  const work = node[names.indexOf('work') === -1 ? 0 : [...name].indexOf(names.indexOf('work'))]!;
  connected.show({ paused: true });
  connected.sample('main;idle', 6, 5);
  await soon(() => expect(connected.all('status').at(-1)!.status.samples).toBe(10));
  expect(connected.pictures().at(-1)!.rootTotal).toBe(4);
  connected.show({ paused: true, zoom: work, search: { pattern: 'work', ignoreCase: false } });
  await pause(0);
  expect(connected.pictures().at(-1)).toMatchObject({ rootTotal: 4, zoomTotal: 4, search: { share: 1, matches: 1 } });
  connected.show({ paused: true, range: { from: 0, to: 50 } });
  await pause(0);
  expect(connected.pictures().at(-1)!.rootTotal).toBe(4);
  connected.show();
  await pause(0);
  expect(connected.pictures().at(-1)!.rootTotal).toBe(10);
});

test('a brush and hidden threads apply at once, to later rows, too', async () => {
  connected.show();
  connected.sample('main', 1, 0);
  connected.sample('main', 2, 10);
  await connected.nextPicture();
  connected.show({ range: { from: 5, to: 20 } });
  await pause(0);
  expect(connected.pictures().at(-1)!.rootTotal).toBe(2);
  connected.sample('main', 4, 15);
  connected.sample('main', 8, 25);
  await soon(() => expect(connected.all('status').at(-1)!.status.samples).toBe(15));
  await soon(() => expect(connected.pictures().at(-1)!.rootTotal).toBe(6));
  connected.show({ hiddenThreads: [0] });
  await pause(0);
  expect(connected.pictures().at(-1)!.rootTotal).toBe(0);
  expect(Math.max(...connected.all('timeline').at(-1)!.timeline.cpus)).toBe(0);
});

test('details come with the selection and follow the rows', async () => {
  connected.show();
  connected.sample('main;work', 1);
  await connected.nextPicture();
  connected.show({ selection: 3 });
  expect(connected.all('details').at(-1)!.details).toMatchObject({ node: 3, name: 'work', total: 1 });
  connected.sample('main;work', 2);
  await soon(() => expect(connected.all('details').at(-1)!.details).toMatchObject({ node: 3, total: 3 }));
});

test('what is collapsed applies at once, to later rows and names, during a pause and in exports', async () => {
  const collapse = { ...NOTHING_COLLAPSED, recursion: true };
  connected.show();
  connected.sample('main;work;work', 3);
  await connected.nextPicture();
  connected.show({ collapse });
  await soon(() => expect(connected.pictures().at(-1)).toMatchObject({ rootTotal: 3, rows: 3 }));
  connected.sample('main;work;work;work;x+0x10', 4);
  await soon(() => expect(connected.pictures().at(-1)).toMatchObject({ rootTotal: 7, rows: 4 }));
  connected.recording.symbol(connected.recording.frameOf('x+0x10'), 'work', 0, connected.recording.module('/lib/program'));
  connected.peer.emit('rows', connected.recording.rows(1));
  await soon(() => expect(connected.pictures().at(-1)).toMatchObject({ rootTotal: 7, rows: 3 }));
  expect(await connected.export('folded')).toBe('main;main;work 7\n');
  expect(await connected.export('svg')).toContain('recursion collapsed');
  connected.show({ collapse, paused: true });
  connected.sample('main;idle', 5);
  await soon(() => expect(connected.all('status').at(-1)!.status.samples).toBe(12));
  connected.show({ paused: true });
  await soon(() => expect(connected.pictures().at(-1)).toMatchObject({ rootTotal: 7, rows: 6 }));
  connected.show();
  await soon(() => expect(connected.pictures().at(-1)).toMatchObject({ rootTotal: 12, rows: 6 }));
});

test('a large tree is collapsed in steps: rows, a brush and another switch on the way are not lost', async () => {
  connected.show();
  const offsets = 60_000;
  const library = connected.recording.module('/lib/libx.so');
  for (let offset = 0; offset < offsets; offset++) {
    const frame = connected.recording.frame(library, offset, FrameCategory.library);
    connected.recording.sample(connected.recording.stack([connected.recording.frameOf('main'), frame]), 1, offset % 2, connected.recording.thread(1, 'main'));
  }
  connected.peer.emit('rows', connected.recording.rows(2));
  await soon(() => expect(connected.pictures().at(-1)?.rootTotal).toBe(offsets));
  // The clock runs so fast that every step is one of many.
  let now = performance.now();
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 10));
  try {
    const collapse = { ...NOTHING_COLLAPSED, libraries: true, kernel: true };
    connected.show({ collapse: { ...collapse, recursion: true } });
    connected.sample('main', 1, 1);
    connected.show({ collapse });
    connected.show({ collapse, range: { from: 1, to: 2 } });
    await soon(() => expect(connected.pictures().at(-1)?.rootTotal).toBe(offsets / 2 + 1));
    expect(await connected.export('folded')).toBe(`main;main 1\nmain;main;libx.so ${offsets / 2}\n`);
    connected.show();
    await soon(() => expect(connected.pictures().at(-1)?.rootTotal).toBe(offsets + 1));
  } finally {
    clock.mockRestore();
  }
}, 30_000);
