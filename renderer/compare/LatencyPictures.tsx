// SPDX-License-Identifier: Apache-2.0
/** The chosen probe of two sides: histograms over each other, heat maps above each other or their difference, and how each decile moved. */
import { useEffect } from 'react';
import type { ComparedProbe } from '../../profile/comparison/latencies.ts';
import { shiftWords } from '../../profile/comparison/latency-words.ts';
import { displayName } from '../app/format.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { formatValue } from '../functions/durations.ts';
import { Choice } from './Choice.tsx';
import { CompareTabs } from './CompareTabs.tsx';
import { HeatDifferencePicture } from './HeatDifferencePicture.tsx';
import { OverlaidHistograms, SideHeat } from './LatencyCanvas.tsx';
import { lookedAt, probeKey, wantedPart } from './latency-view.ts';
import { intervalText, shiftText } from './latency-words.ts';
import { PartChoiceList } from './PartChoiceList.tsx';
import { PaletteChoice } from './PaletteChoice.tsx';
import { ShiftChart } from './ShiftChart.tsx';
import '../histogram/caption.css';
import './difference-pictures.css';

const heightChoices = [
  { value: 'share', title: 'share', what: 'Which part of a side’s calls took so long: how often it was called is divided out' },
  { value: 'rate', title: 'a second', what: 'How many calls a second took so long' },
] as const;

const heatChoices = [
  { value: 'above', title: 'A and B', what: 'Each side’s heat map over time, on the same scale' },
  { value: 'difference', title: 'difference', what: 'Of which values, and when in the run, B has a larger or smaller share of its calls' },
] as const;

interface Props {
  /** null: none is shown. */
  probe: ComparedProbe | null;
  /** There are some, though words may hide them. */
  hasProbes: boolean;
  /** There is a flame graph, too. */
  hasFunctions: boolean;
}

export function LatencyPictures({ probe, hasProbes, hasFunctions }: Props) {
  const { compare: actions } = useSession();
  const comparing = useApp((state) => state.comparing);
  const { heights, heats, parts } = comparing;
  const looked = probe && lookedAt(comparing, probe);
  useEffect(() => () => actions.resizeHeat(0), [actions]);
  return (
    <section className="compare-pictures" aria-label="Latencies of both sides">
      <div className="compare-tools">
        {hasFunctions && <CompareTabs />}
        {hasProbes && <Choice label="Heights" options={heightChoices} value={heights} choose={(value) => actions.change((before) => ({ ...before, heights: value }))} />}
        {hasProbes && <Choice label="Heat maps" options={heatChoices} value={heats} choose={(value) => actions.change((before) => ({ ...before, heats: value }))} />}
        {hasProbes && heats === 'difference' && <PaletteChoice />}
        {probe !== null && parts?.probe === probeKey(probe) && <PartChoiceList probe={parts.probe} choices={parts.choices} chosen={wantedPart(comparing, probe)} />}
      </div>
      {looked !== null && <Pictures probe={looked.probe} />}
    </section>
  );
}

function Pictures({ probe }: { probe: ComparedProbe }) {
  const title = displayName(probe.title, 80);
  const heats = useApp((state) => state.comparing.heats);
  if (probe.unit === 'count') {
    return <p className="latency-none">Calls of {title} are only counted: how often they came is in the table. Measure the latency to compare how long they take.</p>;
  }
  return (
    // It scrolls where there is little room: by keyboard, too.
    <div className="latency-pictures" tabIndex={0} role="group" aria-label={`Pictures of ${title}`}>
      <div>
        <OverlaidHistograms probe={probe} label={`Histograms of ${title}: A outlined, B filled.`} />
        {heats === 'above' ? (
          <>
            <SideHeat probe={probe} side="a" label={`Heat map of ${title} in A over time.`} />
            <SideHeat probe={probe} side="b" label={`Heat map of ${title} in B over time, on the same scale.`} />
          </>
        ) : (
          <HeatDifferencePicture probe={probe} label={`Difference of the heat maps of ${title}: by value and part of the run.`} />
        )}
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
