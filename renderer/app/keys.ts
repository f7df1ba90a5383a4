// SPDX-License-Identifier: Apache-2.0
/** The keyboard: which key means what. One table, used by the handler and by the list under `?`. */
export type Command =
  | 'help'
  | 'firstScreen'
  | 'secondScreen'
  | 'thirdScreen'
  | 'fourthScreen'
  | 'fifthScreen'
  | 'search'
  | 'nextMatch'
  | 'previousMatch'
  | 'toggleCase'
  | 'layout'
  | 'pause'
  | 'back'
  | 'undoZoom'
  | 'undo'
  | 'zoomIn'
  | 'zoomOut'
  | 'resetZoom'
  | 'zoomToSelection'
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'menu'
  | 'openPicker'
  | 'save';

interface Binding {
  command: Command;
  /** KeyboardEvent.key values; letters in lower case. */
  keys: readonly string[];
  ctrl?: boolean;
  alt?: boolean;
  shift?: boolean;
  /** Also while typing in a field. */
  whileTyping?: boolean;
  /** Only where the keyboard is in the picture, or nowhere in particular: other controls have their own use for it. */
  inPicture?: boolean;
}

export const bindings: readonly Binding[] = [
  { command: 'search', keys: ['/'] },
  { command: 'search', keys: ['f'], ctrl: true, whileTyping: true },
  { command: 'nextMatch', keys: ['F3'], whileTyping: true },
  { command: 'previousMatch', keys: ['F3'], shift: true, whileTyping: true },
  { command: 'nextMatch', keys: ['n'] },
  { command: 'previousMatch', keys: ['p'] },
  { command: 'toggleCase', keys: ['i'], ctrl: true, whileTyping: true },
  { command: 'save', keys: ['s'], ctrl: true },
  { command: 'openPicker', keys: ['o'], ctrl: true },
  { command: 'layout', keys: ['i'] },
  { command: 'resetZoom', keys: ['r', '0'] },
  { command: 'zoomIn', keys: ['+', '='] },
  { command: 'zoomOut', keys: ['-'] },
  { command: 'help', keys: ['?'] },
  { command: 'firstScreen', keys: ['1'] },
  { command: 'secondScreen', keys: ['2'] },
  { command: 'thirdScreen', keys: ['3'] },
  { command: 'fourthScreen', keys: ['4'] },
  { command: 'fifthScreen', keys: ['5'] },
  { command: 'back', keys: ['Escape'] },
  { command: 'undo', keys: ['z'], ctrl: true },
  { command: 'undoZoom', keys: ['Backspace'] },
  { command: 'undoZoom', keys: ['ArrowLeft'], alt: true },
  { command: 'pause', keys: [' '], inPicture: true },
  { command: 'zoomToSelection', keys: ['Enter'], inPicture: true },
  { command: 'up', keys: ['ArrowUp', 'w'], inPicture: true },
  { command: 'down', keys: ['ArrowDown', 's'], inPicture: true },
  { command: 'left', keys: ['ArrowLeft', 'a'], inPicture: true },
  { command: 'right', keys: ['ArrowRight', 'd'], inPicture: true },
  { command: 'menu', keys: ['ContextMenu'], inPicture: true },
  { command: 'menu', keys: ['F10'], shift: true, inPicture: true },
];

export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

/** Where the keyboard is. */
export type KeyPlace = 'picture' | 'typing' | 'elsewhere';

/** Keys that need Shift on some keyboards only: there Shift says nothing. */
const shiftless = new Set(['?', '+', '=', '/']);

export function commandOf(press: KeyPress, place: KeyPlace): Command | null {
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  const found = bindings.find(
    (binding) =>
      binding.keys.includes(key) &&
      (binding.ctrl ?? false) === (press.ctrlKey || press.metaKey) &&
      (binding.alt ?? false) === press.altKey &&
      (shiftless.has(key) || (binding.shift ?? false) === press.shiftKey) &&
      (place !== 'typing' || binding.whileTyping === true) &&
      (place === 'picture' || binding.inPicture !== true),
  );
  return found?.command ?? null;
}

/** What the dialog under `?` lists: keys, and what they do. */
export const keyList: readonly { title: string; entries: readonly (readonly [string[], string])[] }[] = [
  {
    title: 'Picture',
    entries: [
      [['↑', '↓', '←', '→'], 'Move between frames (or W A S D)'],
      [['Enter'], 'Zoom to the selected frame'],
      [['+', '-'], 'Zoom in, zoom out'],
      [['0', 'R'], 'Reset the zoom'],
      [['Backspace', 'Alt ←'], 'Undo the last zoom'],
      [['Esc'], 'Back out: search, then time range, then zoom'],
      [['I'], 'Flame or icicle'],
      [['Menu', 'Shift F10'], 'What can be done with the frame'],
    ],
  },
  {
    title: 'Search',
    entries: [
      [['/', 'Ctrl F'], 'Search by regular expression'],
      [['N', 'F3', 'Enter'], 'Next match'],
      [['P', 'Shift F3'], 'Previous match'],
      [['Ctrl I'], 'Mind case, or do not'],
    ],
  },
  {
    title: 'Time line (when it has the keyboard)',
    entries: [
      [['←', '→'], 'Move the range'],
      [['Shift ←', 'Shift →'], 'Make it shorter or longer'],
      [['Esc'], 'Clear it'],
    ],
  },
  {
    title: 'Functions and events',
    entries: [
      [['/', 'Ctrl F'], 'Search what can be traced'],
      [['↑', '↓', 'Enter'], 'Choose, and attach it'],
      [['←', '→'], 'On a heat map: the time that counts'],
      [['Space'], 'Hold the events, or follow them again'],
      [['Enter', 'Ctrl C'], 'Copy the chosen event'],
      [['Esc'], 'Show all time and all threads again'],
    ],
  },
  {
    title: 'Library',
    entries: [
      [['/', 'Ctrl F'], 'Search'],
      [['↑', '↓', 'Enter'], 'Choose, and open it'],
      [['Space'], 'Mark it, for what is done with several'],
      [['F2'], 'Rename'],
      [['Delete', 'Ctrl Z'], 'Delete, and undo that'],
    ],
  },
  {
    title: 'Compare',
    entries: [
      [['/', 'Ctrl F'], 'Search functions'],
      [['↑', '↓'], 'In the table: choose a function, which is marked in the picture'],
      [['←', '→'], 'On a choice: another one'],
    ],
  },
  {
    title: 'Recording',
    entries: [
      [['Space'], 'Pause the picture; the recording goes on'],
      [['Ctrl S'], 'Save the recording'],
      [['Ctrl O'], 'Pick another target'],
      [['1', '2', '3', '4', '5'], 'Screens, in the order at the left'],
      [['?'], 'This list'],
    ],
  },
];
