// SPDX-License-Identifier: Apache-2.0
/** Renaming a recording, and choosing another folder. */
import { useState } from 'react';
import type { LibraryEntry } from '../../ipc/contract.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { Dialog } from '../parts/Dialog.tsx';

export function RenameDialog({ entry, close }: { entry: LibraryEntry; close(): void }) {
  const { library: actions } = useSession();
  return (
    <Dialog open close={close} title="Rename the recording" description="Its file is called so, too. Where the name is taken, a number is added.">
      <OneField label="Name" first={entry.name} limit={120} done="Rename" close={close} run={(name) => actions.rename(entry.file, name)} />
    </Dialog>
  );
}

export function FolderDialog({ close }: { close(): void }) {
  const { library: actions } = useSession();
  const folder = useApp((state) => state.library.folder ?? state.engine?.recordingsFolder ?? '');
  return (
    <Dialog open close={close} title="Folder of the recordings" description="Saved recordings go there from now on, and the ones in it are listed. It is made when it is not there; no file is moved.">
      <OneField label="Folder" first={folder} limit={4000} done="Use this folder" close={close} run={(path) => actions.moveTo(path)} isMono />
    </Dialog>
  );
}

interface FieldProps {
  label: string;
  first: string;
  limit: number;
  done: string;
  close(): void;
  /** @returns whether it is done */
  run(text: string): Promise<boolean>;
  isMono?: boolean;
}

function OneField({ label, first, limit, done, close, run, isMono = false }: FieldProps) {
  const [text, setText] = useState(first);
  const [running, setRunning] = useState(false);
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() === '') return;
        setRunning(true);
        void run(text.trim()).then((isDone) => (isDone ? close() : setRunning(false)));
      }}
    >
      <label>
        {label}
        <input type="text" className={isMono ? 'mono' : ''} autoFocus spellCheck={false} maxLength={limit} value={text} onFocus={(event) => event.target.select()} onChange={(event) => setText(event.target.value)} />
      </label>
      <div className="dialog-actions">
        <button type="button" onClick={close}>
          Cancel
        </button>
        <button type="submit" className="primary" disabled={running || text.trim() === ''}>
          {done}
        </button>
      </div>
    </form>
  );
}
