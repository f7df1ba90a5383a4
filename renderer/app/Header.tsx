// SPDX-License-Identifier: Apache-2.0
/** The bar at the top: target, state, and what can be done with the recording. */
import { ChevronDown, Keyboard, Monitor, Moon, Pause, Play, RotateCcw, Square, Sun } from 'lucide-react';
import type { EndReason } from '../../ipc/contract.ts';
import { ExportMenu } from './ExportMenu.tsx';
import { displayName, displayTarget, formatClock, formatLength } from './format.ts';
import { useSession } from './session-context.ts';
import { useApp, type AppState } from './store.ts';
import { subjectOf } from './subject.ts';
import './header.css';

export function Header() {
  const session = useSession();
  const recording = useApp((state) => subjectOf(state).recording);
  // Probes are attached again one by one.
  const target = useApp((state) => (state.screen === 'functions' ? null : state.target));
  const isProbes = useApp((state) => state.screen === 'functions');
  const busy = useApp((state) => state.busy);
  const threads = useApp((state) => (state.screen === 'functions' ? 0 : state.threads.length));
  const paused = useApp((state) => subjectOf(state).paused);
  const pick = () => session.store.setState({ dialog: 'picker' });
  const connected = useApp((state) => state.connection.kind === 'connected');
  // Probes have a target before they have a recording.
  const title = useApp(() => recording?.target ?? (isProbes ? session.probes.target().title : null));
  const running = connected && recording !== null && recording.state.kind !== 'finished';

  return (
    <header className="bar">
      <span className="mark" aria-hidden>
        ◆
      </span>
      <h1>Emberscope</h1>
      {title !== null && (
        <button className="target" onClick={pick} aria-label={`Target: ${displayTarget(title, 80)}. Pick another`}>
          <b>{displayTarget(title, 80)}</b>
          {threads > 0 && <span>{`${threads} ${threads === 1 ? 'thread' : 'threads'}`}</span>}
          <ChevronDown size={13} />
        </button>
      )}
      {recording !== null && (
        <>
          <LiveState />
          {(running || paused) && (
            <button
              onClick={() => session.togglePause()}
              title={running ? 'The picture stands still; the recording goes on (Space)' : 'The picture stands where it was paused (Space)'}
              aria-pressed={paused}
            >
              {paused ? <Play size={13} /> : <Pause size={13} />}
              <span>{!paused ? 'Pause' : running ? 'Resume' : 'Show the rest'}</span>
            </button>
          )}
          {running && (
            <button onClick={() => void session.stop()}>
              <Square size={12} />
              <span>Stop</span>
            </button>
          )}
          {connected && !running && target !== null && (
            <button disabled={busy !== null} onClick={() => void session.start(target)}>
              <RotateCcw size={13} />
              <span>Start again</span>
            </button>
          )}
        </>
      )}
      <span className="grow" />
      <button className="plain" aria-label="Keys" title="Keys (?)" onClick={() => session.store.setState({ dialog: 'keys' })}>
        <Keyboard size={16} />
      </button>
      <ThemeSwitch />
      <ExportMenu />
      {recording !== null && (
        <>
          <button className="primary" onClick={() => session.store.setState({ dialog: 'save' })}>
            {recording.savedAs === null ? 'Save recording' : 'Save as…'}
          </button>
        </>
      )}
    </header>
  );
}

const ends: Record<EndReason, string> = {
  asked: 'stopped',
  targetExited: 'the target exited',
  targetGone: 'the target was gone before sampling began',
  helperFailed: 'the helper ended',
  recordingFailed: 'the recording could not go on',
  unexpected: 'it was cut short',
  snapshot: 'a copy made while it was recorded',
  opened: 'Imported from a file',
};

function LiveState() {
  const state = useApp((app) => subjectOf(app).recording?.state);
  const durationNs = useApp((app) => subjectOf(app).durationNs);
  const paused = useApp((app) => subjectOf(app).paused);
  const disconnected = useApp((app) => app.connection.kind === 'disconnected');
  if (disconnected && state !== undefined && state.kind !== 'finished') {
    return (
      <span className="state">
        Not connected · shown up to <span className="clock">{formatClock(durationNs)}</span>
      </span>
    );
  }
  switch (state?.kind) {
    case 'starting':
      return (
        <span className="state" role="status">
          {displayName(state.step, 80) || 'Starting…'}
        </span>
      );
    case 'live':
      return (
        <span className={paused ? 'state' : 'state live'}>
          <i className="live-dot" aria-hidden />
          <span>{paused ? 'PAUSED' : 'LIVE'}</span> <span className="clock">{formatClock(durationNs)}</span>
        </span>
      );
    case 'finished':
      return (
        <span className="state" title={displayName(state.message, 400)}>
          {state.reason === 'opened' ? ends.opened : 'Finished'} {state.reason !== 'opened' ? <span className="clock">{formatClock(durationNs)}</span> : durationNs > 0 && `of ${formatLength(durationNs)}`}
          {state.reason !== 'opened' && <span className="why"> · {ends[state.reason]}</span>}
        </span>
      );
    default:
      return null;
  }
}

const themes = { system: Monitor, dark: Moon, light: Sun };
const nextTheme: Record<AppState['theme'], AppState['theme']> = { system: 'dark', dark: 'light', light: 'system' };

function ThemeSwitch() {
  const session = useSession();
  const theme = useApp((state) => state.theme);
  const Icon = themes[theme];
  const label = `Theme: ${theme}. Switch to ${nextTheme[theme]}`;
  return (
    <button className="plain" aria-label={label} title={label} onClick={() => session.setTheme(nextTheme[theme])}>
      <Icon size={16} />
    </button>
  );
}
