// SPDX-License-Identifier: Apache-2.0
// @vitest-environment happy-dom
import { afterEach, expect, test } from 'vitest';
import { click, openWindow, pressKey, render, settle, type, update } from '../testing/window.tsx';
import type { Scenario } from '../testing/scenario.ts';
import { LaunchDialog } from './LaunchDialog.tsx';
import { TargetPicker } from './TargetPicker.tsx';

let end = () => Promise.resolve();
afterEach(() => end());

async function picker(scenario: Partial<Scenario> = {}) {
  const opened = await openWindow(scenario);
  const rendered = await render(
    opened.session,
    <>
      <TargetPicker />
      <LaunchDialog />
    </>,
  );
  end = rendered.end;
  const { element } = rendered;
  const starts = () => opened.worker.sent.flatMap((message) => (message.type === 'call' && message.name === 'start' ? [message.arguments] : []));
  const button = (name: string, within: ParentNode = document) =>
    [...within.querySelectorAll('button')].find((each) => each.textContent!.includes(name))!;
  return { ...opened, element, starts, button, filter: element.querySelector<HTMLInputElement>('[role=combobox]')! };
}

test('Enter starts the busiest process; arrows choose another', async () => {
  const first = await picker();
  const busiest = [...first.store.getState().processes!].sort((a, b) => b.cpu - a.cpu);
  await pressKey(first.filter, 'Enter');
  expect(first.starts()[0]![0]).toEqual({ kind: 'processes', processes: [{ tgid: busiest[0]!.tgid, startTicks: busiest[0]!.startTicks }] });
  await end();

  const second = await picker();
  await pressKey(second.filter, 'End');
  await pressKey(second.filter, 'Home');
  await pressKey(second.filter, 'ArrowDown');
  await pressKey(second.filter, 'ArrowDown');
  await pressKey(second.filter, 'Enter');
  const chosen = busiest[2]!;
  expect(second.starts().map(([target]) => target)).toEqual([{ kind: 'processes', processes: [{ tgid: chosen.tgid, startTicks: chosen.startTicks }] }]);
});

test('when the chosen process ends, Enter starts no other', async () => {
  const { filter, starts, store, worker } = await picker();
  for (let press = 0; press < 3; press++) await pressKey(filter, 'ArrowDown');
  const chosen = filter.getAttribute('aria-activedescendant')!;
  const processes = store.getState().processes!.filter(({ tgid, startTicks }) => chosen !== `process-${tgid}.${startTicks}`);
  expect(processes).toHaveLength(store.getState().processes!.length - 1);
  await update(() => worker.emit({ type: 'event', event: { name: 'processes', payload: { processes } } }));
  await pressKey(filter, 'Enter');
  expect(starts()).toEqual([]);
});

test('a process that one may not profile is not started', async () => {
  const { filter, starts, store } = await picker();
  await type(filter, 'root');
  expect(store.getState().processes!.filter(({ user }) => user === 'root').every(({ refusal }) => refusal !== null)).toBe(true);
  await pressKey(filter, 'Enter');
  expect(starts()).toEqual([]);
});

test('a filter without a match says what to do', async () => {
  const { element, filter } = await picker();
  await type(filter, 'no such thing');
  expect(element.textContent).toContain('No process matches “no such thing”');
  await pressKey(filter, 'Enter');
});

test('without the helper nothing can be started, and the command is shown', async () => {
  const { element, filter, starts, button } = await picker({ helper: { kind: 'missing', command: 'npm run install-helper' } });
  expect(element.querySelector('[role=alert] code')!.textContent).toBe('npm run install-helper');
  await pressKey(filter, 'Enter');
  await click(button('Whole system'));
  expect(starts()).toEqual([]);
  expect(button('Open a recording').disabled).toBe(false);
});

test('a wrong rate says so and is not used', async () => {
  const { element, starts, button } = await picker();
  const rate = element.querySelector<HTMLInputElement>('.rate')!;
  await type(rate, '499');
  await type(rate, '12000');
  expect(element.querySelector('#rate-message')!.textContent).toBe(
    'The rate can be at most 9,999 Hz; above that, sampling slows the program down. Until then 499 Hz is used.',
  );
  await click(button('Whole system'));
  expect(starts()[0]).toMatchObject([{ kind: 'system' }, { frequency: 499 }]);
});

test('a launched command goes in words, with its folder', async () => {
  const { starts, button } = await picker();
  await click(button('Launch a command'));
  const dialog = document.querySelector('[role=dialog]')!;
  const [command, folder] = [...dialog.querySelectorAll('input')];
  await type(command!, `sh -c 'echo "a b"`);
  await click(button('Launch', dialog));
  expect(dialog.textContent).toContain("A quote (') is opened and not closed.");
  expect(starts()).toEqual([]);
  await type(command!, `sh -c 'echo "a b"'`);
  await type(folder!, ' /tmp ');
  await click(button('Launch', dialog));
  expect(starts()[0]![0]).toEqual({ kind: 'command', command: ['sh', '-c', 'echo "a b"'], folder: '/tmp' });
});

test('the list is asked for while it is shown, and no longer', async () => {
  const { worker } = await picker();
  await end();
  end = () => Promise.resolve();
  await settle();
  expect(worker.sent.flatMap((message) => (message.type === 'call' && message.name === 'watchProcesses' ? message.arguments : []))).toEqual([true, false]);
});

test('a process in a container offers all of it; the root is no container', async () => {
  const { element, filter, starts, store, button } = await picker();
  expect(button('This container').disabled).toBe(true);
  expect(button('This container').title).toContain('the root of the cgroups is the whole system');
  const inside = store.getState().processes!.filter(({ cgroup }) => cgroup !== '');
  const able = inside.find(({ refusal }) => refusal === null)!;
  await type(filter, String(able.tgid));
  expect(element.querySelector('.container-of')!.textContent).toContain('docker container docker-7fe1.scope');
  await click(button(`Record all ${inside.length} of its processes`));
  expect(starts().map(([target]) => target)).toEqual([{ kind: 'cgroup', folder: '/system.slice/docker-7fe1.scope' }]);
});
