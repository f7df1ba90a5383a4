// SPDX-License-Identifier: Apache-2.0
// @vitest-environment happy-dom
import { afterEach, expect, test } from 'vitest';
import { click, openWindow, render, settle, update } from '../testing/window.tsx';
import { Header } from './Header.tsx';

let end = () => Promise.resolve();
afterEach(() => end());

async function header() {
  const opened = await openWindow();
  opened.session.resize(800);
  await opened.session.start({ kind: 'demo' });
  opened.worker.tick(10);
  await settle();
  const rendered = await render(opened.session, <Header />);
  end = rendered.end;
  const { element } = rendered;
  const button = (name: string) => [...element.querySelectorAll('button')].find((each) => each.textContent === name);
  return { ...opened, button, state: () => element.querySelector('.state')!.textContent };
}

test('pause stops the picture only; the view says so', async () => {
  const { worker, button, state } = await header();
  expect(state()).toBe('LIVE 00:02');
  await click(button('Pause')!);
  expect(state()).toBe('PAUSED 00:02');
  expect(worker.sent.findLast((message) => message.type === 'view')).toMatchObject({ view: { paused: true } });
  expect(worker.sent.some((message) => message.type === 'call' && message.name === 'stop')).toBe(false);
  await click(button('Resume')!);
  expect(state()).toBe('LIVE 00:02');
});

test('stop, and start again on the same target', async () => {
  const { worker, store, button, state } = await header();
  await click(button('Stop')!);
  expect(state()).toBe('Finished 00:02 · stopped');
  expect([button('Pause'), button('Stop')]).toEqual([undefined, undefined]);
  await click(button('Start again')!);
  await update(() => store.getState().keepQuestion!.answer('discard'));
  const starts = worker.sent.flatMap((message) => (message.type === 'call' && message.name === 'start' ? [message.arguments[0]] : []));
  expect(starts).toEqual([{ kind: 'demo' }, { kind: 'demo' }]);
});

test('a picture that was paused when the recording ended can be let go', async () => {
  const { store, worker, button } = await header();
  await click(button('Pause')!);
  await click(button('Stop')!);
  expect(store.getState().recording!.state.kind).toBe('finished');
  await click(button('Show the rest')!);
  expect(worker.sent.findLast((message) => message.type === 'view')).toMatchObject({ view: { paused: false } });
  expect(button('Pause')).toBeUndefined();
});

test('without the engine it does not claim to be live', async () => {
  const { worker, button, state } = await header();
  await update(() => worker.disconnect('closed'));
  expect(state()).toBe('Not connected · shown up to 00:02');
  expect([button('Pause'), button('Stop')]).toEqual([undefined, undefined]);
});
