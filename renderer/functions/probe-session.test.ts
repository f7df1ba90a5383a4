// SPDX-License-Identifier: Apache-2.0
// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import { openWindow, settle, update } from '../testing/window.tsx';

async function functionsScreen() {
  const opened = await openWindow();
  opened.store.setState({ screen: 'functions' });
  const calls = () => opened.worker.sent.flatMap((message) => (message.type === 'call' && /[pP]robe|close/.test(message.name) ? [[message.name, message.arguments[0]]] : []));
  const request = (name: string) => opened.session.probes.request({ kind: 'kernel', name, module: '' })!;
  return { ...opened, calls, request };
}

test('the first probe starts a recording, of the whole system where nothing else was chosen; the second one is attached to it', async () => {
  const { session, store, calls, request } = await functionsScreen();
  // Both at once, as from two clicks.
  const both = [session.probes.attach(request('vfs_read')), session.probes.attach(request('vfs_write'))];
  await Promise.all(both);
  expect(calls()).toEqual([['startProbes', { kind: 'system' }], ['attachProbe', 1000], ['attachProbe', 1000]]);
  expect(store.getState().probing.probes.map(({ title }) => title)).toEqual(['vfs_read', 'vfs_write']);
  expect(store.getState().probing.selected).toBe(1);
});

test('what is asked while another target is being taken is asked of that one; what was measured is asked about', async () => {
  const { session, store, worker, calls, request } = await functionsScreen();
  await session.probes.attach(request('vfs_read'));
  worker.probes.tick(10);
  await settle();
  const target = { kind: 'processes' as const, processes: [{ tgid: 4121, startTicks: 7 }] };
  void session.begin(target, 'postgres 4121');
  const attached = session.probes.attach(request('vfs_write'));
  await settle();
  store.getState().keepQuestion!.answer('discard');
  await attached;
  expect(calls().slice(2)).toEqual([['close', 1000], ['startProbes', target], ['attachProbe', 1001]]);
  expect(store.getState().probing.target?.title).toBe('postgres 4121');
});

test('who cancels stays where he was', async () => {
  const { session, store, worker, calls, request } = await functionsScreen();
  await session.probes.attach(request('vfs_read'));
  worker.probes.tick(10);
  await settle();
  void session.begin({ kind: 'system' }, 'Whole system');
  await settle();
  store.getState().keepQuestion!.answer('cancel');
  await settle();
  expect(calls().length).toBe(2);
  expect(store.getState().probing.recording?.id).toBe(1000);
});

test('beside a live recording its processes are asked, and its flame graph comes back as it was', async () => {
  const { session, store, calls, request } = await functionsScreen();
  store.setState({ screen: 'live' });
  session.resize(800);
  await session.start({ kind: 'demo' });
  session.navigate((navigation) => ({ ...navigation, zoom: 3, pattern: 'hash' }));
  store.setState({ screen: 'functions' });
  await session.probes.attach(request('vfs_read'));
  expect(calls()).toEqual([['startProbes', { kind: 'recording', id: store.getState().recording!.id }], ['attachProbe', 1000]]);
  session.probes.change((probing) => ({ ...probing, tab: 'stack' }));
  expect(store.getState().navigation).toMatchObject({ zoom: 0, pattern: '' });
  store.setState({ screen: 'live' });
  expect(store.getState().navigation).toMatchObject({ zoom: 3, pattern: 'hash' });
});

test('"slower than" that is no length of time asks nothing; of a tracepoint no duration is asked', async () => {
  const { session } = await functionsScreen();
  const options = (slowerThan: string) => session.probes.change((probing) => ({ ...probing, options: { ...probing.options, slowerThan } }));
  options('soon');
  expect(session.probes.request({ kind: 'kernel', name: 'vfs_read', module: '' })).toBeNull();
  options('1 ms');
  expect(session.probes.request({ kind: 'kernel', name: 'vfs_read', module: '' })).toMatchObject({ measure: { kind: 'latency' }, leastNs: 1e6, events: false });
  expect(session.probes.request({ kind: 'tracepoint', name: 'sched:sched_switch', module: '' })).toMatchObject({ measure: { kind: 'count' }, leastNs: 0 });
  session.probes.change((probing) => ({ ...probing, options: { ...probing.options, onlyWhere: 'return < 0' } }));
  expect(session.probes.request({ kind: 'user', name: 'read', module: '/bin/a' })).toMatchObject({ filter: { argument: 0, test: 'below', value: '0' } });
  expect(session.probes.request({ kind: 'tracepoint', name: 'sched:sched_switch', module: '' })).toMatchObject({ filter: null });
  session.probes.change((probing) => ({ ...probing, options: { ...probing.options, onlyWhere: 'count > 1' } }));
  expect(session.probes.request({ kind: 'kernel', name: 'vfs_read', module: '' })).toBeNull();
  session.probes.change((probing) => ({ ...probing, options: { ...probing.options, onlyWhere: '' }, tab: 'events' }));
  expect(session.probes.request({ kind: 'kernel', name: 'vfs_read', module: '' })).toMatchObject({ events: true });
});

test('a probe that was detached because of its cost is told wherever one is; one that was asked for is not', async () => {
  const { session, store, worker, request } = await functionsScreen();
  await session.probes.attach(request('vfs_read'));
  await session.probes.attach(request('vfs_write'));
  await session.probes.detach(1);
  await settle();
  expect(store.getState().toasts).toEqual([]);
  worker.probes.detach(0, 'It cost 7 % of one CPU.');
  await settle();
  expect(store.getState().toasts).toMatchObject([{ message: 'vfs_read was detached.', detail: 'It cost 7 % of one CPU.' }]);
});

test('a recording that is compared stays open when another takes its place', async () => {
  const { session, store, calls, request } = await functionsScreen();
  await session.probes.attach(request('vfs_read'));
  await update(() => session.compare.chooseProbed('a'));
  expect(store.getState().comparing.a).toMatchObject([{ recording: 1000, range: null, hiddenThreads: [] }]);
  await session.begin({ kind: 'processes', processes: [{ tgid: 4121, startTicks: 7 }] }, 'postgres 4121');
  expect(calls().map(([name]) => name)).not.toContain('close');
  await update(() => session.compare.chooseProbed('a'));
  expect(calls().filter(([name]) => name === 'close')).toEqual([['close', 1000]]);
});
