// SPDX-License-Identifier: Apache-2.0
/** Of which runs each side is, and the way to more. */
import { displayTarget } from '../app/format.ts';
import type { Comparing, SideName } from './comparing.ts';
import './sides.css';

export function CompareRuns({ comparing, addRuns }: { comparing: Comparing; addRuns(side: SideName): void }) {
  const { a, b } = comparing;
  if (a.length === 0 || b.length === 0) return null;
  return (
    <>
      <h3>Runs</h3>
      {(['a', 'b'] as const).map((side) => (
        <div key={side} className="compare-runs">
          <i>{side.toUpperCase()}</i>
          <span>{comparing[side].map(({ label }) => displayTarget(label, 60)).join(', ')}</span>
          <button onClick={() => addRuns(side)}>Add runs…</button>
        </div>
      ))}
    </>
  );
}
