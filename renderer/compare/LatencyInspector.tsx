// SPDX-License-Identifier: Apache-2.0
/** The chosen probe in words and figures, and what to know before believing it. */
import type { ComparedProbe } from '../../profile/comparison/latencies.ts';
import { rateWords, whereWords } from '../../profile/comparison/latency-words.ts';
import { displayName, formatCount } from '../app/format.ts';
import { formatValue } from '../functions/durations.ts';
import { CompareRuns } from './CompareRuns.tsx';
import type { ComparedPart } from '../worker/protocol.ts';
import type { Comparing, SideName } from './comparing.ts';
import { lookedAt } from './latency-view.ts';
import { partNotes, perSecondWords, probeVerdict, rateText, rowVerdict } from './latency-words.ts';
import '../parts/inspector.css';
import './difference-inspector.css';

interface Props {
  comparing: Comparing;
  probe: ComparedProbe | null;
  addRuns(side: SideName): void;
}

export function LatencyInspector({ comparing, probe, addRuns }: Props) {
  const { latencies, latencyNotes } = comparing;
  const looked = probe && lookedAt(comparing, probe);
  return (
    <aside className="info compare-info" aria-label="What changed">
      {looked !== null && <Chosen probe={looked.probe} part={looked.part} />}
      {latencies !== null && latencies.compared.length > 0 && (
        <>
          <h3>Before you believe it</h3>
          <ul className="compare-notes">
            {[...partNotes(looked?.part ?? null), ...(probe?.notes ?? []), ...latencyNotes].map((note) => (
              <li key={note}>{displayName(note, 600)}</li>
            ))}
            {looked?.part == null && <li>{formatCount(latencies.tests)} deciles and rates could be tested; probabilities are corrected for all of them.</li>}
          </ul>
        </>
      )}
      <CompareRuns comparing={comparing} addRuns={addRuns} />
    </aside>
  );
}

function Chosen({ probe, part }: { probe: ComparedProbe; part: ComparedPart | null }) {
  const { title, unit, a, b, perSecond } = probe;
  const value = (of: number): string => formatValue(of, unit);
  const rows: [what: string, a: string, b: string][] = [
    ['Calls', formatCount(a.count), formatCount(b.count)],
    ['A second', perSecondWords(perSecond.a), perSecondWords(perSecond.b)],
    ...(unit === 'count' ? [] : (['p50', 'p90', 'p99', 'max'] as const).map((each): [string, string, string] => [each, value(a[each]), value(b[each])])),
  ];
  const verdict = probeVerdict(probe);
  return (
    <>
      <p className="compare-symbol mono">{displayName(title, 400)}</p>
      {part !== null && (
        <p className="compare-part">
          Only {part.of.kind === 'thread' ? 'threads called ' : ''}
          <b className="mono">{displayName(part.of.name, 120)}</b>; the table below is of all calls.
        </p>
      )}
      <p className="compare-verdict">
        <b className={rowVerdict(probe)}>{verdict.replace(/^./, (letter) => letter.toUpperCase())}.</b> {unit === 'count' ? '' : `How often: ${rateWords[perSecond.verdict]}, `}
        {rateText(probe)}.
      </p>
      <table className="latency-figures">
        <thead>
          <tr>
            <th scope="col">{displayName(whereWords(probe), 80)}</th>
            <th scope="col">A</th>
            <th scope="col">B</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([what, inA, inB]) => (
            <tr key={what}>
              <th scope="row">{what}</th>
              <td>{inA}</td>
              <td>{inB}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
