// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { bindings, commandOf, keyList, type KeyPlace } from './keys.ts';

function press(name: string, place: KeyPlace = 'picture') {
  const parts = name.split(' ');
  const key = parts.at(-1)!.replace('Space', ' ');
  return commandOf(
    { key, ctrlKey: parts.includes('Ctrl'), metaKey: parts.includes('Meta'), altKey: parts.includes('Alt'), shiftKey: parts.includes('Shift') },
    place,
  );
}

test.each([
  ['/', 'search'],
  ['Ctrl f', 'search'],
  ['Meta f', 'search'],
  ['F3', 'nextMatch'],
  ['Shift F3', 'previousMatch'],
  ['n', 'nextMatch'],
  ['p', 'previousMatch'],
  ['Ctrl i', 'toggleCase'],
  ['i', 'layout'],
  ['Space', 'pause'],
  ['Escape', 'back'],
  ['Backspace', 'undoZoom'],
  ['Alt ArrowLeft', 'undoZoom'],
  ['ArrowLeft', 'left'],
  ['Shift ?', 'help'],
  ['?', 'help'],
  ['Shift +', 'zoomIn'],
  ['=', 'zoomIn'],
  ['-', 'zoomOut'],
  ['0', 'resetZoom'],
  ['r', 'resetZoom'],
  ['Enter', 'zoomToSelection'],
  ['Shift F10', 'menu'],
  ['Ctrl s', 'save'],
  ['s', 'down'],
])('%s: %s', (keys, command) => {
  expect(press(keys)).toBe(command);
});

test('typing is typing', () => {
  for (const key of ['n', 'p', 'i', 'r', '/', '?', '-', 'Space', 'Backspace', 'Escape', 'ArrowUp', 'Enter']) {
    expect(press(key, 'typing')).toBeNull();
  }
  expect(press('Ctrl f', 'typing')).toBe('search');
  expect(press('F3', 'typing')).toBe('nextMatch');
});

test('buttons and the time line keep Space, Enter and the arrows', () => {
  for (const key of ['Space', 'Enter', 'ArrowLeft', 'ArrowUp']) expect(press(key, 'elsewhere')).toBeNull();
  expect(press('i', 'elsewhere')).toBe('layout');
});

test('no key means two things in one place', () => {
  const seen = new Set<string>();
  for (const binding of bindings) {
    for (const key of binding.keys) {
      const name = [binding.ctrl && 'Ctrl', binding.alt && 'Alt', binding.shift && 'Shift', key].filter(Boolean).join(' ');
      expect(seen.has(name), name).toBe(false);
      seen.add(name);
    }
  }
});

test('the list under ? names every command’s keys', () => {
  const listed = keyList.flatMap(({ entries }) => entries.flatMap(([keys]) => keys)).join(' ').toLowerCase();
  for (const word of ['esc', 'backspace', 'f3', 'ctrl f', 'ctrl i', 'space', '?', 'enter', 'ctrl s', 'ctrl o', 'shift f10']) expect(listed).toContain(word);
});
