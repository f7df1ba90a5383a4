// SPDX-License-Identifier: Apache-2.0
/** Ready questions: a click each, with a sentence on how to read the answer, and the tool of bcc that it answers to. */
import type { ReadyQuestion } from '../../ipc/contract.ts';
import { displayName } from '../app/format.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { useAnswer } from '../app/use-answer.ts';

export function Gallery({ readOnly }: { readOnly: boolean }) {
  const session = useSession();
  const connected = useApp((state) => state.connection.kind === 'connected');
  const questions = useAnswer('readyQuestions', connected ? [] : null);
  const isSystem = useApp((state) => (state.probing.target?.request.kind ?? (state.recording?.state.kind === 'live' ? 'recording' : 'system')) === 'system');
  const busy = useApp((state) => state.probing.busy !== null);
  const ask = ({ name, unit }: ReadyQuestion) => {
    const request = session.probes.request({ kind: 'ready', name, module: '', measure: { kind: unit === 'count' ? 'count' : 'latency' } });
    if (request !== null) void session.probes.attach(request);
  };
  return (
    <section className="gallery" aria-labelledby="ready-questions">
      <h2 className="title" id="ready-questions">
        Ready questions
      </h2>
      {questions?.length === 0 && <p className="function-note">None can be asked here.</p>}
      <ul>
        {questions?.map((question) => {
          const isMissing = question.needsTarget && isSystem;
          return (
            <li key={question.name}>
              <button disabled={readOnly || busy || isMissing} title={displayName(question.reading, 600)} onClick={() => ask(question)}>
                <span>{displayName(question.title, 80)}</span>
                <small>
                  {isMissing ? 'pick a process first' : question.groups === '' ? unitWords(question) : `by ${displayName(question.groups, 40)}`}
                  {question.bcc !== '' && ` · ${displayName(question.bcc, 40)}`}
                </small>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function unitWords({ unit }: ReadyQuestion): string {
  switch (unit) {
    case 'nanoseconds':
      return 'how long';
    case 'bytes':
      return 'how much';
    case 'count':
    case 'value':
      return 'how often';
    default:
      return unit satisfies never;
  }
}
