// SPDX-License-Identifier: Apache-2.0
/** A canvas of a probe's picture, in the page. */
import type { SurfaceSize } from '../painting/messages.ts';
import type { Surface } from '../painting/painter.ts';
import { readProbeColours, readProbeFont } from './heat-colours.ts';

/** Keeps a surface at the size of its canvas and in the colours of the theme. */
export function followSurface<Scene>(element: HTMLCanvasElement, surface: Surface<Scene>, resized: (size: SurfaceSize) => void): () => void {
  const restyle = () => surface.change({ colours: readProbeColours(), font: readProbeFont() } as unknown as Partial<Scene>);
  const observer = new ResizeObserver(() => {
    const size = { width: element.clientWidth, height: element.clientHeight, ratio: window.devicePixelRatio || 1 };
    surface.resize(size);
    resized(size);
  });
  observer.observe(element, { box: 'device-pixel-content-box' });
  const themes = new MutationObserver(restyle);
  themes.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  restyle();
  return () => {
    observer.disconnect();
    themes.disconnect();
    surface.close();
  };
}
