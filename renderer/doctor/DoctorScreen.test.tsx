// SPDX-License-Identifier: Apache-2.0
// @vitest-environment happy-dom
import { expect, test, vi } from 'vitest';
import { FailureNote } from '../app/Notices.tsx';
import { openWindow, render, update } from '../testing/window.tsx';
import { sampleReport } from '../testing/sample-report.ts';
import { DoctorScreen } from './DoctorScreen.tsx';

const asked = (worker: Awaited<ReturnType<typeof openWindow>>['worker']) =>
  worker.sent.flatMap((message) => (message.type === 'call' && message.name === 'doctor' ? [message.arguments[0]] : []));

test('shows each check with its word, and asks again, for the process that is looked at', async () => {
  const { worker, session, store } = await openWindow({});
  const { element, end } = await render(session, <DoctorScreen />);
  expect(asked(worker)).toEqual([null]);
  expect(element.querySelectorAll('.check')).toHaveLength(sampleReport.checks.length);
  const kprobes = element.querySelector('[data-check="kprobes"]')!;
  expect(kprobes.textContent).toContain('not available');
  expect(kprobes.textContent).toContain('The kernel was built without kprobes.');
  expect(element.querySelector('[data-check="uprobes"] .remedy')).toBeNull();
  await update(() => store.setState({ target: { kind: 'processes', processes: [{ tgid: 4121, startTicks: 1 }] } }));
  await update(() => [...element.querySelectorAll('button')].find(({ textContent }) => textContent?.includes('Check again'))!.click());
  expect(asked(worker)).toEqual([null, 4121, 4121]);
  await end();
});

test('copies the command of a remedy', async () => {
  const { session } = await openWindow({});
  const { element, end } = await render(session, <DoctorScreen />);
  const written: string[] = [];
  vi.spyOn(navigator.clipboard, 'writeText').mockImplementation(async (text) => void written.push(text));
  await update(() => element.querySelector<HTMLButtonElement>('[data-check="kernelSymbols"] button')!.click());
  expect(written).toEqual(['sudo sysctl kernel.kptr_restrict=1']);
  await end();
});

test('markup in what a computer says stays text', async () => {
  const { session } = await openWindow({ hostile: true });
  const { element, end } = await render(session, <DoctorScreen />);
  expect(element.querySelector('img, script')).toBeNull();
  expect(element.textContent).not.toContain('\u202e');
  await end();
});

test('a failure of the computer leads here, one of the request does not', async () => {
  const { session, store } = await openWindow({});
  for (const [code, leads] of [['helperMissing', true], ['frequency', false]] as const) {
    const { element, end } = await render(session, <FailureNote failure={{ code, message: 'It failed.', remedy: 'Do it.' }} close={() => undefined} />);
    const link = [...element.querySelectorAll('button')].find(({ textContent }) => textContent?.includes('Doctor'));
    expect(link !== undefined, code).toBe(leads);
    if (link) {
      await update(() => link.click());
      expect(store.getState().screen).toBe('doctor');
    }
    await end();
  }
});
