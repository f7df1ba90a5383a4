// SPDX-License-Identifier: Apache-2.0
/** What crosses between the main thread and the painter, a worker that draws on the canvases of the page. */
import type { HeatDifferenceScene } from '../compare/heat-difference-painter.ts';
import type { FlameLook } from '../flamegraph/palette.ts';
import type { Layout } from '../flamegraph/geometry.ts';
import type { PaintedPicture } from '../flamegraph/painter.ts';
import type { HeatScene } from '../histogram/heat-painter.ts';
import type { HistogramScene } from '../histogram/histogram-painter.ts';
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
  /** CPUs of the recorded computer; 0: not known. */
  cpus: number;
  isGrowing: boolean;
  colours: TimelineColours;
  font: string;
}

/** What is painted, by kind of canvas. */
export interface Scenes {
  flame: FlameScene;
  timeline: TimelineScene;
  histogram: HistogramScene;
  heat: HeatScene;
  heatDifference: HeatDifferenceScene;
}
export type SceneKind = keyof Scenes;

/** A face of a family, as in the page's style sheets. */
export interface FontSource {
  family: string;
  source: string;
  descriptors: FontFaceDescriptors;
}

export type ToPainter =
  | { type: 'fonts'; fonts: FontSource[] }
  | { type: 'open'; surface: SurfaceNumber; kind: SceneKind; canvas: OffscreenCanvas }
  | { type: 'size'; surface: SurfaceNumber; size: SurfaceSize }
  /** Only what has changed; nothing is drawn before all of it has come once. */
  | { [K in SceneKind]: { type: K; surface: SurfaceNumber; change: Partial<Scenes[K]> } }[SceneKind]
  | { type: 'close'; surface: SurfaceNumber };

/** A flame graph is on its canvas; pictures that newer ones overtook are never told. */
export type FromPainter = { type: 'painted'; surface: SurfaceNumber; revision: number };
