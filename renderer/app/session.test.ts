// SPDX-License-Identifier: Apache-2.0
// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest';
import { NOTHING_COLLAPSED } from '../../profile/collapse.ts';
import { openWindow, settle } from '../testing/window.tsx';
import type { FakeWorker } from '../testing/fake-worker.ts';
import { pictureFromText } from '../testing/text-picture.ts';
import { zoomTo } from './navigation.ts';
import { exportRecording, openRecordingFile, PIECE_BYTES } from './transfers.ts';

const calls = (worker: FakeWorker, name: string) => worker.sent.filter((message) => message.type === 'call' && message.name === name);
const views = (worker: FakeWorker) => worker.sent.flatMap((message) => (message.type === 'view' ? [message.view] : []));
const postgres = { kind: 'processes', processes: [{ tgid: 4121, startTicks: 7 }] } as const;
const target = { ...postgres, processes: [...postgres.processes] };

async function started(scenario = {}) {
  const opened = await openWindow(scenario);
  opened.session.resize(800);
  await opened.session.start(target);
  await settle();
  return opened;
}

afterEach(() => vi.restoreAllMocks());

test('a remembered choice of cycles is left aside where no counter is', async () => {
  const { worker, store, session } = await openWindow({});
  session.setSettings({ ...store.getState().settings, event: 'cycles' });
  await session.start(target);
  store.setState({ engine: { ...store.getState().engine!, hardwareCycles: true }, recording: null });
  await session.start(target);
  expect(calls(worker, 'start').map((call) => (call as { arguments: unknown[] }).arguments[1])).toMatchObject([{ event: 'cpuClock' }, { event: 'cycles' }]);
});

test('starts with the settings, and shows what comes', async () => {
  const { worker, store } = await started();
  expect(calls(worker, 'start')[0]).toMatchObject({ arguments: [target, { frequency: 99, children: true, kernelStacks: true }] });
  expect(store.getState().recording?.target).toBe('postgres 4121');
  worker.tick(3);
  await settle();
  expect(store.getState().status?.samples).toBe(360);
  expect(store.getState()).toMatchObject({ drawn: true, blank: false, path: [{ node: 0, name: 'all' }] });
});

test('what was shown before a reload comes back, on the screen that was chosen meanwhile', async () => {
  const { worker, store } = await started();
  const { recording } = store.getState();
  store.setState({ recording: null, screen: 'live' });
  worker.kept = [recording!];
  worker.emit({ type: 'connected' });
  store.setState({ screen: 'functions' });
  await settle();
  expect(store.getState()).toMatchObject({ recording, screen: 'functions' });
});

test('what a crash left is offered once, shown when it is asked for, and asked about before it is left', async () => {
  const { worker, session, store } = await started();
  const shown = store.getState().recording!;
  const left = { ...shown, id: 7, target: 'nginx 12', isLeft: true, state: { kind: 'finished', reason: 'unexpected', message: 'It ended unexpectedly.' } as const };
  const change = { type: 'event', event: { name: 'recording', payload: { info: left } } } as const;
  worker.emit(change);
  worker.emit(change);
  await settle();
  const [toast, ...more] = store.getState().toasts;
  expect([toast!.message, more]).toEqual(['The recording of “nginx 12” ended unexpectedly.', []]);
  expect(store.getState().recording).toBe(shown);
  worker.kept = [left];
  toast!.action!.run();
  await settle();
  expect(store.getState()).toMatchObject({ recording: { id: 7 }, opened: false });
  // Nobody has kept it: to leave it for another one is a question.
  worker.tick(1);
  await settle();
  void session.start(target);
  await settle();
  expect(store.getState().keepQuestion).toMatchObject({ target: 'nginx 12' });
});

test('what a crash left is not thrown away by staying with what is shown', async () => {
  const { worker, store } = await started();
  worker.tick(1);
  await settle();
  const shown = store.getState().recording!;
  const left = { ...shown, id: 7, target: 'nginx 12', isLeft: true, state: { kind: 'finished', reason: 'unexpected', message: 'It ended unexpectedly.' } as const };
  worker.emit({ type: 'event', event: { name: 'recording', payload: { info: left } } });
  await settle();
  worker.kept = [left];
  store.getState().toasts[0]!.action!.run();
  await settle();
  store.getState().keepQuestion!.answer('cancel');
  await settle();
  expect(store.getState().recording).toBe(shown);
  expect(calls(worker, 'close')).toEqual([]);
  expect(store.getState().toasts.at(-1)!.message).toBe('The recording of “nginx 12” ended unexpectedly.');
});

test('every step of navigation is sent as one whole view', async () => {
  const { worker, session } = await started();
  session.navigate((navigation) => zoomTo({ ...navigation, selection: 3, pattern: 'hash' }, 2));
  expect(views(worker).at(-1)).toEqual({
    recording: 1, width: 800, zoom: 2, range: null, hiddenThreads: [], collapse: NOTHING_COLLAPSED, kinds: null, search: { pattern: 'hash', ignoreCase: true }, paused: false, selection: 3,
  });
});

test('zoom, selection and search survive updates', async () => {
  const { worker, session, store } = await started();
  worker.tick(2);
  session.navigate((navigation) => zoomTo({ ...navigation, selection: 2, pattern: 'Portal' }, 2));
  await settle();
  const before = store.getState().navigation;
  worker.tick(5);
  await settle();
  expect(store.getState().navigation).toBe(before);
  expect(store.getState().details?.node).toBe(2);
  expect(store.getState().path.at(-1)?.node).toBe(2);
});

test('a refused start is kept with its remedy, and nothing is shown', async () => {
  const startFailure = { code: 'noSuchProcess', message: 'Process 4121 is gone.', remedy: 'Pick another.' };
  const { store } = await started({ startFailure });
  expect(store.getState()).toMatchObject({ failure: startFailure, recording: null, busy: null });
});

test.each([
  ['cancel', [1, 0, 0]],
  ['discard', [2, 0, 1]],
  ['save', [2, 1, 1]],
] as const)('leaving an unsaved recording asks: %s', async (choice, [starts, saved, closed]) => {
  const { worker, session, store } = await started();
  worker.tick();
  await settle();
  const again = session.start({ kind: 'system' });
  await settle();
  store.getState().keepQuestion!.answer(choice);
  await again;
  await settle();
  expect(store.getState().keepQuestion).toBeNull();
  expect([calls(worker, 'start').length, calls(worker, 'save').length, calls(worker, 'close').length]).toEqual([starts, saved, closed]);
});

test('a recording without samples, or a saved one, is left without asking', async () => {
  const { worker, session, store } = await started();
  await session.start({ kind: 'system' });
  worker.tick();
  await settle();
  await session.save('kept');
  await session.start({ kind: 'demo' });
  expect(store.getState().keepQuestion).toBeNull();
  expect(calls(worker, 'start')).toHaveLength(3);
});

test('a picture of a recording that is no longer shown is passed over, and acknowledged', async () => {
  const { worker, session, store } = await started();
  worker.emit({ type: 'picture', picture: { ...pictureFromText('all 10'), recording: 77, revision: 5 } });
  await settle();
  expect(session.feeds.picture.latest?.recording).not.toBe(77);
  expect(store.getState().drawn).toBe(session.feeds.picture.latest !== null);
  // The worker waits for it before it sends the next.
  expect(worker.sent).toContainEqual({ type: 'drawn', revision: 5 });
});

test.each(['failure first', 'end first'])('why a recording ended is said once: %s', async (order) => {
  const { worker, store } = await started();
  const message = 'The helper ended in the middle of the recording.';
  const finish = () => worker.finish({ kind: 'finished', reason: 'helperFailed', message });
  const fail = (id: number | null) =>
    worker.emit({ type: 'event', event: { name: 'failure', payload: { id, failure: { code: 'helperFailed', message, remedy: '' } } } });
  if (order === 'end first') finish();
  fail(1);
  if (order === 'failure first') finish();
  fail(99); // of a recording that is not shown
  await settle();
  expect(store.getState().recording?.state.kind).toBe('finished');
  expect(store.getState().toasts).toEqual([]);
  fail(null);
  await settle();
  expect(store.getState().toasts).toMatchObject([{ kind: 'failure', message }]);
});

test('a file goes up in pieces and is opened; what is not one is refused in words', async () => {
  const { worker, session, store } = await openWindow();
  session.resize(800);
  await openRecordingFile(session, new File([new Uint8Array(PIECE_BYTES + 5)], 'big.ember'));
  const pieces = calls(worker, 'upload').map((message) => (message.type === 'call' ? (message.arguments[1] as Uint8Array).length : 0));
  expect(pieces).toEqual([PIECE_BYTES, 5]);
  expect(store.getState().recording?.state).toMatchObject({ kind: 'finished', reason: 'opened' });
  expect(store.getState().transfer).toBeNull();
  // It lies where it lay: leaving it takes no question.
  worker.tick();
  await session.start(target);
  expect(store.getState()).toMatchObject({ keepQuestion: null, opened: false });

  const other = await openWindow();
  await openRecordingFile(other.session, new File([], 'empty.ember'));
  expect(other.store.getState().failure?.message).toBe('empty.ember is not a recording.');
});

test('what the window was opened for is shown at once', async () => {
  const { worker, store } = await openWindow({ named: { upload: 3, name: 'yesterday.ember' } });
  await vi.waitFor(() => expect(store.getState().recording?.state).toMatchObject({ kind: 'finished', reason: 'opened' }));
  expect(calls(worker, 'openUpload')).toMatchObject([{ arguments: [3, 'yesterday.ember'] }]);
  expect(store.getState()).toMatchObject({ opened: true, transfer: null, busy: null, screen: 'live' });
});

test('an upload that is cancelled opens nothing', async () => {
  const { worker, session, store } = await openWindow();
  const end = store.subscribe(({ transfer }) => transfer !== null && transfer.doneBytes !== 0 && transfer.cancel());
  await openRecordingFile(session, new File([new Uint8Array(3 * PIECE_BYTES)], 'big.ember'));
  end();
  expect(calls(worker, 'upload')).toHaveLength(1);
  expect(calls(worker, 'openUpload')).toHaveLength(0);
  expect(calls(worker, 'dropUpload')).toHaveLength(1);
  expect(store.getState()).toMatchObject({ recording: null, transfer: null, busy: null });
});

test('exports arrive as files named after the target', async () => {
  const { worker, session } = await started();
  worker.tick();
  await settle();
  const names: string[] = [];
  vi.spyOn(URL, 'createObjectURL').mockReturnValue('blob:x');
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    names.push(this.download);
  });
  for (const format of ['svg', 'folded', 'pprof', 'speedscope', 'ember'] as const) await exportRecording(session, format);
  expect(names).toEqual(['postgres-4121.svg', 'postgres-4121.folded', 'postgres-4121.pb.gz', 'postgres-4121.speedscope.json', 'postgres-4121.ember']);
  expect(calls(worker, 'readFile').map((message) => message.type === 'call' && message.arguments[1])).toEqual([0, 1024]);
});

test('an export that takes long shows progress, and can be cancelled', async () => {
  const { store, worker, session } = await started();
  worker.tick();
  await settle();
  worker.holdsExports = true;
  vi.useFakeTimers();
  const exported = exportRecording(session, 'html');
  vi.advanceTimersByTime(400);
  expect(store.getState().transfer).toBeNull();
  vi.advanceTimersByTime(200);
  expect(store.getState().transfer).toMatchObject({ title: 'Exporting postgres 4121', doneBytes: null });
  store.getState().transfer!.cancel();
  vi.useRealTimers();
  await exported;
  expect(store.getState().transfer).toBeNull();
  expect(worker.sent.at(-1)).toMatchObject({ type: 'cancelExport' });
  expect(store.getState().toasts).toEqual([]);
});
