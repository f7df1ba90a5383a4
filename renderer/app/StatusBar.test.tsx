// SPDX-License-Identifier: Apache-2.0
// @vitest-environment happy-dom
import { afterEach, expect, test } from 'vitest';
import { account, lostSamples } from '../../profile/accounting.ts';
import { LossCause, StackEnd } from '../../profile/schema.ts';
import { click, openWindow, render, settle, update } from '../testing/window.tsx';
import { StatusBar } from './StatusBar.tsx';

let end = () => Promise.resolve();
afterEach(() => end());

async function bar() {
  const opened = await openWindow();
  opened.session.resize(800);
  await opened.session.start({ kind: 'demo' });
  const rendered = await render(opened.session, <StatusBar />);
  end = rendered.end;
  return { ...opened, text: () => rendered.element.textContent!, element: rendered.element };
}

test('before data it claims nothing', async () => {
  const { text } = await bar();
  expect(text()).toMatch(/– samples.*lost –.*stacks complete –.*symbols –.*overhead –/);
});

test('then the figures as they are', async () => {
  const { worker, text } = await bar();
  worker.tick(10);
  await settle();
  expect(text()).toMatch(/1,200 samples.*lost 1.*stacks complete 99\.\d%.*symbols 98\.9%.*overhead 0\.30% of one CPU.*helper: run directly · 99 Hz × 8 CPUs/);
});

test('of an imported file nothing is said of what the kernel or the helper did', async () => {
  const { worker, store, element, text } = await bar();
  worker.tick(10);
  await settle();
  const { recording, status } = store.getState();
  await update(() =>
    store.setState({
      recording: { ...recording!, state: { kind: 'finished', reason: 'opened', message: 'Imported from folded stacks.' } },
      status: { ...status!, lost: [], accounting: account(0, 1200, 0, 1) },
    }),
  );
  expect(text()).not.toContain('overhead');
  // Nor that nothing was lost.
  expect(text()).toMatch(/1,200 samples.*lost –/);
  await click([...element.querySelectorAll('button')].find((button) => button.textContent!.startsWith('lost'))!);
  expect(document.querySelector('.popover')!.textContent).toMatch(/The file says of none\..*The file does not say how much CPU time the target took\./);
});

test('of an imported file it says what the file says of host and rate, and no more', async () => {
  const { store, element } = await bar();
  const { recording } = store.getState();
  const right = () => element.querySelector('.status-right')!.textContent;
  const show = (known: Partial<NonNullable<typeof recording>>) =>
    update(() => store.setState({ opened: true, recording: { ...recording!, host: '', frequencyHz: 0, cpus: 0, state: { kind: 'finished', reason: 'opened', message: '' }, ...known } }));
  await show({});
  expect(right()).toBe('');
  await show({ host: 'vm' });
  expect(right()).toBe('recorded on vm');
  await show({ frequencyHz: 100 });
  expect(right()).toBe('100 Hz');
  await show({ host: 'vm', frequencyHz: 99, cpus: 1 });
  expect(right()).toBe('recorded on vm · 99 Hz × 1 CPU');
});

test('what it costs to begin is not shown as if it went on', async () => {
  const { worker, store, text } = await bar();
  worker.tick(10);
  await settle();
  const status = store.getState().status!;
  const figures = { ...status.figures, durationNs: 4e6, overhead: { bpfNs: 1e5, helperCpuNs: 15e5 } };
  await update(() => store.setState({ status: { ...status, figures } }));
  expect(text()).toContain('overhead –');
});

test('the ends of the stacks add up', async () => {
  const { worker, store, element } = await bar();
  worker.tick();
  await settle();
  const stacks = { complete: 4, truncated: 0, broken: 700 };
  await update(() => store.setState({ status: { ...store.getState().status!, stacks, ends: [{ end: StackEnd.badFrame, samples: 700 }] } }));
  await click([...element.querySelectorAll('button')].find((button) => button.textContent!.startsWith('stacks'))!);
  const explained = [...document.querySelectorAll('.popover dt')].map((term) => term.textContent);
  expect(explained).toEqual(['4 complete', '700 frame pointer astray']);
});

test('losses are explained by cause; records are not counted as samples', async () => {
  const { worker, store, element, text } = await bar();
  worker.tick();
  await settle();
  const lost = [{ cause: LossCause.countMapFull, count: 1500 }, { cause: LossCause.sidebandRecords, count: 7 }];
  const accounting = account(3000, 1480, lostSamples(lost), 1);
  await update(() => store.setState({ status: { ...store.getState().status!, lost, accounting } }));
  expect(text()).toContain('lost 1,500');
  await click([...element.querySelectorAll('button')].find((button) => button.textContent!.startsWith('lost'))!);
  const explained = document.querySelector('.popover')!.textContent!;
  expect(explained).toContain('1,500 no room to count');
  expect(explained).toContain('A lower rate helps.');
  expect(explained).toContain('7 records about mappings and threads');
  // Noise: 3 x sqrt(3000) + 1 thread.
  expect(explained).toContain('The difference of 20 is within sampling noise (±\u00a0165)');
});

test('what neither came nor was lost for a cause is named', async () => {
  const { worker, store, element, text } = await bar();
  worker.tick();
  await settle();
  const accounting = account(3000, 2000, 0, 1);
  await update(() => store.setState({ status: { ...store.getState().status!, lost: [], accounting, throttled: true } }));
  expect(text()).toContain('lost 0 + 1,000 never fired');
  await click([...element.querySelectorAll('button')].find((button) => button.textContent!.startsWith('lost'))!);
  const explained = document.querySelector('.popover')!.textContent!;
  expect(explained).toContain('1,000 more were due (noise is ±\u00a0165): throttled, or never fired. The kernel said that it throttled sampling');
});

/** What a popover of the bar lists. */
async function places(label: string) {
  const { worker, element } = await bar();
  worker.tick(20);
  await settle();
  await click([...element.querySelectorAll('button')].find((button) => button.textContent!.startsWith(label))!);
  await settle();
  return [...document.querySelectorAll('.places li')].map((item) => item.textContent);
}

test('where stacks broke', async () => {
  expect(await places('stacks')).toEqual(['libcrypto.so.30.29%no unwind information']);
});

test('which modules have no names, and why', async () => {
  expect(await places('symbols')).toEqual([
    'vector.so0.80%/usr/lib/postgresql/15/lib/vector.so has no symbols, and no debug file of its build was found.',
    '[anonymous]0.30%not looked up yet',
  ]);
});
