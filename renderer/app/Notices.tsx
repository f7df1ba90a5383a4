// SPDX-License-Identifier: Apache-2.0
/** Failures, banners and toasts: what happened, and what to do. */
import { CircleAlert, CircleCheck, CircleX, X } from 'lucide-react';
import type { Failure } from '../../ipc/contract.ts';
import { isForTheDoctor } from '../doctor/findings.ts';
import { OpenDoctor } from '../doctor/OpenDoctor.tsx';
import { DebugFilesToast } from './DebugFiles.tsx';
import { displayName, formatBytes, formatClock } from './format.ts';
import { useSession } from './session-context.ts';
import { closeToast, useApp } from './store.ts';
import { subjectOf } from './subject.ts';
import '../parts/notice.css';
import './notices.css';

export function FailureNote({ failure, close }: { failure: Failure; close(): void }) {
  return (
    <section className="notice bad-notice" role="alert">
      <CircleAlert size={18} />
      <div>
        <strong>{displayName(failure.message, 600)}</strong>
        {failure.remedy !== '' && <p>{displayName(failure.remedy, 600)}</p>}
      </div>
      {isForTheDoctor(failure.code) && <OpenDoctor />}
      <button className="plain" aria-label="Close this message" onClick={close}>
        <X size={15} />
      </button>
    </section>
  );
}

/** Above the picture: the connection or the helper is gone. */
export function LiveBanner() {
  const session = useSession();
  const connection = useApp((state) => state.connection);
  const recording = useApp((state) => subjectOf(state).recording);
  const target = useApp((state) => (state.screen === 'functions' ? null : state.target));
  const duration = useApp((state) => subjectOf(state).durationNs);
  if (connection.kind === 'disconnected') {
    return (
      <section className="notice bad-notice" role="alert">
        <CircleAlert size={18} />
        <div>
          <strong>The connection to the engine has ended: {connection.reason}</strong>
          <p>What was received is still shown. Connect again, or start Emberscope anew if the engine is gone.</p>
        </div>
        <button onClick={() => location.reload()}>Connect again</button>
      </section>
    );
  }
  if (recording?.state.kind !== 'finished') return null;
  const { reason, message } = recording.state;
  if (reason !== 'helperFailed' && reason !== 'recordingFailed') return null;
  return (
    <section className="notice bad-notice" role="alert">
      <CircleAlert size={18} />
      <div>
        <strong>
          {reason === 'helperFailed' ? 'The helper ended' : 'Recording could not go on'}; the recording is kept up to {formatClock(duration)}.
        </strong>
        <p>{displayName(message, 400)}</p>
      </div>
      {target !== null && (
        <button className="primary" onClick={() => void session.start(target)}>
          Go on
        </button>
      )}
      {recording.savedAs === null && <button onClick={() => session.store.setState({ dialog: 'save' })}>Save</button>}
      {reason === 'helperFailed' && <OpenDoctor />}
    </section>
  );
}

export function Toasts() {
  const session = useSession();
  const toasts = useApp((state) => state.toasts);
  const transfer = useApp((state) => state.transfer);
  return (
    <div className="toasts" role="log" aria-label="Messages">
      {transfer !== null && (
        <div className="toast">
          <div>
            <strong>{displayName(transfer.title, 120)}</strong>
            {transfer.doneBytes !== null && (
              <p>
                {formatBytes(transfer.doneBytes)}
                {transfer.totalBytes !== null && ` of ${formatBytes(transfer.totalBytes)}`}
              </p>
            )}
            <progress
              aria-label={transfer.title}
              {...(transfer.totalBytes === null ? {} : { max: Math.max(1, transfer.totalBytes), value: transfer.doneBytes ?? 0 })}
            />
          </div>
          <button onClick={transfer.cancel}>Cancel</button>
        </div>
      )}
      <DebugFilesToast />
      {toasts.map((toast) => (
        <div key={toast.id} className={`toast ${toast.kind}`} role={toast.kind === 'failure' ? 'alert' : 'status'}>
          {toast.kind === 'failure' ? <CircleX size={17} /> : <CircleCheck size={17} />}
          <div>
            <strong>{displayName(toast.message, 400)}</strong>
            {toast.detail !== '' && <p>{displayName(toast.detail, 600)}</p>}
            {toast.action !== undefined && (
              <button
                className="toast-action"
                onClick={() => {
                  toast.action!.run();
                  closeToast(session.store, toast.id);
                }}
              >
                {toast.action.title}
              </button>
            )}
          </div>
          <button className="plain" aria-label="Close this message" onClick={() => closeToast(session.store, toast.id)}>
            <X size={14} />
          </button>
        </div>
      ))}
    </div>
  );
}
