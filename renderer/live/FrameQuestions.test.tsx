// SPDX-License-Identifier: Apache-2.0
// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest';
import { click, openWindow, painted, render, update } from '../testing/window.tsx';
import { Inspector } from './Inspector.tsx';

let end = () => Promise.resolve();
afterEach(async () => {
  await end();
  vi.useRealTimers();
});

async function inspector(name: string) {
  const opened = await openWindow();
  opened.session.resize(800);
  await opened.session.start({ kind: 'demo' });
  opened.worker.tick(40);
  const selection = opened.worker.nodeNamed(name);
  await update(() => opened.session.navigate((navigation) => ({ ...navigation, selection })));
  const rendered = await render(opened.session, <Inspector />);
  end = rendered.end;
  const button = (text: string) => [...rendered.element.querySelectorAll('button')].find((each) => each.textContent!.trim().startsWith(text))!;
  return { ...opened, element: rendered.element, button };
}

test('from the frame to its live histogram, in a recording beside the one that is shown', async () => {
  vi.useFakeTimers();
  const { element, button, worker, store } = await inspector('ExecHashJoin');
  await click(button('Measure latency'));
  const { id } = store.getState().recording!;
  const calls = worker.sent.filter((message) => message.type === 'call').slice(-2);
  expect(calls.map(({ name }) => name)).toEqual(['startProbes', 'attachProbe']);
  expect(calls[0]!.arguments).toEqual([{ kind: 'recording', id }]);
  expect(calls[1]!.arguments[1]).toMatchObject({ kind: 'user', name: 'ExecHashJoin', module: '/usr/lib/postgresql/15/bin/postgres', measure: { kind: 'latency' } });
  await update(() => worker.probes.tick(100));
  await update(() => void vi.advanceTimersByTime(1000));
  expect(element.querySelector('.companion')!.textContent).toMatch(/calls.*p50 \d/);
  const drawn = painted.findLast((message) => message.type === 'histogram' && message.change.histogram != null);
  expect(drawn).toBeDefined();
  // The second question needs no other recording.
  await click(button('Count'));
  expect(worker.sent.filter((message) => message.type === 'call').at(-1)!.name).toBe('attachProbe');
  expect(store.getState().recording!.id).toBe(id);
  await click(button('Open on the Functions screen'));
  expect(store.getState().screen).toBe('functions');
  expect(store.getState().probing.selected).toBe(1);
});

test('hits appear beside the frame', async () => {
  vi.useFakeTimers();
  const { element, button, worker } = await inspector('vfs_read');
  await click(button('Trace'));
  await update(() => worker.probes.tick(100));
  await update(() => void vi.advanceTimersByTime(1000));
  expect(element.querySelectorAll('.companion-events li').length).toBe(8);
  expect(element.querySelector('.companion-events')!.textContent).toContain('clone_flags');
});

test.each([
  ['BufferIsPinned', /^It was inlined into \w+/],
  ['evalexpr_0_0', /compiled at run time/],
  ['[anonymous]+0x7f31c0', /no name/],
])('%s cannot be measured, and the button says why', async (name, why) => {
  const { element, button } = await inspector(name);
  expect(button('Measure latency').disabled).toBe(true);
  expect(button('Measure latency').title).toMatch(why);
  expect(element.querySelector('#why-not-asked')!.textContent).toMatch(why);
});
