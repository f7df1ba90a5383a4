// SPDX-License-Identifier: Apache-2.0
/** Test only: what a redraw of a probe's pictures costs with an hour of data, measured where it is drawn. */
import { bucketOf } from '../../profile/histogram.ts';
import { Table } from '../../profile/tables.ts';
import { Canvases } from '../painting/canvases.ts';
import { heatColours } from '../histogram/heat-colours.ts';
import { brightness } from '../histogram/heat-painter.ts';
import { ProbeFigures } from '../worker/probe-figures.ts';
import type { ProbePicture, ProbeView } from '../worker/protocol.ts';

/** Slices of 20 ms. */
export const HOUR = 180_000;
const BUCKETS_A_SLICE = 12;

/** An hour of a probe with two humps, as its rows come. */
export function hourOfProbe(): ProbeFigures {
  const figures = new ProbeFigures();
  let seed = 17;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (let from = 0; from < HOUR; from += 1000) {
    const rows = new Table('buckets');
    for (let slice = from; slice < from + 1000; slice++) {
      for (let each = 0; each < BUCKETS_A_SLICE; each++) {
        const ns = (each < 10 ? 3000 : 400_000) * 2 ** (random() * 4 - 2);
        rows.append({ slice, probe: 0, thread: each % 4, stack: -1, group: 0, bucket: bucketOf(Math.round(ns)), count: 1 + Math.floor(random() * 20), sum: ns });
      }
    }
    figures.append(rows.segment(0));
  }
  return figures;
}

export const wholeHour: ProbeView = { recording: 1, probes: [0], columns: 500, newest: null, range: null, thread: null, selected: 0, paused: false, events: null };

/** Milliseconds of each redraw, raster included: the pixels are asked for. */
export function redraws(times: number): { heat: number[]; histogram: number[]; rectangles: number[] } {
  const picture = hourOfProbe().picture(0, wholeHour, HOUR);
  const colours = { theme: 'dark' as const, column: '#ff8a3d', line: '#2c3139', text: '#a3abb6', mark: '#e6e8eb', panel: '#1a1d22', heat: heatColours('#1a1d22', '#ff8a3d') };
  const common = { unit: 'nanoseconds' as const, colours, font: '9.5px sans-serif' };
  const size = { width: 500, height: 110, ratio: 1 };
  const canvas = { heat: new OffscreenCanvas(1, 1), histogram: new OffscreenCanvas(1, 1) };
  let draw: () => void = () => undefined;
  const canvases = new Canvases(() => undefined, (next) => (draw = next));
  canvases.receive({ type: 'open', surface: 0, kind: 'heat', canvas: canvas.heat });
  canvases.receive({ type: 'open', surface: 1, kind: 'histogram', canvas: canvas.histogram });
  for (const surface of [0, 1]) canvases.receive({ type: 'size', surface, size });
  const timed = (of: OffscreenCanvas, run: () => void) => {
    const began = performance.now();
    run();
    of.getContext('2d')!.getImageData(0, 0, 1, 1);
    return performance.now() - began;
  };
  const all = { heat: [] as number[], histogram: [] as number[], rectangles: [] as number[] };
  for (let time = 0; time < times; time++) {
    all.heat.push(timed(canvas.heat, () => {
      canvases.receive({ type: 'heat', surface: 0, change: { ...common, heat: { ...picture.heat }, sliceEnd: HOUR, newest: null, range: null } });
      draw();
    }));
    all.histogram.push(timed(canvas.histogram, () => {
      canvases.receive({ type: 'histogram', surface: 1, change: { ...common, histogram: { ...picture.histogram }, outline: null, marks: [{ label: 'p50', value: picture.p50 }], hover: -1 } });
      draw();
    }));
    all.rectangles.push(timed(canvas.heat, () => fillRectangles(canvas.heat, picture)));
  }
  return all;
}

/** The peer: a rectangle a cell. */
function fillRectangles(canvas: OffscreenCanvas, { heat }: ProbePicture): void {
  const surface = canvas.getContext('2d')!;
  surface.clearRect(0, 0, 500, 110);
  for (let column = 0; column < heat.columns; column++) {
    for (let row = 0; row < heat.rows; row++) {
      const count = heat.counts[column * heat.rows + row]!;
      if (count === 0) continue;
      surface.fillStyle = `rgb(255 138 61 / ${brightness(count, heat.most) / 255})`;
      surface.fillRect((column * 500) / heat.columns, 95 - ((row + 1) * 95) / heat.rows, 500 / heat.columns, 95 / heat.rows);
    }
  }
}
