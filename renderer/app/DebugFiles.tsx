// SPDX-License-Identifier: Apache-2.0
/** Debug files that servers may have: whether to fetch them, and how far that is. */
import type { DebugFilesStatus } from '../../ipc/contract.ts';
import { displayName, formatBytes } from './format.ts';
import { useSession } from './session-context.ts';
import { useApp } from './store.ts';
import './notices.css';

export function modules(count: number): string {
  return count === 1 ? '1 module' : `${count.toLocaleString('en')} modules`;
}

/** What came of it, when all were asked for. */
export function debugFilesResult({ found, absent, failed, failure }: DebugFilesStatus): { message: string; detail: string } {
  const rest = [
    ...(absent > 0 ? [`Nobody has those of ${modules(absent)}.`] : []),
    ...(failed > 0 ? [`Those of ${modules(failed)} could not be fetched: ${failure}`] : []),
  ];
  return { message: `Debug symbols of ${modules(found)} were fetched.`, detail: rest.join(' ') };
}

export function DebugFilesToast() {
  const session = useSession();
  const status = useApp((state) => state.debugFiles);
  if (status === null || status.state === 'done') return null;
  if (status.state === 'offered') {
    return (
      <div className="toast" role="status">
        <div>
          <strong>{modules(status.missing)} with samples: debug symbols are missing</strong>
          <p>
            They may be fetched from {displayName(status.servers.join(', '), 200)}, which then sees which programs you look at.
          </p>
        </div>
        <button onClick={() => void session.answerDebugFiles('download')}>Fetch</button>
        <button className="plain" onClick={() => void session.answerDebugFiles('decline')}>
          Not now
        </button>
      </div>
    );
  }
  const { current, missing } = status;
  const title = current === null ? 'Debug symbols are being fetched' : `Debug symbols of ${displayName(current.module, 120)}`;
  return (
    <div className="toast">
      <div>
        <strong>{title}</strong>
        <p>
          {formatBytes(current?.doneBytes ?? 0)}
          {current?.totalBytes != null && ` of ${formatBytes(current.totalBytes)}`}
          {missing > 0 && `, ${modules(missing)} to follow`}
        </p>
        <progress aria-label={title} {...(current?.totalBytes == null ? {} : { max: Math.max(1, current.totalBytes), value: current.doneBytes })} />
      </div>
      <button onClick={() => void session.answerDebugFiles('cancel')}>Cancel</button>
    </div>
  );
}
