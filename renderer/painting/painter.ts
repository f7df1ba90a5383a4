// SPDX-License-Identifier: Apache-2.0
/**
 * The main thread's side of the painter. Drawing some thousand frames costs more than all the rest of an update
 * (10 ms without a GPU), so it happens beside the main thread, which only says what has changed.
 */
import type { FlameScene, FontSource, FromPainter, SceneKind, Scenes, SurfaceNumber, SurfaceSize, TimelineScene, ToPainter } from './messages.ts';
import type { HeatDifferenceScene } from '../compare/heat-difference-painter.ts';
import type { HeatScene } from '../histogram/heat-painter.ts';
import type { HistogramScene } from '../histogram/histogram-painter.ts';

/** What is used of a Worker. */
export interface PainterPort {
  postMessage(message: ToPainter, transfer?: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: { data: FromPainter }) => void): void;
}

/** A canvas that the painter draws. */
export interface Surface<Scene> {
  /** Tells only what differs from what was told before. */
  change(change: Partial<Scene>): void;
  /** Also draws at once: a canvas that was resized is empty. */
  resize(size: SurfaceSize): void;
  close(): void;
}

export class Painter {
  readonly #port: PainterPort;
  readonly #painted = new Map<SurfaceNumber, (revision: number) => void>();
  #surfaces = 0;

  constructor(port: PainterPort) {
    this.#port = port;
    port.addEventListener('message', ({ data }) => this.#painted.get(data.surface)?.(data.revision));
  }

  useFonts(fonts: FontSource[]): void {
    this.#port.postMessage({ type: 'fonts', fonts });
  }

  /** Takes over a canvas for good: its element can be given away once. @param painted hears of each picture drawn. */
  flame(canvas: HTMLCanvasElement, painted: (revision: number) => void): Surface<FlameScene> {
    return this.#open('flame', canvas, painted);
  }

  timeline(canvas: HTMLCanvasElement): Surface<TimelineScene> {
    return this.#open('timeline', canvas, () => undefined);
  }

  histogram(canvas: HTMLCanvasElement): Surface<HistogramScene> {
    return this.#open('histogram', canvas, () => undefined);
  }

  heat(canvas: HTMLCanvasElement): Surface<HeatScene> {
    return this.#open('heat', canvas, () => undefined);
  }

  heatDifference(canvas: HTMLCanvasElement): Surface<HeatDifferenceScene> {
    return this.#open('heatDifference', canvas, () => undefined);
  }

  #open<K extends SceneKind>(kind: K, element: HTMLCanvasElement, painted: (revision: number) => void): Surface<Scenes[K]> {
    type Scene = Scenes[K];
    const port = this.#port;
    const surface = this.#surfaces++;
    const canvas = element.transferControlToOffscreen();
    port.postMessage({ type: 'open', surface, kind, canvas }, [canvas]);
    this.#painted.set(surface, painted);
    const told: Partial<Scene> = {};
    return {
      change(next) {
        const keys = (Object.keys(next) as (keyof Scene)[]).filter((key) => !(key in told) || told[key] !== next[key]);
        if (keys.length === 0) return;
        const change = Object.fromEntries(keys.map((key) => [key, next[key]])) as unknown as Partial<Scene>;
        Object.assign(told, change);
        port.postMessage({ type: kind, surface, change } as ToPainter);
      },
      resize: (size) => port.postMessage({ type: 'size', surface, size }),
      close: () => {
        this.#painted.delete(surface);
        port.postMessage({ type: 'close', surface });
      },
    };
  }
}
