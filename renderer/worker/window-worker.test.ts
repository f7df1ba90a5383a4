// SPDX-License-Identifier: Apache-2.0
/** What the worker passes between window and engine: calls, events, rows that are missing or of nobody, exports. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FailureError } from '../../ipc/failure.ts';
import { ConnectedWorker, engineInfo, pause, soon } from './testing/connected-worker.ts';
import { info } from './testing/engine-rows.ts';

let connected: ConnectedWorker;
beforeEach(async () => {
  connected = await ConnectedWorker.open();
});
afterEach(() => connected.close());

test('calls reach the engine, answers and refusals come back', async () => {
  expect(await connected.call('hello')).toMatchObject({ type: 'answer', result: engineInfo });
  expect(await connected.call('stop', 1)).toMatchObject({ type: 'refusal', failure: { code: 'notLive', message: 'It has ended already.' } });
  expect(await connected.call('stop', 'x')).toMatchObject({ type: 'refusal', failure: { code: 'badCall' } });
});

test('events pass through, rows do not', async () => {
  connected.peer.emit('recording', { info });
  connected.peer.emit('failure', { id: null, failure: { code: 'x', message: 'y', remedy: 'z' } });
  connected.peer.emit('processes', { processes: [] });
  connected.sample('main', 1);
  await soon(() => expect(connected.all('event').map(({ event }) => event.name)).toEqual(['recording', 'failure', 'processes']));
});

test('a window that was reloaded gets all rows again', async () => {
  connected.show();
  connected.sample('main;work', 1);
  await connected.nextPicture();
  await connected.call('subscribe', 1);
  const again = await connected.nextPicture();
  expect(again.rootTotal).toBe(1);
});

test('what was started or opened is subscribed to; a refusal is said', async () => {
  connected.handlers.subscribe = () => {
    throw new FailureError({ code: 'noSuchRecording', message: 'It is gone.', remedy: '' });
  };
  await connected.call('start', { kind: 'demo' }, info.settings);
  await soon(() => expect(connected.all('event')[0]?.event).toMatchObject({ name: 'failure', payload: { id: 1, failure: { message: 'It is gone.' } } }));
});

test('missing rows are asked for again; a stream that never fits ends with words', async () => {
  connected.show();
  connected.sample('main;work', 1);
  await connected.nextPicture();
  connected.recording.samples('main', 2);
  connected.recording.rows(); // lost on the way
  connected.sample('main', 4);
  await soon(() => expect(connected.subscriptions).toBe(1));
  await soon(() => expect(connected.pictures().at(-1)!.rootTotal).toBe(7));
  for (let round = 0; round < 3; round++) {
    connected.recording.samples('main', 1);
    connected.recording.rows();
    connected.sample('main', 1);
    await pause(100);
  }
  await soon(() => expect(connected.all('event').at(-1)?.event).toMatchObject({ name: 'failure', payload: { id: 1, failure: { code: 'rowsMissing' } } }));
  expect(connected.subscriptions).toBe(3);
});

test('a closed recording is forgotten, rows on the way included', async () => {
  connected.show();
  connected.sample('main;work', 1);
  await connected.nextPicture();
  await connected.call('close', 1);
  const before = connected.pictures().length;
  connected.recording.fromTheBeginning();
  connected.sample('main;work', 1);
  await pause(300);
  expect(connected.pictures()).toHaveLength(before);
});

test('an export holds what is shown: range, threads, zoom, and nothing that came during a pause', async () => {
  connected.show();
  connected.sample('main;x+0x10', 3);
  connected.sample('main;idle', 2);
  connected.sample('start', 4, 9);
  await connected.nextPicture();
  await soon(() => expect(connected.pictures().at(-1)!.rootTotal).toBe(9));
  const { node, names, name, count } = connected.pictures().at(-1)!;
  const at = [...Array(count).keys()].find((frame) => names[name[frame]!] === 'main')!;
  expect(await connected.export('folded')).toBe('main;main;idle 2\nmain;main;x+0x10 3\nmain;start 4\n');
  connected.show({ zoom: node[at]! });
  expect(await connected.export('folded')).toBe('main;main;idle 2\nmain;main;x+0x10 3\n');
  connected.show({ paused: true, range: { from: 0, to: 5 } });
  connected.sample('main;idle', 10, 1);
  connected.recording.symbol(connected.recording.frameOf('x+0x10'), 'named', 0, connected.recording.module('/lib/x'));
  connected.sample('main;x+0x10', 10, 1);
  await soon(() => expect(connected.all('status').at(-1)!.status.samples).toBe(29));
  expect(await connected.export('folded')).toBe('main;main;idle 2\nmain;main;x+0x10 3\n');
  const svg = await connected.export('svg', 'A <title>');
  expect(svg).toMatch(/^<\?xml|^<svg/);
  expect(svg).toContain('A &lt;title&gt;');
  expect(svg).toContain('idle');
  connected.show();
  expect(await connected.export('folded')).toBe('main;main;idle 12\nmain;main;named 13\nmain;start 4\n');
});

test('an export is written elsewhere: it can be ended, and what goes wrong is said', async () => {
  connected.show();
  connected.sample('main;idle', 2);
  await connected.nextPicture();
  expect(await connected.export('pprof')).toBeInstanceOf(Uint8Array);
  expect(connected.exportThread!.isTerminated).toBe(true);

  connected.holdsExports = true;
  connected.worker.receive({ type: 'export', request: 71, format: 'svg', title: 'x' });
  const thread = connected.exportThread!;
  connected.sample('main;idle', 3);
  await soon(() => expect(connected.pictures().at(-1)!.rootTotal).toBe(5));
  expect(thread.isTerminated).toBe(false);
  connected.worker.receive({ type: 'cancelExport', request: 71 });
  expect(thread.isTerminated).toBe(true);

  connected.worker.receive({ type: 'export', request: 72, format: 'svg', title: 'x' });
  connected.exportThread!.answer({ problem: 'Invalid string length' });
  await soon(() => expect(connected.all('refusal').at(-1)).toMatchObject({ call: 72, failure: { code: 'exportFailed', message: 'The file could not be written: Invalid string length.' } }));
  expect(connected.all('exported')).toHaveLength(1);
});

test('an engine that goes away is said so', async () => {
  connected.peer.close('The engine is going down.');
  await soon(() => expect(connected.all('disconnected')).toEqual([{ type: 'disconnected', reason: 'The engine is going down.' }]));
  expect(await connected.call('hello')).toMatchObject({ type: 'refusal', failure: { code: 'disconnected' } });
});
