// SPDX-License-Identifier: Apache-2.0
/** Test only. A surface that keeps what was drawn on it. */

export function drawLog() {
  const rects: { what: string; x: number; y: number; width: number; height: number }[] = [];
  const texts: string[] = [];
  const surface = {
    fillStyle: '', font: '', textAlign: 'left' as CanvasTextAlign, textBaseline: 'top' as CanvasTextBaseline, globalAlpha: 1,
    clearRect: () => undefined,
    fillRect: (x: number, y: number, width: number, height: number) => rects.push({ what: surface.fillStyle, x, y, width, height }),
    fillText: (text: string) => texts.push(text),
  };
  return { surface, rects, texts };
}
