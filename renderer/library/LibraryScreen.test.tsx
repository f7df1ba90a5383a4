// SPDX-License-Identifier: Apache-2.0
// @vitest-environment happy-dom
import { describe, expect, test } from 'vitest';
import { useApp } from '../app/store.ts';
import { openWindow, render, update } from '../testing/window.tsx';
import { EntryRow } from './EntryRow.tsx';
import { LibraryScreen } from './LibraryScreen.tsx';

async function openLibrary(scenario: Parameters<typeof openWindow>[0] = {}) {
  const opened = await openWindow({ recordings: 20, ...scenario });
  const { element, end } = await render(opened.session, <LibraryScreen />);
  const input = element.querySelector<HTMLInputElement>('input[type=search]')!;
  const press = (key: string, target: Element = input, more: KeyboardEventInit = {}) => update(() => void target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more })));
  const button = (name: RegExp) => [...element.querySelectorAll('button')].find(({ textContent }) => name.test(textContent ?? ''))!;
  const calls = (name: string) => opened.worker.sent.flatMap((message) => (message.type === 'call' && message.name === name ? [message.arguments] : []));
  return { ...opened, element, end, input, press, button, calls };
}

describe('the library', () => {
  test('is watched while it is shown', async () => {
    const { calls, end } = await openLibrary();
    expect(calls('watchLibrary')).toEqual([[true]]);
    await end();
    expect(calls('watchLibrary')).toEqual([[true], [false]]);
  });

  test('arrows choose, Enter opens what is sound', async () => {
    const { press, calls, store, end } = await openLibrary();
    await press('ArrowDown');
    // The newest is being recorded.
    await press('Enter');
    expect(calls('openFromLibrary')).toEqual([]);
    await press('ArrowDown');
    await press('Enter');
    expect(calls('openFromLibrary')).toEqual([[store.getState().library.active]]);
    expect(store.getState()).toMatchObject({ screen: 'live', opened: true });
    await end();
  });

  test('a deletion is undone by its button, by Ctrl Z and in the message', async () => {
    const { element, press, button, calls, store, end } = await openLibrary();
    const list = element.querySelector('#recordings')!;
    await press('ArrowDown');
    await press('ArrowDown');
    const file = store.getState().library.active!;
    await press('Delete', list);
    expect(calls('deleteFromLibrary')).toEqual([[[file]]]);
    expect(store.getState().library.entries.size).toBe(20);
    expect(store.getState().toasts.at(-1)?.action?.title).toBe('Undo');
    await update(() => button(/Undo the last/).click());
    expect(calls('undoDeletion')).toEqual([[1]]);
    expect(store.getState().library.active).toBe(file);
    expect(button(/Undo the last/)).toBeUndefined();
    await press('Delete', list);
    await press('z', list, { ctrlKey: true });
    expect(calls('undoDeletion')).toEqual([[1], [2]]);
    // A button of the details is gone with them, and the keyboard is nowhere.
    await update(() => button(/Delete$/).click());
    await press('z', document.body, { ctrlKey: true });
    expect(calls('undoDeletion')).toEqual([[1], [2], [3]]);
    await end();
  });

  test('what another window tags shows, and is not undone by leaving the field here', async () => {
    const { element, press, calls, store, session, end } = await openLibrary();
    for (const _ of [1, 2, 3]) await press('ArrowDown');
    const file = store.getState().library.active!;
    const entry = store.getState().library.entries.get(file)!;
    const tags = element.querySelector<HTMLInputElement>('.library-annotations input')!;
    const blur = () => update(() => void tags.dispatchEvent(new FocusEvent('focusout', { bubbles: true })));
    const folder = store.getState().library.folder!;
    await update(() => session.library.told({ folder, entries: [{ ...entry, facts: { ...entry.facts!, tags: ['theirs'] } }], removed: [], renamed: null, failure: null, waiting: 0 }));
    expect(tags.value).toBe('theirs');
    await blur();
    expect(calls('annotate')).toEqual([]);
    await update(() => {
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')!.set!.call(tags, 'theirs mine');
      tags.dispatchEvent(new Event('input', { bubbles: true }));
    });
    await blur();
    expect(calls('annotate')).toEqual([[file, { tags: ['theirs', 'mine'], notes: entry.facts!.notes }]]);
    await end();
  });

  test('a picture is asked for at once, which brings the file forward, and again when the file has changed', async () => {
    const { calls, store, session, end } = await openLibrary();
    const { folder, entries } = store.getState().library;
    const waiting = [...entries.values()].find(({ state }) => state.kind === 'waiting')!;
    const nothing = () => undefined;
    // The list itself has no height here, and so no rows.
    const Row = () => <EntryRow entry={useApp(({ library }) => library.entries.get(waiting.file)!)} place={{ index: 0, count: 1, top: 0, height: 58 }} active={false} marked={false} choose={nothing} mark={nothing} open={nothing} />;
    const row = await render(session, <Row />);
    expect(calls('thumbnail')).toEqual([[waiting.file]]);
    await update(() => session.library.told({ folder: folder!, entries: [{ ...waiting, state: { kind: 'sound' }, modifiedAt: waiting.modifiedAt + 1 }], removed: [], renamed: null, failure: null, waiting: 0 }));
    expect(calls('thumbnail')).toEqual([[waiting.file], [waiting.file]]);
    await row.end();
    await end();
  });

  test('a folder that another window chose is shown here, too', async () => {
    const { calls, store, session, end } = await openLibrary();
    await update(() => session.library.told({ folder: '/elsewhere', entries: [], removed: [], renamed: null, failure: null, waiting: 0 }));
    expect(calls('library')).toHaveLength(2);
    expect(store.getState().engine?.recordingsFolder).toBe('/elsewhere');
    await end();
  });

  test('a command from a file is shown before it runs', async () => {
    const { press, button, calls, store, end } = await openLibrary();
    for (const _ of [1, 2, 3]) await press('ArrowDown');
    await update(() => button(/Run again/).click());
    expect(calls('start')).toEqual([]);
    expect(store.getState()).toMatchObject({ dialog: 'launch', suggestion: { command: "python3 train.py --epochs 3 'two words'", folder: '/srv/models' } });
    await end();
  });

  test('processes that do not run any more are chosen among those of their name, and the picker says why', async () => {
    const { press, button, calls, store, end } = await openLibrary();
    for (const _ of [1, 2]) await press('ArrowDown');
    await update(() => button(/Run again/).click());
    expect(calls('start')).toEqual([]);
    expect(store.getState()).toMatchObject({ screen: 'live', suggestion: { filter: 'postgres' }, failure: { code: 'processesGone' } });
    await end();
  });

  test('of a recording of probes all are attached again, and one that cannot be does not keep the others', async () => {
    const { session, store, worker, calls, end } = await openLibrary();
    const probe = (name: string) => ({ kind: 'kernel', name, module: '', measure: { kind: 'latency' }, byThread: true, byStack: true, events: false, leastNs: 1000, filter: { argument: 3, test: 'above', value: '4096' }, budget: 2 }) as const;
    const [entry] = [...store.getState().library.entries.values()].filter(({ facts, state }) => facts?.request?.kind === 'command' && state.kind === 'sound');
    const facts = { ...entry!.facts!, question: 'probes' as const, probes: [probe('vfs_read'), probe('vfs_write')] };
    await update(() => void session.library.runAgain({ ...entry!, facts }));
    expect(store.getState()).toMatchObject({ screen: 'functions', dialog: 'launch', repeated: facts.probes });
    expect(calls('attachProbe')).toEqual([]);
    worker.refusedProbe = 'vfs_read';
    await update(() => void session.begin({ kind: 'command', command: ['true'] }, 'true'));
    await update(() => undefined);
    expect(calls('startProbes')).toEqual([[{ kind: 'command', command: ['true'] }]]);
    expect(calls('attachProbe').map(([, request]) => request)).toEqual(facts.probes);
    expect(store.getState().repeated).toEqual([]);
    // Only then may the command run.
    expect(calls('letRun')).toHaveLength(1);
    expect(store.getState().probing.recording).toMatchObject({ isHeld: false });
    expect(store.getState().probing).toMatchObject({ failure: { code: 'refused' }, probes: [{ request: { name: 'vfs_write', budget: 2 } }] });
    await end();
  });

  test('names of files and targets stay text', async () => {
    const { element, press, end } = await openLibrary({ hostile: true });
    for (const _ of [1, 2]) await press('ArrowDown');
    expect(element.textContent).toContain('<img src=x');
    expect(element.textContent).toContain('<img');
    expect(element.querySelector('img, script')).toBeNull();
    expect(element.textContent).not.toContain('\u202e');
    await end();
  });

  test('what cannot be read says why, and cannot be opened', async () => {
    const { element, press, button, store, end } = await openLibrary();
    await update(() => store.setState(({ library }) => ({ library: { ...library, query: 'damaged' } })));
    await press('ArrowDown');
    expect(element.querySelector('.library-details')!.textContent).toContain('Copy it again');
    expect(button(/^ Open$|^Open$/).disabled).toBe(true);
    await end();
  });
});
