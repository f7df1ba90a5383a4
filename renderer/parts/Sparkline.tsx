// SPDX-License-Identifier: Apache-2.0
import { sparklinePoints } from './sparkline-points.ts';

/** Values kept for a sparkline, here and in the worker. */
const SLOTS = 24;

/** Recent values, 0 to `most` or to the largest above it. Decoration: the figure stands beside it as text. */
export function Sparkline({ values, most, width, height }: { values: readonly number[]; most: number; width: number; height: number }) {
  const highest = Math.max(most, ...values);
  return (
    <svg className="sparkline" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden>
      <polyline points={sparklinePoints(values, highest, width, height, SLOTS)} />
    </svg>
  );
}
