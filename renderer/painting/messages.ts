// SPDX-License-Identifier: Apache-2.0
/** What crosses between the main thread and the painter, a worker that draws on the canvases of the page. */
import type { FlameLook } from '../flamegraph/palette.ts';
import type { Layout } from '../flamegraph/geometry.ts';
import type { PaintedPicture } from '../flamegraph/painter.ts';
import type { Range } from '../timeline/brush.ts';
import type { TimelineColours } from '../timeline/timeline-painter.ts';
import type { NodeIndex, Timeline } from '../worker/protocol.ts';

/** A canvas of the page, numbered by the main thread. */
export type SurfaceNumber = number;

/** CSS pixels, and device pixels for one of them. */
export interface SurfaceSize {
  width: number;
  height: number;
  ratio: number;
}

export interface FlameScene {
  picture: PaintedPicture | null;
  layout: Layout;
  /** CSS pixels of all rows, and which part of it is in view. */
  height: number;
  scrollTop: number;
  selection: NodeIndex | null;
  /** Frame of the picture, -1: none. */
  hover: number;
  look: FlameLook;
}

export interface TimelineScene {
  timeline: Timeline | null;
  range: Range | null;
  /** CPUs of the recorded computer. */
  cpus: number;
  colours: TimelineColours;
  font: string;
}

/** A face of a family, as in the page's style sheets. */
export interface FontSource {
  family: string;
  source: string;
  descriptors: FontFaceDescriptors;
}

export type ToPainter =
  | { type: 'fonts'; fonts: FontSource[] }
  | { type: 'open'; surface: SurfaceNumber; kind: 'flame' | 'timeline'; canvas: OffscreenCanvas }
  | { type: 'size'; surface: SurfaceNumber; size: SurfaceSize }
  /** Only what has changed; nothing is drawn before all of it has come once. */
  | { type: 'flame'; surface: SurfaceNumber; change: Partial<FlameScene> }
  | { type: 'timeline'; surface: SurfaceNumber; change: Partial<TimelineScene> }
  | { type: 'close'; surface: SurfaceNumber };

/** A flame graph is on its canvas; pictures that newer ones overtook are never told. */
export type FromPainter = { type: 'painted'; surface: SurfaceNumber; revision: number };
