// SPDX-License-Identifier: Apache-2.0
/** The chosen function in words, what else changed, and what to know before believing it. */
import type { Verdict } from '../../profile/comparison/comparison.ts';
import { signed, verdictWords } from '../../profile/comparison/difference-words.ts';
import { displayName, formatCount } from '../app/format.ts';
import { CompareRuns } from './CompareRuns.tsx';
import { chanceWords, differenceWords, moreWords, share } from './compare-words.ts';
import { VERDICTS, type Comparing, type ShownFunction, type SideName } from './comparing.ts';
import '../parts/inspector.css';
import './difference-inspector.css';

interface Props {
  comparing: Comparing;
  counts: Record<Verdict, { functions: number; points: number }>;
  addRuns(side: SideName): void;
}

export function DifferenceInspector({ comparing, counts, addRuns }: Props) {
  const { result, selected, measure, a, b } = comparing;
  const chosen = result?.functions.find(({ identity }) => identity === selected);
  return (
    <aside className="info compare-info" aria-label="What changed">
      {chosen !== undefined && result !== null && <Chosen one={chosen} measure={measure} noise={result.noise} tests={result.tests} />}
      {result !== null && (
        <>
          <h3>What {chosen === undefined ? '' : 'else '}changed</h3>
          <ul className="compare-tally">
            {VERDICTS.map((verdict) => (
              <li key={verdict} className={verdict}>
                <span>
                  {formatCount(counts[verdict].functions)} {verdictWords[verdict]}
                </span>
                {/* With all that they called, functions hold each other: a sum would count the same time again. */}
                {measure === 'self' && (verdict === 'grew' || verdict === 'shrank') && counts[verdict].functions > 0 && <em>{signed(counts[verdict].points)}</em>}
              </li>
            ))}
          </ul>
          {result.matched > result.functions.length && <p>The {formatCount(result.functions.length)} most telling of {formatCount(result.matched)} functions are listed.</p>}
          <h3>Before you believe it</h3>
          <ul className="compare-notes">
            {result.notes.map((note) => (
              <li key={note}>{displayName(note, 600)}</li>
            ))}
            <li>
              {formatCount(result.tests)} functions could be tested; probabilities are corrected for all of them. Noise is what varied {result.noise === 'between' ? 'between the runs of a side' : 'within the recordings'}.
            </li>
          </ul>
          {result.renames.length > 0 && (
            <>
              <h3>Perhaps renamed</h3>
              <ul className="compare-notes">
                {result.renames.slice(0, 10).map(({ from, to, module, likeness }) => (
                  <li key={`${from} ${to} ${module}`}>
                    <span className="mono">{displayName(from, 120)}</span> to <span className="mono">{displayName(to, 120)}</span>: their neighbours are {Math.round(100 * likeness)} % alike. Nothing counts them as one.
                  </li>
                ))}
              </ul>
            </>
          )}
        </>
      )}
      <CompareRuns comparing={comparing} addRuns={addRuns} />
      {a.length > 0 && b.length > 0 && (a.length < 3 || b.length < 3) && <p className="dim">With three runs and more on each side, what differs between runs of the same is known to be noise.</p>}
    </aside>
  );
}

function Chosen({ one, measure, noise, tests }: { one: ShownFunction; measure: 'total' | 'self'; noise: 'within' | 'between'; tests: number }) {
  const difference = one[measure];
  const other = one[measure === 'total' ? 'self' : 'total'];
  const more = moreWords(difference, noise);
  return (
    <>
      <p className="compare-symbol mono">{displayName(one.name, 400)}</p>
      <p className="compare-verdict">
        <b className={difference.verdict}>{verdictWords[difference.verdict].replace(/^./, (letter) => letter.toUpperCase())}.</b> {differenceWords(difference)} {chanceWords(difference, tests)} {more}
      </p>
      <IntervalBar low={difference.low} high={difference.high} delta={difference.delta} />
      <dl className="compare-facts">
        <div>
          <dt>{measure === 'total' ? 'Self' : 'Total'}</dt>
          <dd>
            {other.a === 0 && other.b === 0 ? 'none' : `${share(other.a)} → ${share(other.b)} %, ${verdictWords[other.verdict]}`}
          </dd>
        </div>
        <div>
          <dt>Object</dt>
          <dd className="mono">{displayName(one.module, 200)}</dd>
        </div>
        <div>
          <dt>By chance</dt>
          <dd>{difference.p >= 0.995 ? 'as likely as not' : difference.p < 0.001 ? 'less than 1 in 1,000' : `${(100 * difference.p).toFixed(difference.p < 0.1 ? 1 : 0)} %`}</dd>
        </div>
        <div>
          <dt>Matched</dt>
          <dd>by name and object</dd>
        </div>
      </dl>
    </>
  );
}

/** The interval around no change at all, which is in the middle. */
function IntervalBar({ low, high, delta }: { low: number; high: number; delta: number }) {
  const reach = Math.max(Math.abs(low), Math.abs(high), 0.01) * 1.15;
  const at = (value: number) => 50 + (50 * value) / reach;
  return (
    <svg className="interval-bar" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label={`Between ${signed(low)} and ${signed(high)} points; the mark in the middle is no change`}>
      <rect className="interval-ground" x="0" y="0" width="100" height="8" />
      <rect className="interval-range" x={at(low)} y="2" width={Math.max(0.5, at(high) - at(low))} height="4" />
      <rect className="interval-delta" x={at(delta) - 0.4} y="0" width="0.8" height="8" />
      <rect className="interval-none" x="49.85" y="0" width="0.3" height="8" />
    </svg>
  );
}
