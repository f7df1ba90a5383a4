// SPDX-License-Identifier: Apache-2.0
// @vitest-environment happy-dom
import { afterEach, expect, test } from 'vitest';
import { NOTHING_COLLAPSED } from '../../profile/collapse.ts';
import { click, openWindow, render, update } from '../testing/window.tsx';
import { CollapsedStrip } from './Collapse.tsx';

let end = () => Promise.resolve();
afterEach(() => end());

test('nobody can overlook what is collapsed, and each of it can be taken back', async () => {
  const { session, store, worker } = await openWindow();
  session.resize(800);
  await session.start({ kind: 'demo' });
  const rendered = await render(session, <CollapsedStrip />);
  end = rendered.end;
  const { element } = rendered;
  expect(element.textContent).toBe('');
  await update(() => session.navigate((navigation) => ({ ...navigation, collapse: { ...NOTHING_COLLAPSED, recursion: true, kernel: true } })));
  expect(element.textContent).toBe('Shown withrecursion collapsedkernel hiddenShow everything');
  await click(element.querySelector('[aria-label="Show again: recursion collapsed"]')!);
  expect(store.getState().navigation.collapse).toEqual({ ...NOTHING_COLLAPSED, kernel: true });
  const sent = worker.sent.filter((message) => message.type === 'view').at(-1)!;
  expect(sent.view.collapse).toEqual({ ...NOTHING_COLLAPSED, kernel: true });
  await click([...element.querySelectorAll('button')].at(-1)!);
  expect(store.getState().navigation.collapse).toEqual(NOTHING_COLLAPSED);
  expect(element.textContent).toBe('');
});
