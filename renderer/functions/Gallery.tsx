// SPDX-License-Identifier: Apache-2.0
/** Ready questions: a click each, with a sentence on how to read the answer, and the tools of bcc that it answers to. */
import type { ReadyQuestion, ReadyTopic } from '../../ipc/contract.ts';
import { displayName } from '../app/format.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { useAnswer } from '../app/use-answer.ts';
import './function-search.css';
import './gallery.css';

const topics: readonly (readonly [ReadyTopic, string])[] = [
  ['cpu', 'CPU'],
  ['files', 'Files and disks'],
  ['memory', 'Memory'],
  ['network', 'Network'],
  ['programs', 'Programs'],
];

export function Gallery({ readOnly }: { readOnly: boolean }) {
  const session = useSession();
  const connected = useApp((state) => state.connection.kind === 'connected');
  const questions = useAnswer('readyQuestions', connected ? [] : null);
  const isSystem = useApp((state) => (state.probing.target?.request.kind ?? (state.recording?.state.kind === 'live' ? 'recording' : 'system')) === 'system');
  const busy = useApp((state) => state.probing.busy !== null);
  return (
    <section className="gallery" aria-labelledby="ready-questions">
      <h2 className="title" id="ready-questions">
        Ready questions
      </h2>
      {questions === null && (
        <p className="function-note" role="status">
          {connected ? 'Reading what this kernel has…' : 'They come with the engine.'}
        </p>
      )}
      {questions?.length === 0 && <p className="function-note">None can be asked here.</p>}
      {topics.map(([topic, heading]) => {
        const some = questions?.filter((question) => question.topic === topic) ?? [];
        return some.length === 0 ? null : (
          <section key={topic} aria-label={heading}>
            <h3>{heading}</h3>
            <ul>
              {some.map((question) => {
                const obstacle = question.why !== '' ? question.why : question.needsTarget && isSystem ? 'pick a process first' : '';
                return (
                  <li key={question.name}>
                    <button disabled={readOnly || busy || obstacle !== ''} title={`${displayName(question.title, 80)}\n${displayName(obstacle === '' ? question.reading : obstacle, 600)}`} onClick={() => void session.probes.askReady(question)}>
                      <span>{displayName(question.title, 80)}</span>
                      <small>
                        {obstacle !== '' ? displayName(obstacle, 200) : waysOf(question)}
                        {question.bcc !== '' && ` · ${displayName(question.bcc, 80)}`}
                      </small>
                    </button>
                  </li>
                );
              })}
            </ul>
          </section>
        );
      })}
    </section>
  );
}

function waysOf({ asks, groups, unit }: ReadyQuestion): string {
  if (asks.events) return 'each of them';
  if (groups !== '') return `by ${displayName(groups, 40)}`;
  switch (unit) {
    case 'nanoseconds':
      return 'how long';
    case 'bytes':
    case 'value':
      return 'how much';
    case 'count':
      return 'how often';
    default:
      return unit satisfies never;
  }
}
