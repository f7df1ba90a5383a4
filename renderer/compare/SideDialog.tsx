// SPDX-License-Identifier: Apache-2.0
/** Chooses a side: recordings of the library, or what is shown now. */
import { useEffect, useMemo, useState } from 'react';
import { displayName, displayTarget, formatLength } from '../app/format.ts';
import { questionWords } from '../app/questions.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { whenWords, weightWords } from '../library/entry-words.ts';
import { shownEntries } from '../library/listing.ts';
import { Dialog } from '../parts/Dialog.tsx';
import type { SideName } from './comparing.ts';
import './side-dialog.css';

/** More are found by searching. */
const MOST_SHOWN = 100;

export function SideDialog({ side, add, close }: { side: SideName; add: boolean; close(): void }) {
  const { compare: actions, library } = useSession();
  const entries = useApp((state) => state.library.entries);
  const shown = useApp((state) => state.recording);
  const probed = useApp((state) => state.probing.recording);
  const [query, setQuery] = useState('');
  const [marked, setMarked] = useState<readonly string[]>([]);
  useEffect(() => {
    void library.enter();
    return () => library.leave();
  }, [library]);
  const found = useMemo(() => shownEntries({ entries, query, order: 'newest', reversed: false }).filter(({ state }) => state.kind === 'sound'), [entries, query]);
  const take = (files: readonly string[]) => {
    close();
    void actions.choose(side, files, add);
  };
  return (
    <Dialog
      open
      close={close}
      title={add ? `More runs of ${side.toUpperCase()}` : `Choose ${side.toUpperCase()}, ${side === 'a' ? 'before' : 'after'}`}
      description="One recording, or several runs of the same: mark them to take them together."
      className="side-dialog"
    >
      {shown !== null && !add && (
        <button
          className="side-shown"
          onClick={() => {
            actions.chooseShown(side);
            close();
          }}
        >
          What the Live screen shows now: <b>{displayTarget(shown.target, 60)}</b>, with its range and threads
        </button>
      )}
      {probed !== null && !add && (
        <button
          className="side-shown"
          onClick={() => {
            actions.chooseProbed(side);
            close();
          }}
        >
          What the Functions screen shows now: <b>{displayTarget(probed.target, 60)}</b>, in its range
        </button>
      )}
      <input type="search" autoFocus aria-label="Search recordings" placeholder="Search recordings" spellCheck={false} value={query} onChange={(event) => setQuery(event.target.value)} />
      <ul className="side-list">
        {found.slice(0, MOST_SHOWN).map(({ file, name, facts, modifiedAt }) => (
          <li key={file}>
            <input
              type="checkbox"
              aria-label={`Mark ${displayName(name, 80)}`}
              checked={marked.includes(file)}
              onChange={() => setMarked((before) => (before.includes(file) ? before.filter((one) => one !== file) : [...before, file]))}
            />
            <button className="plain" onClick={() => take([file])}>
              <b>{displayName(name, 100)}</b>
              <small>
                {whenWords(facts?.startedAt ?? modifiedAt)}
                {facts !== null && `, ${[questionWords[facts.question].title, facts.durationNs > 0 ? formatLength(facts.durationNs) : '', weightWords(facts)].filter(Boolean).join(', ')}`}
              </small>
            </button>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p role="status">{entries.size === 0 ? 'There are no recordings in the library yet: save one first (Ctrl S).' : 'No recording matches.'}</p>}
      <div className="dialog-actions">
        <button onClick={close}>Cancel</button>
        <button className="primary" disabled={marked.length === 0} onClick={() => take(marked)}>
          {marked.length === 0 ? 'Take the marked' : marked.length === 1 ? 'Take this one' : `Take these ${marked.length}`}
        </button>
      </div>
    </Dialog>
  );
}
