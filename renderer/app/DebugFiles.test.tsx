// SPDX-License-Identifier: Apache-2.0
// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import type { DebugFilesStatus } from '../../ipc/contract.ts';
import { openWindow, render, update } from '../testing/window.tsx';
import { Toasts } from './Notices.tsx';

const offered: DebugFilesStatus = { state: 'offered', servers: ['debuginfod.example'], missing: 3, current: null, found: 0, absent: 0, failed: 0, failure: '' };

test('asks once, shows how far it is, and what came of it', async () => {
  const { worker, session } = await openWindow({});
  const { element: container, end } = await render(session, <Toasts />);
  const say = (status: DebugFilesStatus | null) => update(() => worker.emit({ type: 'event', event: { name: 'debugFiles', payload: { status } } }));
  const answers = () => worker.sent.flatMap((message) => (message.type === 'call' && message.name === 'debugFiles' ? [message.arguments[0]] : []));
  const press = (label: string) => update(() => [...container.querySelectorAll('button')].find((button) => button.textContent === label)!.click());
  await say(offered);
  expect(container.textContent).toContain('3 modules with samples: debug symbols are missing');
  expect(container.textContent).toContain('debuginfod.example, which then sees');
  await press('Not now');
  await press('Fetch');
  await say({ ...offered, state: 'downloading', missing: 2, current: { module: '/usr/lib/<b>libx.so', doneBytes: 1 << 20, totalBytes: 4 << 20 } });
  expect(container.textContent).toContain('Debug symbols of /usr/lib/<b>libx.so');
  expect(container.textContent).toMatch(/1(\.0)? MiB of 4(\.0)? MiB, 2 modules to follow/);
  expect(container.querySelector('.toast progress')?.getAttribute('value')).toBe(String(1 << 20));
  await press('Cancel');
  expect(answers()).toEqual(['decline', 'download', 'cancel']);
  await say({ ...offered, state: 'done', missing: 0, found: 1, absent: 1, failed: 1, failure: 'debuginfod.example answered with status 500.' });
  expect(container.querySelector('.toast progress')).toBeNull();
  expect(container.textContent).toContain('Debug symbols of 1 module were fetched.');
  expect(container.textContent).toContain('Nobody has those of 1 module. Those of 1 module could not be fetched: debuginfod.example answered with status 500.');
  await end();
});
