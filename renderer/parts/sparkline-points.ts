// SPDX-License-Identifier: Apache-2.0
/** SVG points of a sparkline: values 0 to `most` in a box, the newest at the right. */
export function sparklinePoints(values: readonly number[], most: number, width: number, height: number, slots: number): string {
  const step = width / Math.max(1, slots - 1);
  const scale = most > 0 ? (height - 2) / most : 0;
  return values
    .slice(-slots)
    .map((value, index, shown) => {
      const x = width - (shown.length - 1 - index) * step;
      const y = height - 1 - Math.min(Math.max(value, 0), most) * scale;
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join(' ');
}
