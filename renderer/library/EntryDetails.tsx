// SPDX-License-Identifier: Apache-2.0
/** The chosen recording: what it holds, its tags and notes, and what can be done with it. */
import { FolderSearch, PencilLine, Play, RotateCw, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { LibraryEntry } from '../../ipc/contract.ts';
import { displayName, formatBytes, formatPercent } from '../app/format.ts';
import { questionWords } from '../app/questions.ts';
import { useSession } from '../app/session-context.ts';
import { hostWords, probeWords, recordedWords, requestWords, settingsWords, weightWords } from './entry-words.ts';

interface Props {
  entry: LibraryEntry;
  busy: boolean;
  rename(): void;
}

export function EntryDetails({ entry, busy, rename }: Props) {
  const { library: actions } = useSession();
  const { facts, state, file, name } = entry;
  return (
    <aside className="library-details" aria-label="The chosen recording">
      <h2>{displayName(name, 120)}</h2>
      <div className="library-actions">
        <button className="primary" disabled={busy || state.kind !== 'sound'} onClick={() => void actions.open(file)}>
          <Play size={14} /> Open
        </button>
        <button disabled={busy || facts === null || state.kind !== 'sound'} title="The same target with the same settings" onClick={() => void actions.runAgain(entry)}>
          <RotateCw size={14} /> Run again
        </button>
        <button disabled={state.kind === 'recording'} onClick={rename}>
          <PencilLine size={14} /> Rename…
        </button>
        <button onClick={() => void actions.reveal(file)}>
          <FolderSearch size={14} /> Show the file
        </button>
        <button disabled={state.kind === 'recording'} onClick={() => void actions.remove([file])}>
          <Trash2 size={14} /> Delete
        </button>
      </div>
      {state.kind === 'unreadable' && (
        <p className="library-why" role="note">
          <strong>{displayName(state.failure.message, 500)}</strong> {displayName(state.failure.remedy, 400)}
        </p>
      )}
      {state.kind === 'recording' && <p className="library-why">It is being recorded at this moment; it can be opened when that has ended.</p>}
      {facts !== null && (
        <>
          {state.kind === 'sound' && <Annotating entry={entry} />}
          <dl>
            <Fact title="Question" text={questionWords[facts.question].title} />
            <Fact title="Target" text={facts.target} />
            <Fact title="Asked for" text={requestWords(facts.request)} />
            {facts.probes.length > 0 && <Fact title="Functions" text={facts.probes.map(probeWords).join('; ')} />}
            {facts.question !== 'probes' && facts.request?.kind !== 'imported' && <Fact title="Settings" text={settingsWords(facts.settings)} />}
            <Fact title="Recorded" text={recordedWords(facts)} />
            <Fact title="Holds" text={weightWords(facts)} />
            <Fact title="Complete" text={`${formatPercent(facts.quality.complete, 1)} of the stacks`} />
            <Fact title="Named" text={`${formatPercent(facts.quality.named, 1)} of the frames`} />
            <Fact title="Lost" text={formatPercent(facts.quality.lost, 1)} />
            <Fact title="Host" text={hostWords(facts)} />
            <Fact title="File" text={`${file}, ${formatBytes(entry.bytes)}, by Emberscope ${facts.application}`} />
          </dl>
        </>
      )}
    </aside>
  );
}

function Fact({ title, text }: { title: string; text: string }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{displayName(text, 600)}</dd>
    </div>
  );
}

/** Kept when one leaves the field. What was not typed into follows the file, which another window may annotate. */
function Annotating({ entry }: { entry: LibraryEntry }) {
  const { library: actions } = useSession();
  const facts = entry.facts!;
  const [typed, setTyped] = useState<{ tags?: string; notes?: string }>({});
  const { tags = facts.tags.join(' '), notes = facts.notes } = typed;
  const keep = async () => {
    const words = tags.split(/[\s,]+/).map((tag) => tag.replace(/^#+/, '')).filter(Boolean);
    const isSame = words.join(' ') === facts.tags.join(' ') && notes === facts.notes;
    if (isSame || (await actions.annotate(entry.file, { tags: words, notes }))) setTyped((now) => (now === typed ? {} : now));
  };
  return (
    <form
      className="library-annotations"
      onSubmit={(event) => {
        event.preventDefault();
        void keep();
      }}
    >
      <label>
        Tags
        <input type="text" maxLength={2400} spellCheck={false} placeholder="before release-2" value={tags} onChange={(event) => setTyped({ ...typed, tags: event.target.value })} onBlur={() => void keep()} />
      </label>
      <label>
        Notes
        <textarea maxLength={20_000} rows={4} placeholder="What was it about?" value={notes} onChange={(event) => setTyped({ ...typed, notes: event.target.value })} onBlur={() => void keep()} />
      </label>
    </form>
  );
}
