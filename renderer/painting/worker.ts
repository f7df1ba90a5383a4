// SPDX-License-Identifier: Apache-2.0
/// <reference lib="webworker" />
/** Entry of the painter: `new Worker(new URL('./painting/worker.ts', import.meta.url), { type: 'module' })`. */
import { Canvases } from './canvases.ts';
import type { ToPainter } from './messages.ts';

const scope = self as unknown as DedicatedWorkerGlobalScope;
const canvases = new Canvases(
  (message) => scope.postMessage(message),
  (draw) => scope.requestAnimationFrame(draw),
);
scope.addEventListener('message', ({ data }: MessageEvent<ToPainter>) => {
  if (data.type !== 'fonts') return canvases.receive(data);
  for (const { family, source, descriptors } of data.fonts) {
    const face = new FontFace(family, source, descriptors);
    scope.fonts.add(face);
    // A worker fetches no face by itself when a text needs it. Until it is there the text is drawn in another font.
    face.load().then(
      () => canvases.restyle(),
      (error: unknown) => console.error(`The font ${family} could not be loaded:`, error),
    );
  }
});
