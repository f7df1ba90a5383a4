// SPDX-License-Identifier: Apache-2.0
/** The whole worker with an engine at the other end of a real channel; only the thread is missing. */
import { MessageChannel } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { serveWindow, type WindowPeer } from '../../ipc/connection.ts';
import type { CallHandlers, CallName, EngineInfo } from '../../ipc/contract.ts';
import { FailureError } from '../../ipc/failure.ts';
import { portTransport } from '../../ipc/port-transport.ts';
import { NOTHING_COLLAPSED } from '../../profile/collapse.ts';
import { FrameCategory } from '../../profile/schema.ts';
import type { FromWorker, Picture, View } from './protocol.ts';
import { GrowingRecording, info } from './testing/engine-rows.ts';
import { WindowWorker } from './window-worker.ts';

type Of<T extends FromWorker['type']> = Extract<FromWorker, { type: T }>;

const engineInfo = {
  version: '0.1.0',
  shell: 'chromium',
  shellReason: '',
  user: 'somebody',
  uid: 1000,
  host: 'here',
  kernel: '6.1.0',
  cpus: 2,
  helper: { kind: 'direct' },
  hardwareCycles: false,
  cgroup: '/',
  recordingsFolder: '/tmp',
} satisfies EngineInfo;

const view: View = {
  recording: 1,
  width: 1000,
  zoom: 0,
  range: null,
  hiddenThreads: [],
  collapse: NOTHING_COLLAPSED,
  kinds: null,
  search: null,
  paused: false,
  selection: null,
};

let recording: GrowingRecording;
let worker: WindowWorker;
let peer: WindowPeer;
let posted: FromWorker[];
let subscriptions: number;
let isDrawing: boolean;
let handlers: CallHandlers;

const all = <T extends FromWorker['type']>(type: T) => posted.filter((message): message is Of<T> => message.type === type);
const pictures = (): Picture[] => all('picture').map(({ picture }) => picture);
/** Patient, since the machine may be busy. */
const soon = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 4000, interval: 20 });
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

beforeEach(async () => {
  recording = new GrowingRecording();
  const messages: FromWorker[] = (posted = []); // a worker of an earlier test may still say goodbye
  subscriptions = 0;
  isDrawing = true;
  const { port1, port2 } = new MessageChannel();
  handlers = {
    hello: () => engineInfo,
    start: () => info,
    close: () => undefined,
    stop: () => {
      throw new FailureError({ code: 'notLive', message: 'It has ended already.', remedy: '' });
    },
    subscribe: () => {
      subscriptions++;
      recording.fromTheBeginning();
      const rows = recording.rows();
      if (rows.segments.length > 0) peer.emit('rows', rows);
      return info;
    },
  } satisfies Partial<CallHandlers> as Partial<CallHandlers> as CallHandlers;
  peer = serveWindow(portTransport(port2), handlers);
  worker = new WindowWorker((message) => {
    messages.push(structuredClone(message));
    if (message.type === 'picture' && isDrawing) {
      queueMicrotask(() => worker.receive({ type: 'drawn', revision: message.picture.revision }));
    }
  });
  worker.receive({ type: 'connect', transport: { kind: 'port', port: port1 as unknown as MessagePort } });
  await soon(() => expect(all('connected')).toHaveLength(1));
  await call('start', { kind: 'demo' }, info.settings);
  await soon(() => expect(subscriptions).toBe(1));
  subscriptions = 0;
});

afterEach(() => peer.close());

let calls = 0;
async function call(name: CallName, ...args: unknown[]): Promise<FromWorker> {
  const number = ++calls;
  worker.receive({ type: 'call', call: number, name, arguments: args });
  const isReply = (message: FromWorker) =>
    (message.type === 'answer' || message.type === 'refusal') && message.call === number;
  return soon(() => posted.find(isReply) ?? Promise.reject(new Error('no reply')));
}

function sample(stack: string, weight: number, slice = 0): void {
  recording.samples(stack, weight, slice);
  peer.emit('rows', recording.rows(slice + 1));
}

async function nextPicture(): Promise<Picture> {
  const before = pictures().length;
  await soon(() => expect(pictures().length).toBeGreaterThan(before));
  return pictures().at(-1)!;
}

test('calls reach the engine, answers and refusals come back', async () => {
  expect(await call('hello')).toMatchObject({ type: 'answer', result: engineInfo });
  expect(await call('stop', 1)).toMatchObject({ type: 'refusal', failure: { code: 'notLive', message: 'It has ended already.' } });
  expect(await call('stop', 'x')).toMatchObject({ type: 'refusal', failure: { code: 'badCall' } });
});

test('events pass through, rows do not', async () => {
  peer.emit('recording', { info });
  peer.emit('failure', { id: null, failure: { code: 'x', message: 'y', remedy: 'z' } });
  peer.emit('processes', { processes: [] });
  sample('main', 1);
  await soon(() => expect(all('event').map(({ event }) => event.name)).toEqual(['recording', 'failure', 'processes']));
});

test('rows become a picture, a timeline, threads and a status', async () => {
  worker.receive({ type: 'view', view });
  expect(pictures()).toHaveLength(0);
  sample('main;work', 3);
  const picture = await nextPicture();
  expect(picture).toMatchObject({ recording: 1, rootTotal: 3, rows: 3 });
  const now = performance.timeOrigin + performance.now();
  expect(picture.newestRowAt).toBeGreaterThan(now - 5000);
  expect(picture.newestRowAt).toBeLessThanOrEqual(now);
  await soon(() => expect(all('threads').at(-1)?.threads).toMatchObject([{ tid: 1, share: 1 }]));
  expect(all('timeline').at(-1)!.timeline).toMatchObject({ recording: 1, firstSlice: 0, slicesPerColumn: 1, sliceEnd: 1 });
  expect([...all('timeline').at(-1)!.timeline.cpus]).toEqual([3]);
  expect(all('status').at(-1)!.status).toMatchObject({ samples: 3, callNodes: 2 });
  expect(all('details').at(-1)).toEqual({ type: 'details', details: null });
});

test('at most twenty pictures a second while rows arrive, at once when the view changes', async () => {
  worker.receive({ type: 'view', view });
  sample('main', 1);
  await nextPicture();
  const before = pictures().length;
  const started = performance.now();
  for (let slice = 1; performance.now() - started < 1000; slice++) {
    sample('main', 1, slice);
    await pause(10);
  }
  const sent = pictures().length - before;
  expect(sent).toBeGreaterThanOrEqual(4);
  expect(sent).toBeLessThanOrEqual(21);
  await pause(300);
  const quiet = pictures().length;
  await pause(300);
  expect(pictures().length).toBe(quiet);
  worker.receive({ type: 'view', view: { ...view, width: 500 } });
  expect(pictures().at(-1)!.width[0]).toBe(500);
});

test('no picture before the last one is drawn; then the newest only', async () => {
  isDrawing = false;
  worker.receive({ type: 'view', view });
  sample('main', 1);
  const first = await nextPicture();
  for (const width of [100, 200, 300]) worker.receive({ type: 'view', view: { ...view, width } });
  sample('main', 5);
  await pause(300);
  expect(pictures()).toHaveLength(1);
  worker.receive({ type: 'drawn', revision: first.revision - 1 });
  expect(pictures()).toHaveLength(1);
  worker.receive({ type: 'drawn', revision: first.revision });
  expect(pictures()).toHaveLength(2);
  expect(pictures()[1]).toMatchObject({ rootTotal: 6 });
  expect(pictures()[1]!.width[0]).toBe(300);
});

test('of views that come faster than pictures are drawn only the newest is computed', async () => {
  worker.receive({ type: 'view', view });
  sample('main', 1);
  sample('main', 2, 9);
  await soon(() => expect(pictures().at(-1)?.rootTotal).toBe(3));
  isDrawing = false;
  worker.receive({ type: 'view', view: { ...view, width: 900 } });
  const { length } = pictures();
  const before = all('threads').length;
  for (let from = 0; from < 10; from++) worker.receive({ type: 'view', view: { ...view, range: { from, to: 20 } } });
  expect(all('threads')).toHaveLength(before);
  worker.receive({ type: 'drawn', revision: pictures().at(-1)!.revision });
  expect(pictures()).toHaveLength(length + 1);
  expect(pictures().at(-1)!.rootTotal).toBe(2);
  expect(all('threads')).toHaveLength(before + 1);
});

test('a picture that is never drawn does not hold up another recording', async () => {
  isDrawing = false;
  worker.receive({ type: 'view', view });
  sample('main', 1);
  await nextPicture();
  worker.receive({ type: 'view', view: { ...view, recording: 2 } });
  recording.fromTheBeginning();
  peer.emit('rows', { ...recording.rows(1), id: 2 });
  expect((await nextPicture()).recording).toBe(2);
});

test('paused: the weights stay while zoom and search work; going on shows everything', async () => {
  worker.receive({ type: 'view', view });
  sample('main;work', 4);
  const { node, names, name } = await nextPicture();
  const work = node[names.indexOf('work') === -1 ? 0 : [...name].indexOf(names.indexOf('work'))]!;
  worker.receive({ type: 'view', view: { ...view, paused: true } });
  sample('main;idle', 6, 5);
  await soon(() => expect(all('status').at(-1)!.status.samples).toBe(10));
  expect(pictures().at(-1)!.rootTotal).toBe(4);
  worker.receive({ type: 'view', view: { ...view, paused: true, zoom: work, search: { pattern: 'work', ignoreCase: false } } });
  await pause(0);
  expect(pictures().at(-1)).toMatchObject({ rootTotal: 4, zoomTotal: 4, search: { share: 1, matches: 1 } });
  worker.receive({ type: 'view', view: { ...view, paused: true, range: { from: 0, to: 50 } } });
  await pause(0);
  expect(pictures().at(-1)!.rootTotal).toBe(4);
  worker.receive({ type: 'view', view });
  await pause(0);
  expect(pictures().at(-1)!.rootTotal).toBe(10);
});

test('a brush and hidden threads apply at once, to later rows, too', async () => {
  worker.receive({ type: 'view', view });
  sample('main', 1, 0);
  sample('main', 2, 10);
  await nextPicture();
  worker.receive({ type: 'view', view: { ...view, range: { from: 5, to: 20 } } });
  await pause(0);
  expect(pictures().at(-1)!.rootTotal).toBe(2);
  sample('main', 4, 15);
  sample('main', 8, 25);
  await soon(() => expect(all('status').at(-1)!.status.samples).toBe(15));
  await soon(() => expect(pictures().at(-1)!.rootTotal).toBe(6));
  worker.receive({ type: 'view', view: { ...view, hiddenThreads: [0] } });
  await pause(0);
  expect(pictures().at(-1)!.rootTotal).toBe(0);
  expect(Math.max(...all('timeline').at(-1)!.timeline.cpus)).toBe(0);
});

test('details come with the selection and follow the rows', async () => {
  worker.receive({ type: 'view', view });
  sample('main;work', 1);
  await nextPicture();
  worker.receive({ type: 'view', view: { ...view, selection: 3 } });
  expect(all('details').at(-1)!.details).toMatchObject({ node: 3, name: 'work', total: 1 });
  sample('main;work', 2);
  await soon(() => expect(all('details').at(-1)!.details).toMatchObject({ node: 3, total: 3 }));
});

test('a window that was reloaded gets all rows again', async () => {
  worker.receive({ type: 'view', view });
  sample('main;work', 1);
  await nextPicture();
  await call('subscribe', 1);
  const again = await nextPicture();
  expect(again.rootTotal).toBe(1);
});

test('what was started or opened is subscribed to; a refusal is said', async () => {
  handlers.subscribe = () => {
    throw new FailureError({ code: 'noSuchRecording', message: 'It is gone.', remedy: '' });
  };
  await call('start', { kind: 'demo' }, info.settings);
  await soon(() => expect(all('event')[0]?.event).toMatchObject({ name: 'failure', payload: { id: 1, failure: { message: 'It is gone.' } } }));
});

test('missing rows are asked for again; a stream that never fits ends with words', async () => {
  worker.receive({ type: 'view', view });
  sample('main;work', 1);
  await nextPicture();
  recording.samples('main', 2);
  recording.rows(); // lost on the way
  sample('main', 4);
  await soon(() => expect(subscriptions).toBe(1));
  await soon(() => expect(pictures().at(-1)!.rootTotal).toBe(7));
  for (let round = 0; round < 3; round++) {
    recording.samples('main', 1);
    recording.rows();
    sample('main', 1);
    await pause(100);
  }
  await soon(() => expect(all('event').at(-1)?.event).toMatchObject({ name: 'failure', payload: { id: 1, failure: { code: 'rowsMissing' } } }));
  expect(subscriptions).toBe(3);
});

test('a closed recording is forgotten, rows on the way included', async () => {
  worker.receive({ type: 'view', view });
  sample('main;work', 1);
  await nextPicture();
  await call('close', 1);
  const before = pictures().length;
  recording.fromTheBeginning();
  sample('main;work', 1);
  await pause(300);
  expect(pictures()).toHaveLength(before);
});

test('an export holds what is shown: range, threads, zoom, and nothing that came during a pause', async () => {
  worker.receive({ type: 'view', view });
  sample('main;x+0x10', 3);
  sample('main;idle', 2);
  sample('start', 4, 9);
  await nextPicture();
  await soon(() => expect(pictures().at(-1)!.rootTotal).toBe(9));
  let requests = 0;
  const exported = (format: 'svg' | 'folded') => {
    worker.receive({ type: 'export', request: ++requests, format, title: 'A <title>' });
    return all('exported').find(({ request }) => request === requests)!.content;
  };
  const { node, names, name, count } = pictures().at(-1)!;
  const at = [...Array(count).keys()].find((frame) => names[name[frame]!] === 'main')!;
  expect(exported('folded')).toBe('main;main;idle 2\nmain;main;x+0x10 3\nmain;start 4\n');
  worker.receive({ type: 'view', view: { ...view, zoom: node[at]! } });
  expect(exported('folded')).toBe('main;main;idle 2\nmain;main;x+0x10 3\n');
  worker.receive({ type: 'view', view: { ...view, paused: true, range: { from: 0, to: 5 } } });
  sample('main;idle', 10, 1);
  recording.symbol(recording.frameOf('x+0x10'), 'named', 0, recording.module('/lib/x'));
  sample('main;x+0x10', 10, 1);
  await soon(() => expect(all('status').at(-1)!.status.samples).toBe(29));
  expect(exported('folded')).toBe('main;main;idle 2\nmain;main;x+0x10 3\n');
  const svg = exported('svg');
  expect(svg).toMatch(/^<\?xml|^<svg/);
  expect(svg).toContain('A &lt;title&gt;');
  expect(svg).toContain('idle');
  worker.receive({ type: 'view', view });
  expect(exported('folded')).toBe('main;main;idle 12\nmain;main;named 13\nmain;start 4\n');
});

test('what is collapsed applies at once, to later rows and names, during a pause and in exports', async () => {
  const collapse = { ...NOTHING_COLLAPSED, recursion: true };
  worker.receive({ type: 'view', view });
  sample('main;work;work', 3);
  await nextPicture();
  worker.receive({ type: 'view', view: { ...view, collapse } });
  await soon(() => expect(pictures().at(-1)).toMatchObject({ rootTotal: 3, rows: 3 }));
  sample('main;work;work;work;x+0x10', 4);
  await soon(() => expect(pictures().at(-1)).toMatchObject({ rootTotal: 7, rows: 4 }));
  recording.symbol(recording.frameOf('x+0x10'), 'work', 0, recording.module('/lib/program'));
  peer.emit('rows', recording.rows(1));
  await soon(() => expect(pictures().at(-1)).toMatchObject({ rootTotal: 7, rows: 3 }));
  const exported = (format: 'svg' | 'folded') => {
    worker.receive({ type: 'export', request: 1, format, title: '' });
    return all('exported').at(-1)!.content;
  };
  expect(exported('folded')).toBe('main;main;work 7\n');
  expect(exported('svg')).toContain('recursion collapsed');
  worker.receive({ type: 'view', view: { ...view, collapse, paused: true } });
  sample('main;idle', 5);
  await soon(() => expect(all('status').at(-1)!.status.samples).toBe(12));
  worker.receive({ type: 'view', view: { ...view, paused: true } });
  await soon(() => expect(pictures().at(-1)).toMatchObject({ rootTotal: 7, rows: 6 }));
  worker.receive({ type: 'view', view });
  await soon(() => expect(pictures().at(-1)).toMatchObject({ rootTotal: 12, rows: 6 }));
});

test('a large tree is collapsed in steps: rows, a brush and another switch on the way are not lost', async () => {
  worker.receive({ type: 'view', view });
  const offsets = 60_000;
  const library = recording.module('/lib/libx.so');
  for (let offset = 0; offset < offsets; offset++) {
    const frame = recording.frame(library, offset, FrameCategory.library);
    recording.sample(recording.stack([recording.frameOf('main'), frame]), 1, offset % 2, recording.thread(1, 'main'));
  }
  peer.emit('rows', recording.rows(2));
  await soon(() => expect(pictures().at(-1)?.rootTotal).toBe(offsets));
  // The clock runs so fast that every step is one of many.
  let now = performance.now();
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 10));
  try {
    const collapse = { ...NOTHING_COLLAPSED, libraries: true, kernel: true };
    worker.receive({ type: 'view', view: { ...view, collapse: { ...collapse, recursion: true } } });
    sample('main', 1, 1);
    worker.receive({ type: 'view', view: { ...view, collapse } });
    worker.receive({ type: 'view', view: { ...view, collapse, range: { from: 1, to: 2 } } });
    await soon(() => expect(pictures().at(-1)?.rootTotal).toBe(offsets / 2 + 1));
    worker.receive({ type: 'export', request: 2, format: 'folded', title: '' });
    expect(all('exported').at(-1)!.content).toBe(`main;main 1\nmain;main;libx.so ${offsets / 2}\n`);
    worker.receive({ type: 'view', view });
    await soon(() => expect(pictures().at(-1)?.rootTotal).toBe(offsets + 1));
  } finally {
    clock.mockRestore();
  }
}, 30_000);

test('an engine that goes away is said so', async () => {
  peer.close('The engine is going down.');
  await soon(() => expect(all('disconnected')).toEqual([{ type: 'disconnected', reason: 'The engine is going down.' }]));
  expect(await call('hello')).toMatchObject({ type: 'refusal', failure: { code: 'disconnected' } });
});
