// SPDX-License-Identifier: Apache-2.0
/** The bar at the top: target, state, and what can be done with the recording. */
import { ChevronDown, Keyboard, Monitor, Moon, Pause, Play, RotateCcw, Save, Square, Sun } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { EndReason } from '../../ipc/contract.ts';
import { displayName, formatClock } from './format.ts';
import { useSession } from './session-context.ts';
import { useApp, type AppState } from './store.ts';
import { exportRecording, type ExportFormat } from './transfers.ts';

const exports: readonly (readonly [ExportFormat, string, string])[] = [
  ['svg', 'Interactive SVG', 'the picture, with zoom and search'],
  ['folded', 'Folded stacks', 'text, for other tools'],
  ['ember', 'Recording (.ember)', 'everything, to open again'],
];

export function Header() {
  const session = useSession();
  const recording = useApp((state) => state.recording);
  const target = useApp((state) => state.target);
  const busy = useApp((state) => state.busy);
  const threads = useApp((state) => state.threads.length);
  const paused = useApp((state) => state.navigation.paused);
  const drawn = useApp((state) => state.drawn);
  const pick = () => session.store.setState({ dialog: 'picker' });
  const connected = useApp((state) => state.connection.kind === 'connected');
  const running = connected && recording !== null && recording.state.kind !== 'finished';

  return (
    <header className="bar">
      <span className="mark" aria-hidden>
        ◆
      </span>
      <h1>Emberscope</h1>
      {recording !== null && (
        <>
          <button className="target" onClick={pick} aria-label={`Target: ${displayName(recording.target, 80)}. Pick another`}>
            <b>{displayName(recording.target, 80)}</b>
            {threads > 0 && <span>{`${threads} ${threads === 1 ? 'thread' : 'threads'}`}</span>}
            <ChevronDown size={13} />
          </button>
          <LiveState />
          {(running || paused) && (
            <button
              onClick={() => session.navigate((navigation) => ({ ...navigation, paused: !navigation.paused }))}
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
      {recording !== null && (
        <>
          <DropdownMenu.Root modal={false}>
            <DropdownMenu.Trigger asChild>
              <button disabled={!drawn}>
                <span>Export</span> <ChevronDown size={13} />
              </button>
            </DropdownMenu.Trigger>
            {/* Within a landmark, where screen readers look. */}
            <DropdownMenu.Portal container={document.querySelector('header')}>
              <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
                {exports.map(([format, title, what]) => (
                  <DropdownMenu.Item key={format} onSelect={() => void exportRecording(session, format)}>
                    <span>
                      {title}
                      <small>{what}</small>
                    </span>
                  </DropdownMenu.Item>
                ))}
              </DropdownMenu.Content>
            </DropdownMenu.Portal>
          </DropdownMenu.Root>
          <button className="primary" onClick={() => session.store.setState({ dialog: 'save' })}>
            <Save size={14} className="narrow-only" />
            <span>{recording.savedAs === null ? 'Save recording' : 'Save as…'}</span>
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
  opened: 'opened from a file',
};

function LiveState() {
  const state = useApp((app) => app.recording?.state);
  const durationNs = useApp((app) => app.status?.figures.durationNs ?? 0);
  const paused = useApp((app) => app.navigation.paused);
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
          Finished <span className="clock">{formatClock(durationNs)}</span>
          <span className="why"> · {ends[state.reason]}</span>
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
