// SPDX-License-Identifier: Apache-2.0
/** The chosen probe of two sides: histograms over each other, heat maps above each other, and how each decile moved. */
import { useEffect, type RefObject } from 'react';
import type { ComparedProbe } from '../../profile/comparison/latencies.ts';
import { shiftWords } from '../../profile/comparison/latency-words.ts';
import { displayName } from '../app/format.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { formatValue } from '../functions/durations.ts';
import { Choice } from './Choice.tsx';
import { CompareTabs } from './CompareTabs.tsx';
import { OverlaidHistograms, SideHeat } from './LatencyCanvas.tsx';
import { intervalText, shiftText } from './latency-words.ts';
import { ShiftChart } from './ShiftChart.tsx';
import '../histogram/caption.css';
import './difference-pictures.css';

const heightChoices = [
  { value: 'share', title: 'share', what: 'Which part of a side’s calls took so long: how often it was called is divided out' },
  { value: 'rate', title: 'a second', what: 'How many calls a second took so long' },
] as const;

interface Props {
  /** null: none is shown. */
  probe: ComparedProbe | null;
  /** There are some, though words may hide them. */
  hasProbes: boolean;
  /** There is a flame graph, too. */
  hasFunctions: boolean;
  search: RefObject<HTMLInputElement | null>;
}

export function LatencyPictures({ probe, hasProbes, hasFunctions, search }: Props) {
  const { compare: actions } = useSession();
  const { heights, query } = useApp((state) => state.comparing);
  useEffect(() => () => actions.resizeHeat(0), [actions]);
  return (
    <section className="compare-pictures" aria-label="Latencies of both sides">
      <div className="compare-tools">
        {hasFunctions && <CompareTabs />}
        {hasProbes && <Choice label="Heights" options={heightChoices} value={heights} choose={(value) => actions.change((before) => ({ ...before, heights: value }))} />}
        <span className="grow" />
        {hasProbes && <input ref={search} type="search" aria-label="Search probes" placeholder="Search probes" spellCheck={false} value={query} onChange={(event) => actions.change((before) => ({ ...before, query: event.target.value }))} />}
      </div>
      {probe !== null && <Pictures probe={probe} />}
    </section>
  );
}

function Pictures({ probe }: { probe: ComparedProbe }) {
  const title = displayName(probe.title, 80);
  if (probe.unit === 'count') {
    return <p className="latency-none">Calls of {title} are only counted: how often they came is in the table. Measure the latency to compare how long they take.</p>;
  }
  return (
    // It scrolls where there is little room: by keyboard, too.
    <div className="latency-pictures" tabIndex={0} role="group" aria-label={`Pictures of ${title}`}>
      <div>
        <OverlaidHistograms probe={probe} label={`Histograms of ${title}: A outlined, B filled.`} />
        <SideHeat probe={probe} side="a" label={`Heat map of ${title} in A over time.`} />
        <SideHeat probe={probe} side="b" label={`Heat map of ${title} in B over time, on the same scale.`} />
      </div>
      <div>
        {probe.deciles.length > 0 ? (
          <>
            <p className="cap">How each decile moved, and its 95 % interval</p>
            <ShiftChart probe={probe} />
            <ShiftTable probe={probe} />
          </>
        ) : (
          <p className="latency-none">Nothing was measured on one side.</p>
        )}
      </div>
    </div>
  );
}

function ShiftTable({ probe: { deciles, p99, unit } }: { probe: ComparedProbe }) {
  return (
    <table className="shift-table">
      <thead>
        <tr>
          {['Below', 'A', 'B', 'Change', '95 % interval', 'Verdict'].map((title) => (
            <th key={title} scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {[...deciles, ...(p99 ? [p99] : [])].map((each) => (
          <tr key={each.share} className={each.verdict}>
            <th scope="row">{Math.round(100 * each.share)} %</th>
            <td>{formatValue(each.a, unit)}</td>
            <td>{formatValue(each.b, unit)}</td>
            <td className="difference-delta">{shiftText(each.delta, unit)}</td>
            <td>{intervalText(each, unit)}</td>
            <td className="difference-verdict">{shiftWords(each.verdict, unit)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
