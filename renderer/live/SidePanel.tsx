// SPDX-License-Identifier: Apache-2.0
/** The column at the left: the question, how it is sampled, which threads count. */
import { kindsOf } from '../../profile/questions.ts';
import { SampleKind } from '../../profile/schema.ts';
import type { RecordingInfo } from '../../ipc/contract.ts';
import { displayName, displayTarget, formatBytes } from '../app/format.ts';
import { ASKED, formatTime, kindWords, questionWords } from '../app/questions.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { isImported } from '../app/subject.ts';
import { ThreadList } from './ThreadList.tsx';
import '../parts/facts.css';
import '../parts/side.css';
import './side-panel.css';

export function SidePanel() {
  const recording = useApp((state) => state.recording);
  if (recording === null) return null;
  return (
    <aside className="side" aria-label="Question, sampling and threads">
      <h2 className="title">Question</h2>
      <Questions recording={recording} />
      {isImported(recording) ? <Origin recording={recording} /> : <Sampling recording={recording} />}
      <ThreadList />
    </aside>
  );
}

/** Of another tool's file: what it says of itself. */
function Origin({ recording: { target, frequencyHz, host, state } }: { recording: RecordingInfo }) {
  return (
    <>
      <h2 className="title">Origin</h2>
      <dl className="facts">
        <dt>File</dt>
        <dd className="path">{displayTarget(target, 300)}</dd>
        <dt>Rate</dt>
        <dd>{frequencyHz > 0 ? `${frequencyHz} Hz` : 'not known'}</dd>
        <dt>Host</dt>
        <dd>{displayName(host, 80) || 'not known'}</dd>
      </dl>
      <p className="origin">{displayName(state.kind === 'finished' ? state.message : '', 600)}</p>
    </>
  );
}

function Sampling({ recording }: { recording: RecordingInfo }) {
  const { settings } = recording;
  const tables = useApp((state) => state.status?.figures?.unwindTables);
  return (
    <>
      <h2 className="title">Sampling</h2>
      <dl className="facts">
        {kindsOf(recording.question).includes(SampleKind.onCpu) && (
          <>
            <dt>Rate</dt>
            <dd>{recording.frequencyHz} Hz</dd>
            <dt>Event</dt>
            <dd>{settings.event === 'cycles' ? 'CPU cycles' : 'CPU clock'}</dd>
          </>
        )}
        {kindsOf(recording.question).includes(SampleKind.blocked) && (
          <>
            <dt>Waits</dt>
            <dd>from {formatTime(settings.leastWaitNs ?? 1000)} on</dd>
          </>
        )}
        <dt>Stacks</dt>
        <dd>{settings.kernelStacks ? 'user + kernel' : 'user'}</dd>
        <dt>Unwind</dt>
        <dd>{tables === undefined ? 'frame pointers' : `${tables.tables} ${tables.tables === 1 ? 'table' : 'tables'}, ${formatBytes(tables.bytes)}`}</dd>
        <dt>Depth</dt>
        <dd>{settings.stackDepth ?? 127} frames</dd>
        <dt>Children</dt>
        <dd>{settings.children ? 'follow' : 'leave out'}</dd>
      </dl>
    </>
  );
}

/** Another question is another recording of the same target: it begins anew. */
function Questions({ recording }: { recording: RecordingInfo }) {
  const session = useSession();
  const target = useApp((state) => state.target);
  const isBusy = useApp((state) => state.busy !== null);
  const asked = ASKED.some((question) => question === recording.question) ? ASKED : [recording.question];
  return (
    <>
      <div className="questions" role="group" aria-label="Question">
        {asked.map((question) => {
          const { title, what } = questionWords[question];
          const isThis = question === recording.question;
          return (
            <button
              key={question}
              aria-current={isThis ? 'true' : undefined}
              disabled={!isThis && (target === null || isBusy)}
              title={isThis ? 'This is what the recording answers' : target === null ? 'A file answers the question that it was recorded with' : 'Records the same target again with this question'}
              onClick={() => {
                if (!isThis) void session.ask(question);
              }}
            >
              {title}
              <small>{what}</small>
            </button>
          );
        })}
      </div>
      <Kinds recording={recording} />
    </>
  );
}

/** Which parts of the time count. */
function Kinds({ recording }: { recording: RecordingInfo }) {
  const session = useSession();
  const chosen = useApp((state) => state.navigation.kinds);
  const all = kindsOf(recording.question);
  if (all.length < 2) return null;
  const shown = chosen ?? all;
  return (
    <div className="kinds" role="group" aria-label="Time that counts">
      {all.map((kind) => (
        <label key={kind}>
          <input
            type="checkbox"
            checked={shown.includes(kind)}
            // Without any there is no picture.
            disabled={shown.length === 1 && shown.includes(kind)}
            onChange={(event) => {
              const next = all.filter((each) => (each === kind ? event.target.checked : shown.includes(each)));
              session.navigate((navigation) => ({ ...navigation, kinds: next.length === all.length ? null : next }));
            }}
          />
          {kindWords[kind]}
        </label>
      ))}
    </div>
  );
}
