// SPDX-License-Identifier: Apache-2.0
/** The bar at the bottom: it always tells the truth, and "–" before there is any. */
import { Popover } from 'radix-ui';
import type { ReactNode } from 'react';
import { CompareStatus } from '../compare/CompareStatus.tsx';
import { ProbeStatus } from '../functions/ProbeStatus.tsx';
import { displayName, formatCount, formatPercent, formatShare } from './format.ts';
import { Losses, NameGaps, StackEndings } from './Quality.tsx';
import type { RecordingInfo } from '../../ipc/contract.ts';
import type { Status } from '../worker/protocol.ts';
import { formatTime, formatWeight } from './questions.ts';
import { useApp } from './store.ts';
import { isImported } from './subject.ts';
import '../parts/menu.css';
import './status-bar.css';

/** What it costs to begin is not yet spread over any time. */
const OVERHEAD_FROM_NS = 1e9;

export function StatusBar() {
  const screen = useApp((state) => state.screen);
  const compared = useApp((state) => state.comparing.result);
  if (screen === 'compare' && compared !== null) return <CompareStatus result={compared} />;
  return screen === 'functions' ? <ProbeStatus /> : <RecordingStatus />;
}

function RecordingStatus() {
  const status = useApp((state) => state.status);
  const recording = useApp((state) => state.recording);
  const engine = useApp((state) => state.engine);
  const opened = useApp((state) => state.opened);
  const connected = useApp((state) => state.connection.kind === 'connected');
  if (recording === null) {
    return (
      <footer className="status">
        <span>{engine === null ? 'Connecting to the engine…' : `${engine.host} · Linux ${engine.kernel} · ${engine.cpus} CPUs`}</span>
        <span className="grow" />
        {engine !== null && engine.shellReason !== '' && (
          <Explained label="window" value={engine.shell === 'electron' ? 'in Electron' : 'in a browser'} title="Why this kind of window">
            <p>{displayName(engine.shellReason, 600)}</p>
          </Explained>
        )}
        <span>{engine === null ? '' : `${engine.user} · Emberscope ${engine.version}`}</span>
      </footer>
    );
  }
  const lost = status?.accounting.lost ?? 0;
  const missing = status?.accounting.verdict === 'missing' ? status.accounting.rest : 0;
  const walked = status === null ? 0 : status.stacks.complete + status.stacks.truncated + status.stacks.broken;
  const { overhead, durationNs } = status?.figures ?? { overhead: { bpfNs: 0, helperCpuNs: 0 }, durationNs: 0 };
  const helper = { direct: 'helper: run directly', pkexec: 'helper: through pkexec', missing: 'helper: not installed', wrongVersion: 'helper: wrong version' };
  return (
    <footer className="status">
      <span>
        <i className={`dot ${connected ? recording.state.kind : ''}`} aria-hidden />
        <Seen status={status} />
      </span>
      <Explained
        label="lost"
        value={status === null || (isImported(recording) && lost === 0) ? '–' : formatCount(lost)}
        more={missing > 0 ? `+ ${formatCount(missing)} never fired` : ''}
        alarming={lost > 0 || missing > 0}
        title="Samples lost, by cause"
      >
        {status === null ? <p>No figures yet.</p> : <Losses status={status} />}
      </Explained>
      <Explained label="stacks complete" value={status === null ? '–' : formatShare(status.stacks.complete, walked, 1)} title="How the stacks end">
        {status === null ? <p>No figures yet.</p> : <StackEndings status={status} />}
      </Explained>
      <Explained label="symbols" value={status === null ? '–' : formatShare(status.frames.named, status.frames.all, 1)} title="Frames that have a name">
        {status === null ? <p>No figures yet.</p> : <NameGaps status={status} />}
      </Explained>
      {!isImported(recording) && (
        <span title="CPU time of the sampling programs in the kernel and of the helper, its start included, as a share of one CPU">
          overhead <b>{durationNs >= OVERHEAD_FROM_NS ? formatPercent((overhead.bpfNs + overhead.helperCpuNs) / durationNs, 2) : '–'}</b>
          <span className="wide-only"> of one CPU</span>
        </span>
      )}
      <span className="grow" />
      <span className="status-right">
        {[opened ? recording.host && `recorded on ${displayName(recording.host, 80)}` : engine && helper[engine.helper.kind], rateWords(recording)].filter(Boolean).join(' · ')}
      </span>
    </footer>
  );
}

/** What another tool's file does not say is left out. */
function rateWords({ frequencyHz, cpus }: RecordingInfo): string {
  return [frequencyHz > 0 ? `${frequencyHz} Hz` : '', cpus > 0 ? `${cpus} ${cpus === 1 ? 'CPU' : 'CPUs'}` : ''].filter(Boolean).join(' × ');
}

/** Samples are counted, waits are time of all threads together. */
function Seen({ status }: { status: Status | null }) {
  if (status === null) {
    return (
      <>
        <b>–</b> samples
      </>
    );
  }
  const { samples, waits, weight, unit } = status;
  if (unit === 'bytes') return <b>{formatWeight(weight, unit)}</b>;
  const waited = waits.blockedNs + waits.runQueueNs + waits.preemptedNs;
  return (
    <>
      {(unit === 'samples' || samples > 0) && (
        <>
          <b>{formatCount(samples)}</b> samples
        </>
      )}
      {unit === 'nanoseconds' && (
        <>
          {samples > 0 && ' · '}
          <b>{formatTime(waited)}</b> of waits
        </>
      )}
    </>
  );
}

interface ExplainedProps {
  label: string;
  value: string;
  /** Beside the value. */
  more?: string;
  alarming?: boolean;
  title: string;
  children: ReactNode;
}

function Explained(props: ExplainedProps) {
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <button className={`figure ${props.alarming === true ? 'alarming' : ''}`}>
          {props.label} <b>{props.value}</b>
          {props.more !== undefined && props.more !== '' && <b> {props.more}</b>}
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="popover" side="top" align="start" sideOffset={8} collisionPadding={8} aria-label={props.title}>
          <h2>{props.title}</h2>
          {props.children}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
