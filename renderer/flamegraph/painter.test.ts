// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { pictureFromText } from '../testing/text-picture.ts';
import { contentHeight } from './geometry.ts';
import { fitLabel, paint, type Palette, type Scene } from './painter.ts';
import { FRAME_TEXT_COLOUR, MUTED_COLOUR, NO_CODE_COLOUR, UNNAMED_COLOUR } from '../../profile/colours.ts';
import { NO_SLOT, slotColour } from '../../profile/module-colours.ts';
import { paletteOf, type ColourMode } from './palette.ts';
import { FLAG_PROCESS, FLAG_UNNAMED, type Picture } from '../worker/protocol.ts';

const palette: Palette = {
  frame: ({ category, name }) => `${category}:${name.length}`,
  root: 'root',
  muted: 'muted',
  mutedLabel: 'mutedLabel',
  faded: 'faded',
  fadedLabel: 'fadedLabel',
  process: 'process',
  processLabel: 'processLabel',
  label: 'label',
  match: 'match',
  merged: 'merged',
  outline: 'outline',
  hover: 'hover',
};

/** A canvas that writes down what is drawn on it. */
function drawLog(overrides: Partial<Scene> & { picture: Picture }): string[] {
  const log: string[] = [];
  const numbers = (...values: unknown[]) => values.map((value) => (typeof value === 'number' ? Math.round(value * 10) / 10 : value)).join(' ');
  const surface = {
    fillStyle: '',
    strokeStyle: '',
    lineWidth: 1,
    font: '',
    letterSpacing: '0px',
    textBaseline: 'alphabetic' as CanvasTextBaseline,
    clearRect: (...values: number[]) => log.push(`clear ${numbers(...values)}`),
    beginPath: () => log.push('begin'),
    rect: (...values: number[]) => log.push(`rect ${numbers(...values)}`),
    roundRect: (...values: unknown[]) => log.push(`round ${numbers(...values)}`),
    fill: () => log.push(`fill ${surface.fillStyle}`),
    stroke: () => log.push(`stroke ${surface.strokeStyle}`),
    // Without a space between letters "->" would be an arrow.
    fillText: (text: string, x: number) => log.push(`text ${surface.fillStyle} "${text}" ${numbers(x)}${parseFloat(surface.letterSpacing) > 0 ? '' : ' with ligatures'}`),
  };
  const { picture } = overrides;
  paint(surface as unknown as Parameters<typeof paint>[0], {
    layout: 'icicle',
    height: contentHeight(picture.rows),
    scrollTop: 0,
    viewHeight: contentHeight(picture.rows),
    viewWidth: 100,
    selection: null,
    hover: -1,
    palette,
    font: '11.5px mono',
    characterWidth: 7,
    ...overrides,
  });
  return log;
}

test('one path a colour, labels after all rectangles', () => {
  const picture = pictureFromText(`
all 100
  abc 50
  xyz 50 *
`);
  expect(drawLog({ picture })).toEqual([
    'clear 0 0 100 54',
    'begin',
    'round 0.5 6 99 19.5 2',
    'fill root',
    'begin',
    'round 0.5 27 49 19.5 2',
    'fill 0:3',
    'begin',
    'round 50.5 27 49 19.5 2',
    'fill match',
    'text label "all" 5',
    'text label "abc" 5',
    'text label "xyz" 55',
  ]);
});

test('ancestors of the zoom are faded, merged blocks are grey and nameless', () => {
  const log = drawLog({ picture: pictureFromText('all 100 ^\n  main 100\n    leaf 60\n    ~ 40') });
  expect(log).toContain('fill faded');
  expect(log).toContain('text fadedLabel "all" 5');
  expect(log).toContain('fill merged');
  expect(log.filter((line) => line.startsWith('text')).length).toBe(3);
});

test('a process has its own look, unless it matches or is faded', () => {
  const picture = pictureFromText('all 100\n  sh 40\n  python3 60 *');
  const flags = picture.flags.map((flag, frame) => (frame === 0 ? flag : flag | FLAG_PROCESS));
  const log = drawLog({ picture: { ...picture, flags } });
  expect(log.filter((line) => /^(fill|text)/.test(line))).toEqual([
    'fill root',
    'fill process',
    'fill match',
    'text label "all" 5',
    'text processLabel "sh" 5',
    'text label "python3" 45',
  ]);
  const faded = drawLog({ picture: { ...pictureFromText('all 100 ^\n  shell 100 ^'), flags: Uint8Array.of(2, FLAG_PROCESS | 2) } });
  expect(faded).not.toContain('fill process');
});

test('what is muted has labels of its own, in every colour mode the shown ones are readable', () => {
  const picture = pictureFromText('all 100\n  main 60\n  x+0x10 40');
  const flags = picture.flags.map((flag, frame) => (frame === 2 ? flag | FLAG_UNNAMED : flag));
  const slot = Uint8Array.of(NO_SLOT, 3, 0);
  const look = { theme: 'dark', difference: 'orange-blue', outline: 'outline', family: 'mono' } as const;
  const colours = (mode: ColourMode) =>
    drawLog({ picture: { ...picture, flags, slot }, palette: paletteOf({ ...look, colours: mode }) }).filter((line) => /^(fill|text)/.test(line));
  const { fill, label } = MUTED_COLOUR.dark;
  expect(colours('unnamed')).toEqual([
    `fill ${fill}`,
    `fill ${UNNAMED_COLOUR.dark}`,
    `text ${label} "all" 5`,
    `text ${label} "main" 5`,
    `text ${FRAME_TEXT_COLOUR} "x+0…" 65`,
  ]);
  expect(colours('module').slice(0, 3)).toEqual([`fill ${NO_CODE_COLOUR.dark.fill}`, `fill ${slotColour(3, 'dark')}`, `fill ${slotColour(0, 'dark')}`]);
});

test('selection and hover are outlined, once each', () => {
  const picture = pictureFromText('all 100\n  main 60\n  other 40');
  const log = drawLog({ picture, selection: 1, hover: 2 });
  expect(log.filter((line) => line.startsWith('stroke'))).toEqual(['stroke hover', 'stroke outline']);
});

test('rows out of view are not drawn', () => {
  const depth = 200;
  const picture = pictureFromText(Array.from({ length: depth }, (_, row) => `${' '.repeat(row * 2)}frame 100`).join('\n'));
  const log = drawLog({ picture, layout: 'flame', scrollTop: contentHeight(depth) - 210, viewHeight: 210 });
  expect(log.filter((line) => line.startsWith('text')).length).toBeLessThan(13);
  expect(log.filter((line) => line.startsWith('text')).length).toBeGreaterThan(8);
});

test('a narrow frame is at least a pixel wide and has no label', () => {
  const log = drawLog({ picture: pictureFromText('all 100\n  a_function 1') });
  expect(log).toContain('rect 0.5 27 1 19.5');
  expect(log.filter((line) => line.startsWith('text'))).toEqual(['text label "all" 5']);
});

test('of what is compared, what is unchanged has a label in both themes', () => {
  for (const theme of ['dark', 'light'] as const) {
    const look = { theme, colours: 'origin', difference: 'orange-blue', outline: '#000000', family: 'mono' } as const;
    const picture = { ...pictureFromText('all 90\n  same 60\n  ~ 30'), change: Int8Array.of(0, 0, 0) };
    expect(drawLog({ picture, palette: paletteOf(look) }).filter((line) => line.startsWith('text'))).toEqual([
      `text ${FRAME_TEXT_COLOUR} "all" 5`,
      `text ${FRAME_TEXT_COLOUR} "same" 5`,
    ]);
  }
});

describe('labels', () => {
  test('at least three characters, else none', () => {
    expect(fitLabel('function', 30, 7)).toBeNull();
    expect(fitLabel('function', 31, 7)).toBe('fu…');
    expect(fitLabel('function', 66, 7)).toBe('function');
  });
  test('a name of ten thousand characters costs no more than what fits', () => {
    expect(fitLabel('x'.repeat(10_000), 100, 7)).toHaveLength(12);
  });
  test('control characters and turned text do not reach the canvas', () => {
    expect(fitLabel('a\u0000b\u202ec', 100, 7)).toBe('a\ufffdb\ufffdc');
  });
});
