// SPDX-License-Identifier: Apache-2.0
/** How each decile moved, with its interval. What it shows stands in the table beside it, too. */
import { ticks } from 'd3';
import type { ComparedProbe } from '../../profile/comparison/latencies.ts';
import { signed } from '../../profile/comparison/difference-words.ts';
import { decileWords } from '../../profile/comparison/latency-words.ts';
import { shiftText } from './latency-words.ts';
import { shiftPoints } from './latency-view.ts';

/** CSS pixels; widths are percent. */
const HEIGHT = 170;
const FOOT = 18;
const LEFT = 15;

export function ShiftChart({ probe }: { probe: ComparedProbe }) {
  const { scale, points, least, most } = shiftPoints(probe);
  const y = (value: number) => (1 - (value - least) / (most - least)) * (HEIGHT - FOOT - 8) + 4;
  const x = (index: number) => LEFT + ((index + 0.6) / points.length) * (100 - LEFT);
  const words = (value: number) => (scale === 'percent' ? `${signed(value, 0) || '0'} %` : shiftText(value, probe.unit));
  return (
    <svg className="shift-chart" height={HEIGHT} width="100%" role="img" aria-label={`By how much each decile differs: ${decileWords(probe)}.`}>
      {ticks(least, most, 4).map((value) => (
        <g key={value}>
          <line className={value === 0 ? 'shift-none' : 'shift-line'} x1={`${LEFT}%`} x2="100%" y1={y(value)} y2={y(value)} />
          <text className="shift-label" x={`${LEFT - 1}%`} y={y(value)} textAnchor="end" dominantBaseline="middle">
            {words(value)}
          </text>
        </g>
      ))}
      {points.map(({ label, at, low, high, verdict }, index) => (
        <g key={label} className={verdict}>
          {Number.isFinite(low) && Number.isFinite(high) && <line className="shift-interval" x1={`${x(index)}%`} x2={`${x(index)}%`} y1={y(high)} y2={Math.max(y(low), y(high) + 1)} />}
          <circle className="shift-point" cx={`${x(index)}%`} cy={y(at)} r="4" />
          <text className="shift-label" x={`${x(index)}%`} y={HEIGHT - 5} textAnchor="middle">
            {label}
          </text>
        </g>
      ))}
    </svg>
  );
}
