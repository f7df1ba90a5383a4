// SPDX-License-Identifier: Apache-2.0
/** The bar at the bottom, of the Compare screen. */
import { formatCount, formatLength } from '../app/format.ts';
import { formatWeight } from '../app/questions.ts';
import type { ComparisonResult } from '../worker/protocol.ts';
import '../app/status-bar.css';

export function CompareStatus({ result: { weights, durations, unit, matched, tests } }: { result: ComparisonResult }) {
  return (
    <footer className="status">
      {(['a', 'b'] as const).map((side) => (
        <span key={side}>
          {side.toUpperCase()} <b>{formatWeight(weights[side], unit)}</b>
          {durations[side] > 0 && ` in ${formatLength(durations[side])}`}
        </span>
      ))}
      <span className="grow" />
      <span className="status-right">
        {formatCount(matched)} functions compared, corrected for {formatCount(tests)} tests
      </span>
    </footer>
  );
}
