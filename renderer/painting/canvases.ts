// SPDX-License-Identifier: Apache-2.0
/** The painter without its thread: keeps the scene of each canvas and draws what has changed, once an animation frame. */
import { paintHeatDifference, type HeatDifferenceScene } from '../compare/heat-difference-painter.ts';
import { paint } from '../flamegraph/painter.ts';
import { paletteOf } from '../flamegraph/palette.ts';
import { paintTimeline } from '../timeline/timeline-painter.ts';
import { paintHeat, type HeatScene, type Pixels } from '../histogram/heat-painter.ts';
import { paintHistogram, type HistogramScene } from '../histogram/histogram-painter.ts';
import type { FlameScene, FromPainter, SceneKind, SurfaceNumber, SurfaceSize, TimelineScene, ToPainter } from './messages.ts';

const FONT_SIZE = 11.5;

type Surface = OffscreenCanvasRenderingContext2D;

interface Canvas {
  surface: Surface;
  size: SurfaceSize;
  isChanged: boolean;
  scene: Scene;
}

type Scene =
  | { kind: 'flame'; of: Partial<FlameScene>; painted: number | null }
  | { kind: 'timeline'; of: Partial<TimelineScene> }
  | { kind: 'histogram'; of: Partial<HistogramScene> }
  | { kind: 'heat'; of: Partial<HeatScene>; pixels: Pixels }
  | { kind: 'heatDifference'; of: Partial<HeatDifferenceScene> };

function emptyScene(kind: SceneKind, surface: Surface): Scene {
  switch (kind) {
    case 'flame':
      return { kind, of: {}, painted: null };
    case 'heat':
      return { kind, of: {}, pixels: enlarged(surface) };
    case 'timeline':
    case 'histogram':
    case 'heatDifference':
      return { kind, of: {} };
    default:
      return kind satisfies never;
  }
}

export class Canvases {
  readonly #post: (message: FromPainter) => void;
  readonly #nextFrame: (draw: () => void) => void;
  readonly #canvases = new Map<SurfaceNumber, Canvas>();
  /** Advance of a character by font: all of one width. */
  readonly #advances = new Map<string, number>();
  #isScheduled = false;

  /** @param nextFrame calls once, at the next animation frame. */
  constructor(post: (message: FromPainter) => void, nextFrame: (draw: () => void) => void) {
    this.#post = post;
    this.#nextFrame = nextFrame;
  }

  receive(message: Exclude<ToPainter, { type: 'fonts' }>): void {
    if (message.type === 'open') {
      const { surface, kind, canvas } = message;
      const context = canvas.getContext('2d')!;
      this.#canvases.set(surface, { surface: context, size: { width: 0, height: 0, ratio: 1 }, isChanged: false, scene: emptyScene(kind, context) });
      return;
    }
    const canvas = this.#canvases.get(message.surface);
    if (canvas === undefined) return;
    switch (message.type) {
      case 'size':
        canvas.size = message.size;
        // At once: a canvas that was resized is empty.
        resize(canvas);
        return this.#draw(message.surface, canvas);
      case 'flame':
      case 'timeline':
      case 'histogram':
      case 'heat':
      case 'heatDifference':
        Object.assign(canvas.scene.of, message.change);
        canvas.isChanged = true;
        return this.#schedule();
      case 'close':
        this.#canvases.delete(message.surface);
        return;
      default:
        message satisfies never;
    }
  }

  /** Fonts have come: what was drawn is drawn again with them. */
  restyle(): void {
    this.#advances.clear();
    for (const canvas of this.#canvases.values()) canvas.isChanged = true;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#nextFrame(() => {
      this.#isScheduled = false;
      for (const [surface, canvas] of this.#canvases) if (canvas.isChanged) this.#draw(surface, canvas);
    });
  }

  #draw(number: SurfaceNumber, { surface, size, scene }: Canvas): void {
    this.#canvases.get(number)!.isChanged = false;
    surface.setTransform(size.ratio, 0, 0, size.ratio, 0, 0);
    if (scene.kind === 'timeline') {
      if (isWhole(scene.of, TIMELINE)) this.#drawTimeline(surface, size, scene.of);
      return;
    }
    if (scene.kind === 'histogram') {
      if (isWhole(scene.of, HISTOGRAM)) paintHistogram(surface, size, scene.of);
      return;
    }
    if (scene.kind === 'heat') {
      if (isWhole(scene.of, HEAT)) paintHeat(surface, scene.pixels, size, scene.of);
      return;
    }
    if (scene.kind === 'heatDifference') {
      if (isWhole(scene.of, HEAT_DIFFERENCE)) paintHeatDifference(surface, size, scene.of);
      return;
    }
    if (!isWhole(scene.of, FLAME)) return;
    this.#drawFlame(surface, size, scene.of);
    const revision = scene.of.picture?.revision ?? null;
    if (revision !== null && revision !== scene.painted) this.#post({ type: 'painted', surface: number, revision });
    scene.painted = revision;
  }

  #drawTimeline(surface: Surface, size: SurfaceSize, { timeline, range, cpus, isGrowing, colours, font }: TimelineScene): void {
    paintTimeline(surface, timeline, range, { cpus, isGrowing }, size, colours, font);
  }

  #drawFlame(surface: Surface, size: SurfaceSize, { picture, look, ...rest }: FlameScene): void {
    if (picture === null) return surface.clearRect(0, 0, size.width, size.height);
    const font = `${FONT_SIZE}px ${look.family}`;
    const characterWidth = this.#advance(surface, font);
    paint(surface, { ...rest, picture, viewWidth: size.width, viewHeight: size.height, palette: paletteOf(look), font, characterWidth });
  }

  #advance(surface: Surface, font: string): number {
    let advance = this.#advances.get(font);
    if (advance === undefined) {
      surface.font = font;
      advance = surface.measureText('0000000000').width / 10 || 7;
      this.#advances.set(font, advance);
    }
    return advance;
  }
}

function resize({ surface, size }: Canvas): void {
  surface.canvas.width = Math.round(size.width * size.ratio);
  surface.canvas.height = Math.round(size.height * size.ratio);
}

/** Pixels as large as they have to be, with sharp edges. */
function enlarged(surface: Surface): Pixels {
  let small: OffscreenCanvas | null = null;
  return {
    draw(pixels, columns, rows, { x, y, width, height }) {
      small ??= new OffscreenCanvas(columns, rows);
      // Setting them empties it, even to what they were.
      if (small.width !== columns || small.height !== rows) [small.width, small.height] = [columns, rows];
      const bytes = new Uint8ClampedArray(pixels.buffer as ArrayBuffer, pixels.byteOffset, pixels.byteLength);
      small.getContext('2d')!.putImageData(new ImageData(bytes, columns, rows), 0, 0);
      surface.imageSmoothingEnabled = false;
      surface.drawImage(small, x, y, width, height);
    },
  };
}

const FLAME = ['picture', 'layout', 'height', 'scrollTop', 'selection', 'hover', 'look'] as const satisfies (keyof FlameScene)[];
const TIMELINE = ['timeline', 'range', 'cpus', 'isGrowing', 'colours', 'font'] as const satisfies (keyof TimelineScene)[];
const HISTOGRAM = ['histogram', 'outline', 'unit', 'marks', 'hover', 'colours', 'font'] as const satisfies (keyof HistogramScene)[];
const HEAT = ['heat', 'unit', 'sliceEnd', 'newest', 'range', 'colours', 'font'] as const satisfies (keyof HeatScene)[];
const HEAT_DIFFERENCE = ['difference', 'unit', 'palette', 'cell', 'colours', 'font'] as const satisfies (keyof HeatDifferenceScene)[];

function isWhole<T extends object>(scene: Partial<T>, keys: readonly (keyof T)[]): scene is T {
  return keys.every((key) => key in scene);
}
