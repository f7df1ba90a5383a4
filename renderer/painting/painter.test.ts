// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { FromPainter, ToPainter } from './messages.ts';
import { Painter } from './painter.ts';

function open() {
  const sent: ToPainter[] = [];
  let listener: (event: { data: FromPainter }) => void = () => undefined;
  const painter = new Painter({ postMessage: (message) => sent.push(message), addEventListener: (_, heard) => (listener = heard) });
  const element = { transferControlToOffscreen: () => ({}) } as HTMLCanvasElement;
  return { painter, element, sent, hear: (data: FromPainter) => listener({ data }) };
}

test('only what differs is told', () => {
  const { painter, element, sent } = open();
  const surface = painter.flame(element, () => undefined);
  surface.change({ scrollTop: 0, hover: -1 });
  surface.change({ scrollTop: 0, hover: 4 });
  surface.change({ hover: 4 });
  expect(sent.slice(1)).toEqual([
    { type: 'flame', surface: 0, change: { scrollTop: 0, hover: -1 } },
    { type: 'flame', surface: 0, change: { hover: 4 } },
  ]);
});

test('each canvas hears of its own pictures, until it is closed', () => {
  const { painter, element, hear } = open();
  const heard: string[] = [];
  const first = painter.flame(element, (revision) => heard.push(`first ${revision}`));
  painter.flame(element, (revision) => heard.push(`second ${revision}`));
  hear({ type: 'painted', surface: 0, revision: 7 });
  hear({ type: 'painted', surface: 1, revision: 8 });
  first.close();
  hear({ type: 'painted', surface: 0, revision: 9 });
  expect(heard).toEqual(['first 7', 'second 8']);
});
