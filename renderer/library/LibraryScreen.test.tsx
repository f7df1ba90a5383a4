// SPDX-License-Identifier: Apache-2.0
// @vitest-environment happy-dom
import { describe, expect, test } from 'vitest';
import { openWindow, render, update } from '../testing/window.tsx';
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
