// SPDX-License-Identifier: Apache-2.0
import { Box, Lock } from 'lucide-react';
import type { ProcessSummary } from '../../ipc/contract.ts';
import { displayName, formatCount, oneLine } from '../app/format.ts';
import { Sparkline } from '../parts/Sparkline.tsx';
import { processKey } from './cpu-history.ts';

/** More than fits on any screen. */
const LONGEST_COMMAND = 400;

interface Props {
  process: ProcessSummary;
  recent: readonly number[];
  /** Of one CPU, over the last seconds: what the order goes by. */
  cpu: number;
  place: { index: number; count: number; top: number; height: number };
  active: boolean;
  /** Sampling can start. */
  ready: boolean;
  choose(): void;
  start(): void;
}

export function ProcessRow({ process, recent, cpu, place, active, ready, choose, start }: Props) {
  const refused = process.refusal !== null;
  return (
    <div
      id={`process-${processKey(process)}`}
      role="option"
      aria-selected={active}
      aria-disabled={refused}
      aria-posinset={place.index + 1}
      aria-setsize={place.count}
      className={`process ${refused ? 'refused' : ''}`}
      style={{ position: 'absolute', top: 0, left: 0, right: 0, height: place.height, transform: `translateY(${place.top}px)` }}
      onClick={choose}
      onDoubleClick={start}
    >
      <div className="process-name">
        <div>
          <b>{displayName(process.name, 64)}</b>
          {process.container !== null && (
            <span className="badge">
              <Box size={11} aria-hidden /> {displayName(process.container, 24)}
            </span>
          )}
        </div>
        {refused ? (
          <small className="refusal">
            <Lock size={11} aria-hidden /> {process.refusal}
          </small>
        ) : (
          <small className="mono">{displayName(oneLine(process.commandLine) || 'kernel thread', LONGEST_COMMAND)}</small>
        )}
      </div>
      <span className="user">{displayName(process.user, 32)}</span>
      <span className="number">{process.tgid}</span>
      <span className="number">{formatCount(process.threads)}</span>
      <span className="cpu">
        <Sparkline values={recent} most={1} width={64} height={18} />
        <span className="number">{`${(cpu * 100).toFixed(cpu > 0 && cpu < 0.0995 ? 1 : 0)}%`}</span>
      </span>
      {/* No button: what is inside of an option has no focus of its own, and Enter does the same. */}
      {!refused && active && ready && (
        <span
          className="primary process-start"
          onClick={(event) => {
            event.stopPropagation();
            start();
          }}
        >
          Start
        </span>
      )}
    </div>
  );
}
