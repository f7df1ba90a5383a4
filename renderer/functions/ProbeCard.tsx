// SPDX-License-Identifier: Apache-2.0
/** One probe: its name and mechanism, its figures, its pictures, and what became of it. */
import { RotateCcw, X } from 'lucide-react';
import type { ProbeInfo } from '../../ipc/contract.ts';
import { droppedWords } from '../../ipc/dropped-events.ts';
import { baseName } from '../../profile/names.ts';
import { displayName, formatCount } from '../app/format.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { OpenDoctor } from '../doctor/OpenDoctor.tsx';
import { HeatCanvas, HistogramCanvas } from '../histogram/ProbeCanvas.tsx';
import { formatNanoseconds, formatValue } from './durations.ts';
import { useProbePicture } from './use-probe-picture.ts';
import '../histogram/caption.css';
import './probe-card.css';

export function ProbeCard({ info }: { info: ProbeInfo }) {
  const session = useSession();
  const selected = useApp((state) => state.probing.selected === info.probe);
  const opened = useApp((state) => state.probing.opened || state.probing.recording?.state.kind === 'finished');
  const title = displayName(info.title, 300);
  const select = () => session.probes.change((probing) => ({ ...probing, selected: info.probe }));
  const isRefused = info.state === 'refused';
  return (
    <section className={`card ${selected ? 'on' : ''}`} aria-label={title} onClick={select}>
      <div className="card-figures">
        <p className="card-head">
          <button className="plain fn" aria-pressed={selected} title={title} onClick={select}>
            {title}
          </button>
          {info.state === 'attached' && !opened && (
            <button className="plain" aria-label={`Detach ${title}`} title="Detach" onClick={() => void session.probes.detach(info.probe)}>
              <X size={13} />
            </button>
          )}
        </p>
        <p className="sub">{subtitle(info)}</p>
        {isRefused ? null : <Figures info={info} />}
        {info.state === 'attached' && <Warnings info={info} />}
      </div>
      {isRefused || info.state === 'detached' || info.state === 'attaching' ? <Became info={info} readOnly={opened} /> : null}
      {isRefused || info.state === 'attaching' ? null : <Pictures info={info} />}
    </section>
  );
}

const measures = { count: 'how often', latency: 'how long', argument: 'argument', returned: 'return value' };

function subtitle({ request, mechanism, unit }: ProbeInfo): string {
  const { measure } = request;
  const what = measure.kind === 'argument' ? `argument ${measure.argument}` : request.kind === 'ready' && unit !== 'nanoseconds' && unit !== 'count' ? 'how much' : measures[measure.kind];
  const where = request.kind === 'kernel' ? 'kernel' : request.module !== '' ? baseName(request.module) : request.kind === 'ready' ? 'ready question' : request.kind;
  return displayName([where, mechanism, what].filter((part) => part !== '').join(' · '), 120);
}

function Figures({ info }: { info: ProbeInfo }) {
  const picture = useProbePicture(info.probe);
  const { figures, unit, request } = info;
  const isCount = request.measure.kind === 'count';
  return (
    <dl className="nums">
      <dt>calls</dt>
      <dd>{formatValue(Math.round(figures.callsPerSecond), 'count')}/s</dd>
      <dt>all</dt>
      <dd title={formatCount(figures.calls)}>{formatValue(figures.calls, 'count')}</dd>
      {unit === 'bytes' && (
        <>
          <dt>kept</dt>
          <dd title="Bytes that were taken and not given back">{picture === null ? '–' : formatValue(picture.sum, unit)}</dd>
        </>
      )}
      {!isCount &&
        (['p50', 'p90', 'p99', 'max'] as const).map((name) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{picture === null ? '–' : formatValue(picture[name], unit)}</dd>
          </div>
        ))}
    </dl>
  );
}

/** What is not in the figures, and by how much they hurt. */
function Warnings({ info: { figures } }: { info: ProbeInfo }) {
  const parts = [
    figures.missed > 0 ? `${formatCount(figures.missed)} missed` : '',
    figures.recursed > 0 ? `${formatCount(figures.recursed)} recursed` : '',
    figures.lost > 0 ? `${formatCount(figures.lost)} lost` : '',
    figures.dropped > 0 ? `${formatCount(figures.dropped)} events dropped` : '',
  ].filter((part) => part !== '');
  const costs = figures.callNs > 0 ? `${formatNanoseconds(figures.callNs)} a call` : '';
  if (parts.length === 0 && costs === '') return null;
  return (
    <p className="card-warnings">
      {costs !== '' && <span title="What a call costs the target more">{costs}</span>}
      {parts.length > 0 && <span className="warned" title={figures.dropped > 0 ? `Events dropped: ${droppedWords(figures)}` : undefined}>{parts.join(' · ')}</span>}
    </p>
  );
}

function Became({ info, readOnly }: { info: ProbeInfo; readOnly: boolean }) {
  const session = useSession();
  const words = info.state === 'refused' ? 'Not attached' : info.state === 'attaching' ? 'Attaching…' : 'Detached';
  return (
    <div className={`became ${info.state}`} role="status">
      <strong>{words}</strong>
      {info.why !== '' && <span title={displayName(info.why, 600)}>{displayName(info.why, 300)}</span>}
      {info.state === 'refused' && <OpenDoctor />}
      {info.state !== 'attaching' && !readOnly && (
        <button onClick={() => void session.probes.attach(info.request)}>
          <RotateCcw size={12} aria-hidden /> Attach again
        </button>
      )}
    </div>
  );
}

function Pictures({ info }: { info: ProbeInfo }) {
  const newest = useApp((state) => state.probing.newest);
  const title = displayName(info.title, 80);
  return (
    <>
      <div className="card-picture">
        <HistogramCanvas probe={info.probe} unit={info.unit} label={`Histogram of ${title}.`} />
      </div>
      <div className="card-picture">
        <p className="cap">{newest === null ? 'over time' : 'the last minute'}</p>
        <HeatCanvas probe={info.probe} unit={info.unit} label={`Heat map of ${title} over time.`} />
      </div>
    </>
  );
}
