// SPDX-License-Identifier: Apache-2.0
/** The bar at the bottom, of the Functions screen. */
import { droppedOf, droppedWords } from '../../ipc/dropped-events.ts';
import { formatCount, formatPercent } from '../app/format.ts';
import { useApp } from '../app/store.ts';
import { costOf } from './probing.ts';
import '../app/status-bar.css';

export function ProbeStatus() {
  const probes = useApp((state) => state.probing.probes);
  const recording = useApp((state) => state.probing.recording);
  const engine = useApp((state) => state.engine);
  const attached = probes.filter(({ state }) => state === 'attached');
  const sum = (figure: 'missed' | 'dropped' | 'lost') => probes.reduce((all, { figures }) => all + figures[figure], 0);
  const mechanisms = [...new Set(attached.map(({ mechanism }) => mechanism).filter((name) => name !== ''))].join(', ');
  return (
    <footer className="status">
      <span>
        <i className={`dot ${recording?.state.kind ?? ''}`} aria-hidden />
        <b>{formatCount(attached.length)}</b> {attached.length === 1 ? 'probe' : 'probes'}
      </span>
      <Figure label="missed returns" value={sum('missed')} title="Calls whose return was not seen, or returns without an entry" />
      <Figure label="lost" value={sum('lost')} title="Measured, but without room in the kernel" />
      <Figure label="events dropped" value={sum('dropped')} title={droppedWords(droppedOf(probes.map(({ figures }) => figures))) || 'Hits above the rate that is kept, or without room'} />
      <span>
        overhead <b>{formatPercent(costOf(probes), 1)}</b>
        <span className="wide-only"> of one CPU</span>
      </span>
      <span className="grow" />
      <span className="status-right">{[mechanisms, `kernel ${recording?.kernel ?? engine?.kernel ?? ''}`].filter((part) => part !== '').join(' · ')}</span>
    </footer>
  );
}

function Figure({ label, value, title }: { label: string; value: number; title: string }) {
  return (
    <span title={title} className={value > 0 ? 'alarming' : ''}>
      {label} <b>{formatCount(value)}</b>
    </span>
  );
}
