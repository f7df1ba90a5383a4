// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { paintedPart } from '../flamegraph/painter.ts';
import { pictureFromText } from '../testing/text-picture.ts';
import { Canvases } from './canvases.ts';
import type { FlameScene, FromPainter } from './messages.ts';

/** A canvas that counts what is drawn, and a clock of animation frames. */
function painter() {
  const told: FromPainter[] = [];
  const frames: (() => void)[] = [];
  const drawn: string[] = [];
  const context = {
    canvas: { width: 0, height: 0 },
    setTransform: (...values: number[]) => drawn.push(`transform ${values[0]}`),
    clearRect: () => drawn.push('clear'),
    measureText: () => ({ width: 70 }),
    fillText: (text: string) => drawn.push(text),
    beginPath: () => undefined, rect: () => undefined, roundRect: () => undefined, fill: () => undefined, stroke: () => undefined, fillRect: () => undefined,
  };
  const canvases = new Canvases((message) => told.push(message), (draw) => frames.push(draw));
  const canvas = { getContext: () => context } as unknown as OffscreenCanvas;
  const frame = () => {
    drawn.length = 0;
    for (const draw of frames.splice(0)) draw();
    return [...drawn];
  };
  return { canvases, canvas, context, told, frame };
}

const picture = (revision: number, text = 'all 100') => ({ ...paintedPart(pictureFromText(text)), revision });
const look = { theme: 'dark' as const, colours: 'origin' as const, difference: 'orange-blue' as const, match: 'm', outline: 'o', family: 'mono' };
const scene: FlameScene = { picture: picture(1), layout: 'icicle', height: 100, scrollTop: 0, selection: null, hover: -1, look };

test('changes of one frame are drawn once, and each picture is told once', () => {
  const { canvases, canvas, told, frame } = painter();
  canvases.receive({ type: 'open', surface: 3, kind: 'flame', canvas });
  canvases.receive({ type: 'size', surface: 3, size: { width: 100, height: 100, ratio: 2 } });
  canvases.receive({ type: 'flame', surface: 3, change: scene });
  canvases.receive({ type: 'flame', surface: 3, change: { picture: picture(2, 'everything 100') } });
  expect(frame()).toEqual(['transform 2', 'clear', 'everything']);
  expect(told).toEqual([{ type: 'painted', surface: 3, revision: 2 }]);
  canvases.receive({ type: 'flame', surface: 3, change: { hover: 0 } });
  expect(frame()).toContain('everything');
  expect(frame()).toEqual([]);
  expect(told.length).toBe(1);
});

test('a resized canvas has as many pixels as the screen, and is not empty for a frame', () => {
  const { canvases, canvas, context, frame, told } = painter();
  canvases.receive({ type: 'open', surface: 0, kind: 'flame', canvas });
  canvases.receive({ type: 'flame', surface: 0, change: scene });
  frame();
  canvases.receive({ type: 'size', surface: 0, size: { width: 101, height: 33, ratio: 1.5 } });
  expect(context.canvas).toEqual({ width: 152, height: 50 });
  expect(told.length).toBe(1);
});

test('nothing is drawn before all is known, or after the end', () => {
  const { canvases, canvas, frame, told } = painter();
  canvases.receive({ type: 'open', surface: 0, kind: 'timeline', canvas });
  canvases.receive({ type: 'timeline', surface: 0, change: { timeline: null } });
  expect(frame()).toEqual(['transform 1']);
  canvases.receive({ type: 'close', surface: 0 });
  canvases.receive({ type: 'timeline', surface: 0, change: { range: null, cpus: 1, font: '', colours: { column: '', line: '', text: '', brush: '' } } });
  expect(frame()).toEqual([]);
  expect(told).toEqual([]);
});

test('a font that came late is drawn with', () => {
  const { canvases, canvas, frame } = painter();
  canvases.receive({ type: 'open', surface: 0, kind: 'flame', canvas });
  canvases.receive({ type: 'size', surface: 0, size: { width: 100, height: 100, ratio: 1 } });
  canvases.receive({ type: 'flame', surface: 0, change: scene });
  frame();
  canvases.restyle();
  expect(frame()).toContain('all');
});
