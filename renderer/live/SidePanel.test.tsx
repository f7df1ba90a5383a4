// SPDX-License-Identifier: Apache-2.0
// @vitest-environment happy-dom
import { afterEach, expect, test } from 'vitest';
import type { RecordingInfo } from '../../ipc/contract.ts';
import { openWindow, render, update } from '../testing/window.tsx';
import { SidePanel } from './SidePanel.tsx';

let end = () => Promise.resolve();
afterEach(() => end());

async function panel(changes: Partial<RecordingInfo>) {
  const opened = await openWindow();
  await opened.session.start({ kind: 'demo' });
  const { recording } = opened.store.getState();
  await update(() => opened.store.setState({ recording: { ...recording!, ...changes } }));
  const rendered = await render(opened.session, <SidePanel />);
  end = rendered.end;
  const facts = () => Object.fromEntries([...rendered.element.querySelectorAll('dl.facts dt')].map((term) => [term.textContent, term.nextElementSibling?.textContent]));
  return { element: rendered.element, facts };
}

const imported = (message: string): Partial<RecordingInfo> => ({ target: 'yesterday.folded', host: '', frequencyHz: 0, cpus: 0, state: { kind: 'finished', reason: 'opened', message } });

test('of a recording: how it was sampled', async () => {
  const { facts, element } = await panel({ frequencyHz: 99 });
  expect(facts()).toMatchObject({ Rate: '99 Hz', Event: 'CPU clock', Stacks: 'user + kernel', Depth: '127 frames', Children: 'follow' });
  expect(element.textContent).not.toContain('Origin');
});

test('of an imported file: where it is from, and what it does not say is not known', async () => {
  const { facts, element } = await panel(imported('Imported from folded stacks. One line was left out.'));
  expect(facts()).toEqual({ File: 'yesterday.folded', Rate: 'not known', Host: 'not known' });
  expect(element.querySelector('.origin')!.textContent).toBe('Imported from folded stacks. One line was left out.');
  // Nothing of how Emberscope would have sampled it.
  expect(element.textContent).not.toMatch(/Sampling|Unwind|Children|0 Hz/);
});

test('what the file does say is there, as text', async () => {
  const { facts, element } = await panel({ ...imported('Imported from pprof.'), target: '<img src=x>.pb.gz', host: 'db1', frequencyHz: 100 });
  expect(facts()).toEqual({ File: '<img src=x>.pb.gz', Rate: '100 Hz', Host: 'db1' });
  expect(element.querySelector('img')).toBeNull();
});
