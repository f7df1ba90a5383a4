// SPDX-License-Identifier: Apache-2.0
/** Probes that both sides have, the surest and largest changes first, and those that only one has. */
import type { ComparedProbe, Latencies } from '../../profile/comparison/latencies.ts';
import { whereWords } from '../../profile/comparison/latency-words.ts';
import type { ProbeName } from '../../profile/comparison/probe-matching.ts';
import { displayName } from '../app/format.ts';
import { useSession } from '../app/session-context.ts';
import { formatValue } from '../functions/durations.ts';
import { perSecondWords, probeVerdict, rowVerdict } from './latency-words.ts';
import { probeKey } from './latency-view.ts';
import './difference-table.css';

interface Props {
  probes: readonly ComparedProbe[];
  chosen: ComparedProbe | null;
  latencies: Latencies;
}

export function LatencyTable({ probes, chosen, latencies }: Props) {
  const { compare: actions } = useSession();
  const place = chosen === null ? -1 : probes.indexOf(chosen);
  const choose = (index: number) => {
    const next = probes[Math.min(Math.max(index, 0), probes.length - 1)];
    if (next !== undefined) actions.change((before) => ({ ...before, probe: probeKey(next) }));
  };
  const press = (event: React.KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: probes.length - 1 };
    const to = steps[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(to);
  };
  return (
    <div className="difference-table latency-table" role="grid" aria-label="Probes" aria-rowcount={probes.length + 1} tabIndex={0} onKeyDown={press}>
      <div className="difference-row difference-head" role="row" aria-rowindex={1}>
        {['Function', 'A /s', 'B /s', 'A p50', 'B p50', 'A p99', 'B p99', 'Verdict'].map((title) => (
          <span key={title} role="columnheader">
            {title}
          </span>
        ))}
      </div>
      {probes.map((probe, index) => (
        <Row key={probeKey(probe)} probe={probe} index={index} isChosen={index === place} choose={() => choose(index)} />
      ))}
      {probes.length === 0 && <p className="difference-same">No probe is shown: other words would show some.</p>}
      <OnlyOneSide latencies={latencies} />
    </div>
  );
}

/** What only one side asked. */
export function OnlyOneSide({ latencies: { onlyA, onlyB } }: { latencies: Latencies }) {
  return (
    <>
      <Only side="A" probes={onlyA} />
      <Only side="B" probes={onlyB} />
    </>
  );
}

function Row({ probe, index, isChosen, choose }: { probe: ComparedProbe; index: number; isChosen: boolean; choose(): void }) {
  const { unit, title, a, b, perSecond } = probe;
  const value = (of: number): string => (unit === 'count' ? '' : formatValue(of, unit));
  const cells = [perSecondWords(perSecond.a), perSecondWords(perSecond.b), value(a.p50), value(b.p50), value(a.p99), value(b.p99)];
  const verdict = probeVerdict(probe);
  return (
    <div role="row" aria-rowindex={index + 2} aria-selected={isChosen} className={`difference-row ${rowVerdict(probe)} ${isChosen ? 'on' : ''}`} onClick={choose}>
      <span role="gridcell" className="mono" title={`${displayName(title, 400)}\n${displayName(whereWords(probe), 200)}`}>
        {displayName(title, 200)} <small>{displayName(whereWords(probe), 80)}</small>
      </span>
      {cells.map((cell, column) => (
        <span key={column} role="gridcell">
          {cell}
        </span>
      ))}
      <span role="gridcell" className="difference-verdict" title={verdict}>
        {verdict}
      </span>
    </div>
  );
}

function Only({ side, probes }: { side: 'A' | 'B'; probes: readonly ProbeName[] }) {
  if (probes.length === 0) return null;
  return (
    <p className="difference-same">
      Only in {side}: {probes.map((probe) => `${displayName(probe.title, 120)} (${displayName(whereWords(probe), 80)})`).join(', ')}
    </p>
  );
}
