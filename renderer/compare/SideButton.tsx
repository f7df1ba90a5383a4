// SPDX-License-Identifier: Apache-2.0
/** A side of the comparison, and the way to choose another. */
import { displayTarget, formatLength } from '../app/format.ts';
import { questionWords } from '../app/questions.ts';
import { SLICE_NANOSECONDS } from '../../profile/units.ts';
import type { ChosenRun, SideName } from './comparing.ts';
import './sides.css';

export function SideButton({ side, runs, choose }: { side: SideName; runs: readonly ChosenRun[]; choose(): void }) {
  const first = runs[0];
  return (
    <button className="compare-side" onClick={choose} title={runs.map(({ label }) => displayTarget(label, 120)).join('\n')}>
      <i>{side.toUpperCase()}</i>
      {first === undefined ? (
        <b>Choose…</b>
      ) : (
        <>
          <b>{runs.length === 1 ? displayTarget(first.label, 60) : `${runs.length} runs`}</b>
          <small>{runs.length === 1 ? partWords(first) : displayTarget(first.label, 40)}</small>
        </>
      )}
    </button>
  );
}

function partWords({ info, range, hiddenThreads }: ChosenRun): string {
  const part = range === null ? '' : `, ${formatLength((range.to - range.from) * SLICE_NANOSECONDS)} of it`;
  const threads = hiddenThreads.length === 0 ? '' : `, without ${hiddenThreads.length} threads`;
  return `${questionWords[info.question].title}${info.state.kind === 'live' ? ', live' : ''}${part}${threads}`;
}
