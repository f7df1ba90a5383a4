// SPDX-License-Identifier: Apache-2.0
// @vitest-environment happy-dom
import { describe, expect, test, vi } from 'vitest';
import { StatusBar } from '../app/StatusBar.tsx';
import { openWindow, render, update } from '../testing/window.tsx';
import { CompareScreen } from './CompareScreen.tsx';
import { shownFunctions } from './comparing.ts';

async function openCompare(scenario: Parameters<typeof openWindow>[0] = {}) {
  const opened = await openWindow({ recordings: 20, ...scenario });
  const { element, end } = await render(opened.session, <CompareScreen />);
  const files = opened.worker.library.list.entries.map(({ file }) => file);
  const views = () => opened.worker.sent.flatMap((message) => (message.type === 'compareView' ? [message.view] : []));
  const calls = (name: string) => opened.worker.sent.flatMap((message) => (message.type === 'call' && message.name === name ? [message.arguments] : []));
  // Without a layout nothing is within what is scrolled to: what would be listed.
  const rows = () => shownFunctions(opened.store.getState().comparing);
  const button = (name: string) => [...element.querySelectorAll('button')].find(({ textContent }) => textContent === name)!;
  /** Each recording is an answer to wait for. */
  const compareFiles = async (a: number, b: number) => {
    await update(() => void opened.session.compare.compareFiles([files[a]!], [files[b]!]));
    await update(() => undefined);
    await update(() => undefined);
  };
  return { ...opened, element, end, files, views, calls, rows, button, compareFiles };
}

describe('comparing', () => {
  test('says what to do until both sides are chosen', async () => {
    const { element, session, files, views, end } = await openCompare();
    expect(element.textContent).toContain('Choose what to compare');
    await update(() => void session.compare.choose('a', [files[6]!]));
    // It is made ready meanwhile.
    expect(views()).toMatchObject([{ a: [{ range: null }], b: [] }]);
    expect(element.textContent).toContain('Choose what to compare');
    await update(() => void session.compare.choose('b', [files[8]!]));
    expect(views()).toHaveLength(2);
    expect(element.textContent).not.toContain('Choose what to compare');
    await end();
  });

  test('functions with their change, interval and verdict, and the chosen one in words', async () => {
    const { element, rows, compareFiles, end } = await openCompare();
    await compareFiles(6, 8);
    expect(rows().length).toBeGreaterThan(10);
    const grid = element.querySelector('[role=grid]')!;
    expect(grid.getAttribute('aria-rowcount')).toBe(String(rows().length + 1));
    await update(() => void grid.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true })));
    expect(element.querySelector('.compare-verdict')!.textContent).toMatch(/% of A, .* % of B: .* points.*With these samples it lies between/);
    expect(element.querySelector('.compare-symbol')!.textContent).toBe(rows()[0]!.name);
    await end();
  });

  test('the bar tells what was compared', async () => {
    const { session, store, compareFiles, end } = await openCompare();
    await compareFiles(6, 8);
    const { element, end: endBar } = await render(session, <StatusBar />);
    await update(() => store.setState({ screen: 'compare' }));
    expect(element.textContent).toMatch(/^A [\d,]+ samples in 2 min 0 sB [\d,]+ samples in 2 min 0 s\d+ functions compared, corrected for \d+ tests$/);
    await endBar();
    await end();
  });

  test('another normalisation is another comparison; verdicts and words choose what is listed', async () => {
    const { session, views, rows, button, store, compareFiles, end } = await openCompare();
    await compareFiles(6, 8);
    await update(() => button('duration').click());
    expect(views().at(-1)).toMatchObject({ normalisation: 'duration' });
    const sent = views().length;
    await update(() => store.setState(({ comparing }) => ({ comparing: { ...comparing, query: 'ADDED_' } })));
    expect(rows().map(({ name }) => name)).toEqual(['added_later']);
    await update(() => session.compare.change((comparing) => ({ ...comparing, query: '', verdicts: [] })));
    expect(rows()).toHaveLength(0);
    expect(views()).toHaveLength(sent);
    await end();
  });

  test('the same on both sides is said to be the same', async () => {
    const { element, rows, compareFiles, end } = await openCompare();
    await compareFiles(6, 6);
    expect(element.textContent).toContain('everything is unchanged');
    expect(rows().length).toBeGreaterThan(10);
    expect(rows().every(({ total }) => total.verdict === 'unchanged')).toBe(true);
    await end();
  });

  test('what was opened to be compared is closed when another takes its place, and not before', async () => {
    const { session, files, calls, views, compareFiles, end } = await openCompare();
    await compareFiles(6, 8);
    const first = views().at(-1)!.a[0]!.recording;
    expect(calls('close')).toEqual([]);
    await update(() => session.compare.swap());
    expect(views().at(-1)!.b[0]!.recording).toBe(first);
    expect(calls('close')).toEqual([]);
    await update(() => void session.compare.choose('b', [files[10]!]));
    expect(calls('close')).toEqual([[first]]);
    await end();
  });

  test('the keyboard walks the picture; the table and the picture choose the same function', async () => {
    const { element, session, store, rows, compareFiles, end } = await openCompare();
    await compareFiles(6, 8);
    await update(() => session.compare.resize(800));
    const canvas = element.querySelector('canvas')!;
    const press = (key: string) => update(() => void canvas.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true })));
    const now = () => store.getState().comparing;
    const nodeName = () => {
      const { node, name, names } = session.feeds.difference.b.latest!;
      return names[name[node.indexOf(now().node!)]!];
    };
    await press('ArrowUp');
    await press('ArrowUp');
    await press('ArrowUp');
    expect(nodeName()).toMatch(/^caller_/);
    expect(element.querySelector('.compare-symbol')!.textContent).toBe(nodeName());
    await press('Enter');
    expect(now().path.map(({ name }) => name)).toEqual(['all', 'main', nodeName()]);
    await press('Backspace');
    expect(now().zoom).toBe(0);
    await update(() => session.compare.selectFunction(rows().find(({ name }) => name === 'subject')!));
    expect(nodeName()).toBe('subject');
    await update(() => session.compare.change((comparing) => ({ ...comparing, query: 'leaf_1' })));
    await press('n');
    expect(nodeName()).toMatch(/^leaf_1/);
    await press('Escape');
    expect([now().query, now().node === null]).toEqual(['', false]);
    await press('Escape');
    expect([now().node, now().selected]).toEqual([null, null]);
    await end();
  });

  test('the menu of a frame: searched alone, copied, and shown in the recording of a side', async () => {
    const { element, session, store, rows, calls, compareFiles, end } = await openCompare();
    await compareFiles(6, 8);
    await update(() => session.compare.resize(800));
    const subject = rows().find(({ name }) => name === 'subject')!;
    await update(() => session.compare.selectFunction(subject));
    expect([...element.querySelectorAll('.flame [role=status]')].at(-1)!.textContent).toMatch(/^subject, A .* % -> B .* points/);
    const canvas = element.querySelector('canvas')!;
    const items = () => [...document.querySelectorAll<HTMLElement>('[role=menuitem]')];
    // A menu that still closes has the keyboard to itself.
    const open = (key: string, shiftKey = false) =>
      vi.waitFor(async () => {
        await update(() => void canvas.dispatchEvent(new KeyboardEvent('keydown', { key, shiftKey, bubbles: true })));
        expect(items()).toHaveLength(8);
      });
    const choose = async (text: string) => {
      await update(() => items().find(({ textContent }) => textContent!.includes(text))!.click());
      await vi.waitFor(() => expect(items()).toHaveLength(0));
    };
    await open('ContextMenu');
    await choose('list it alone');
    expect([store.getState().comparing.query, rows().map(({ name }) => name)]).toEqual(['^subject$', ['subject']]);
    const copied: string[] = [];
    Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { writeText: async (text: string) => void copied.push(text) } });
    await open('F10', true);
    await choose('Copy stack');
    await open('ContextMenu');
    await choose('Copy what changed');
    expect(copied[0]).toMatch(/^main\ncaller_0\nsubject$/);
    expect(copied[1]).toMatch(/^subject: A .* % -> B .* points, \+\d+ %$/);
    await open('ContextMenu');
    const opened = calls('openFromLibrary').length;
    await choose('recording of B');
    const { screen, recording, navigation, comparing } = store.getState();
    expect([screen, recording!.id, navigation.pattern]).toEqual(['live', comparing.b[0]!.recording, '^subject(?:$|\\W)']);
    expect([calls('openFromLibrary').length, calls('close')]).toEqual([opened, []]);
    await end();
  });

  test('without any function there is no flame graph, and that is said', async () => {
    const { element, session, store, compareFiles, end } = await openCompare();
    await compareFiles(6, 8);
    const result = store.getState().comparing.result!;
    expect(element.querySelector('.empty.over')).toBeNull();
    await update(() => session.compare.receive({ type: 'comparison', result: { ...result, functions: [], matched: 0 }, failure: null }));
    expect(element.querySelector('.empty.over')!.textContent).toContain('Neither side has stacks');
    await end();
  });

  test('what a side has nothing of cannot be shown in its recording', async () => {
    const { element, session, rows, compareFiles, end } = await openCompare();
    await compareFiles(6, 8);
    await update(() => session.compare.resize(800));
    await update(() => session.compare.selectFunction(rows().find(({ name }) => name === 'added_later')!));
    await update(() => void element.querySelector('canvas')!.dispatchEvent(new KeyboardEvent('keydown', { key: 'ContextMenu', bubbles: true })));
    const disabled = [...document.querySelectorAll('[role=menuitem][data-disabled]')].map(({ textContent }) => textContent!.trim());
    expect(disabled).toEqual(['Show in the recording of A']);
    await end();
  });

  test('the chosen function stays chosen when another comparison numbers functions anew', async () => {
    const { element, session, store, rows, compareFiles, end } = await openCompare();
    await compareFiles(6, 8);
    const chosen = rows()[2]!;
    await update(() => session.compare.selectFunction(chosen));
    const result = store.getState().comparing.result!;
    const numbered = result.functions.map((one, at) => ({ ...one, identity: result.functions.length - at }));
    await update(() => session.compare.receive({ type: 'comparison', result: { ...result, functions: numbered }, failure: null }));
    expect(element.querySelector('.compare-symbol')!.textContent).toBe(chosen.name);
    await update(() => session.compare.receive({ type: 'comparison', result: { ...result, functions: numbered.filter(({ name }) => name !== chosen.name) }, failure: null }));
    expect(store.getState().comparing.selected).toBeNull();
    await end();
  });

  test('beside each other the picture that has the keyboard answers, and the first where none has', async () => {
    const { element, session, store, compareFiles, end } = await openCompare();
    await compareFiles(6, 8);
    await update(() => session.compare.change((comparing) => ({ ...comparing, tab: 'sides' })));
    await update(() => session.compare.resize(400));
    const drawnIn = (side: 'a' | 'b', name: string) => session.feeds.difference[side].latest!.names.includes(name);
    expect([drawnIn('a', 'added_later'), drawnIn('b', 'added_later')]).toEqual([false, true]);
    const [a, b] = element.querySelectorAll('canvas');
    const walk = async (canvas: HTMLCanvasElement) => {
      await update(() => session.compare.change((comparing) => ({ ...comparing, query: 'added_later', node: null })));
      await update(() => canvas.focus());
      await update(() => void canvas.dispatchEvent(new KeyboardEvent('keydown', { key: 'n', bubbles: true })));
      return store.getState().comparing.node;
    };
    expect(await walk(a!)).toBeNull();
    expect(await walk(b!)).not.toBeNull();
    await end();
  });

  test('names stay text', async () => {
    const { element, rows, store, compareFiles, end } = await openCompare({ hostile: true });
    await compareFiles(6, 8);
    await update(() => store.setState(({ comparing }) => ({ comparing: { ...comparing, selected: rows().find(({ name }) => name.startsWith('<img'))!.identity } })));
    expect(element.textContent).toContain('<img src=x');
    expect(element.querySelector('img, script')).toBeNull();
    expect(element.textContent).not.toContain('\u202e');
    await end();
  });
});
