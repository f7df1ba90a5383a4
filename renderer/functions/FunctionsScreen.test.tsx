// SPDX-License-Identifier: Apache-2.0
// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest';
import { useApp } from '../app/store.ts';
import { hostileNames } from '../testing/fake-tree.ts';
import type { Scenario } from '../testing/scenario.ts';
import { pictureFromText } from '../testing/text-picture.ts';
import { click, openWindow, pressKey, render, type, update } from '../testing/window.tsx';
import { FunctionsScreen } from './FunctionsScreen.tsx';
import { ProbeCard } from './ProbeCard.tsx';
import { ProbeInspector } from './ProbeInspector.tsx';

let end = () => Promise.resolve();
afterEach(async () => {
  await end();
  vi.useRealTimers();
});

/** Virtual lists show nothing in a page without a size: cards stand alone here. */
function Cards() {
  const probes = useApp((state) => state.probing.probes);
  return (
    <>
      {probes.map((info) => (
        <ProbeCard key={info.probe} info={info} />
      ))}
      <ProbeInspector />
    </>
  );
}

async function screen(scenario: Partial<Scenario> = {}, shown = <FunctionsScreen />) {
  vi.useFakeTimers();
  const opened = await openWindow(scenario);
  opened.store.setState({ screen: 'functions' });
  const rendered = await render(opened.session, shown);
  end = rendered.end;
  const { element } = rendered;
  const search = async (text: string) => {
    await type(element.querySelector<HTMLInputElement>('[role=combobox]')!, text);
    await update(() => void vi.advanceTimersByTime(300));
  };
  const button = (text: string) => [...element.querySelectorAll('button')].find((each) => each.textContent!.trim().startsWith(text))!;
  const requests = () => opened.worker.sent.flatMap((message) => (message.type === 'call' && message.name === 'attachProbe' ? [message.arguments[1]] : []));
  const pass = async () => {
    await update(() => opened.worker.probes.tick(100));
    await update(() => void vi.advanceTimersByTime(1000));
  };
  return { ...opened, element, search, button, requests, pass };
}

test('a search shows what can be traced and why not; Enter attaches, and what cannot be does nothing', async () => {
  const { element, search, requests, store } = await screen();
  await search('read');
  expect(element.querySelector('.function-count')!.textContent).toBe('3 found · Enter attaches');
  const field = element.querySelector('[role=combobox]')!;
  for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'Enter']) await pressKey(field, key);
  // "notrace_read"
  expect(requests()).toEqual([]);
  await pressKey(field, 'PageUp');
  await pressKey(field, 'ArrowUp');
  await pressKey(field, 'Enter');
  expect(requests()).toMatchObject([{ kind: 'kernel', name: 'vfs_read', module: '', measure: { kind: 'latency' }, byThread: true, byStack: false }]);
  expect(store.getState().probing.selected).toBe(0);
});

test('what could not be searched, and what was refused, is said', async () => {
  const { element, search } = await screen({ searchFailure: { code: 'notPermitted', message: 'Tracing was not permitted.', remedy: 'Ask whoever administers this computer.' } });
  await search('read');
  expect(element.querySelector('.functions-side [role=alert]')!.textContent).toBe('Tracing was not permitted. Ask whoever administers this computer.');
});

test('a ready question is one click, and says how to read its answer; one that needs a process waits for it', async () => {
  const { element, button, requests, pass } = await screen();
  expect(button('Memory allocation sites').disabled).toBe(true);
  expect(button('Memory allocation sites').textContent).toContain('pick a process first');
  await click(button('Run-queue latency'));
  expect(requests()).toMatchObject([{ kind: 'ready', name: 'run-queue', module: '' }]);
  await pass();
  expect(element.querySelector('.info')!.textContent).toContain('How long a thread that could run waited for a CPU.');
});

test('the card has figures, the inspector tables; one thread can be counted alone', async () => {
  const { element, session, store, pass } = await screen({}, <Cards />);
  await update(() => void session.probes.attach(session.probes.request({ kind: 'kernel', name: 'vfs_read', module: '', byStack: true })!));
  await pass();
  await pass();
  expect(element.querySelector('.card')!.textContent).toMatch(/p50[\d.]+ µsp90/);
  const info = element.querySelector('.info')!;
  expect(info.textContent).toMatch(/Slow calls come from.*mdread|Slow calls come from.*XLogPageRead/);
  const thread = [...info.querySelectorAll('button.row')][0]!;
  await click(thread);
  expect(store.getState().probing.thread).not.toBeNull();
  expect(info.textContent).toContain('Only one thread.');
  await click([...info.querySelectorAll('button')].find((each) => each.textContent === 'Show everything')!);
  expect(store.getState().probing.thread).toBeNull();
});

test('calls without any stack: why there is no flame graph, in place of its root alone', async () => {
  const { element, session, store, worker, button } = await screen();
  await update(() => void session.probes.attach(session.probes.request({ kind: 'kernel', name: 'vfs_read', module: '', byStack: true })!));
  await click(button('By stack'));
  const said = () => element.querySelector('.empty.over strong')?.textContent;
  const drawn = (text: string) => update(() => worker.emit({ type: 'picture', picture: { ...pictureFromText(text), recording: store.getState().probing.recording!.id } }));
  await drawn('all 100');
  expect(said()).toBe('These calls have no stacks');
  await drawn('all 100\n  main 100');
  expect(said()).toBeUndefined();
  await drawn('all 0');
  expect(said()).toBe('No call with a stack yet');
});

test('refused and detached probes say why, and are attached again', async () => {
  const { element, session, worker, requests, button } = await screen({}, <Cards />);
  await update(() => void session.probes.attach(session.probes.request({ kind: 'kernel', name: 'notrace_read', module: '' })!));
  expect(element.querySelector('.became')!.textContent).toContain('Not attachedThe kernel marks it notrace');
  await update(() => void session.probes.attach(session.probes.request({ kind: 'kernel', name: 'vfs_read', module: '' })!));
  await update(() => worker.probes.detach(1, 'It cost 7 % of one CPU.'));
  expect(element.textContent).toContain('DetachedIt cost 7 % of one CPU.');
  await click(button('Attach again'));
  expect(requests().length).toBe(3);
});

test('arguments are measured by name; a recording from a file is only looked at', async () => {
  const { element, session, store, requests, button } = await screen();
  await update(() => void session.probes.attach(session.probes.request({ kind: 'kernel', name: 'vfs_read', module: '' })!));
  await click(button('Arguments'));
  await click(button('size_t count'));
  expect(requests().at(-1)).toMatchObject({ name: 'vfs_read', measure: { kind: 'argument', argument: 3 } });
  await update(() => session.probes.change((probing) => ({ ...probing, opened: true })));
  expect(button('size_t count') ?? button('argument 3')).toSatisfy((each: HTMLButtonElement | undefined) => each === undefined || each.disabled);
  expect(element.querySelector('[aria-label^="Detach"]')).toBeNull();
  expect(store.getState().probing.probes.length).toBe(2);
});

test('events: hits as rows, held and copied; names of the profiled program are text only', async () => {
  const { element, button, session, worker, store, pass } = await screen({ hostile: true });
  await click(button('Events'));
  await update(() => void session.probes.attach(session.probes.request({ kind: 'tracepoint', name: 'sched:sched_process_fork', module: '' })!));
  await pass();
  await pass();
  const rows = () => element.querySelectorAll('.event').length;
  expect(rows()).toBeGreaterThan(20);
  expect(element.querySelector('script, img')).toBeNull();
  expect(hostileNames.some((name) => element.textContent!.includes(name.slice(0, 8)))).toBe(true);
  await click(button('Hold'));
  expect(store.getState().probing.events.follow).toBe(false);
  const before = element.querySelector('.events-count')!.textContent;
  await update(() => worker.probes.tick(100));
  await update(() => void vi.advanceTimersByTime(1000));
  expect(element.querySelector('.events-count')!.textContent).toBe(`${before} · 100 came since`);
  const sent = worker.sent.findLast((message) => message.type === 'probeView');
  expect(sent).toMatchObject({ view: { events: { follow: false } } });
});

test('a search that takes long says what it does, and can be given up', async () => {
  const { element, search, button } = await screen({ searchHangs: true });
  await search('malloc');
  expect(element.textContent).toContain('Searching…');
  await update(() => void vi.advanceTimersByTime(400));
  expect(element.textContent).toContain('Reading the names in the files of the target…');
  await click(button('Cancel'));
  expect(element.textContent).not.toContain('Reading the names');
  expect(element.textContent).toContain('Ready questions');
});

test('a launched command waits until what is asked of it was attached', async () => {
  const { session, store, worker, element, button } = await screen();
  await update(() => void session.begin({ kind: 'command', command: ['make'] }, 'make'));
  expect(element.querySelector('.notice')!.textContent).toContain('waits before its first instruction');
  await update(() => void session.probes.attach(session.probes.request({ kind: 'kernel', name: 'vfs_read', module: '' })!));
  expect(store.getState().probing.recording).toMatchObject({ isHeld: true });
  await click(button('Let it run'));
  expect(store.getState().probing.recording).toMatchObject({ isHeld: false });
  expect(element.querySelector('.notice')).toBeNull();
  expect(worker.sent.flatMap((message) => (message.type === 'call' && /[pP]robe|letRun/.test(message.name) ? [message.name] : []))).toEqual(['startProbes', 'attachProbe', 'letRun']);
});
