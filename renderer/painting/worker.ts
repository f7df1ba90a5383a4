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
// Faces are fetched when a text first needs them: it is drawn in another font until then.
scope.fonts.addEventListener('loadingdone', () => canvases.restyle());
scope.addEventListener('message', ({ data }: MessageEvent<ToPainter>) => {
  if (data.type !== 'fonts') return canvases.receive(data);
  for (const { family, source, descriptors } of data.fonts) scope.fonts.add(new FontFace(family, source, descriptors));
});
