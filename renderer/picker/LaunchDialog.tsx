// SPDX-License-Identifier: Apache-2.0
/** "Launch a command…": split into words here, started by the engine as the user, without a shell. */
import { useState } from 'react';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { FailureNote } from '../app/Notices.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { splitCommand } from './command-line.ts';
import { Repeated } from './Repeated.tsx';
import './launch-dialog.css';

export function LaunchDialog() {
  const open = useApp((state) => state.dialog === 'launch');
  const suggestion = useApp(({ suggestion: given }) => (given !== null && 'command' in given ? given : null));
  // What was typed stays until something else is suggested.
  return <LaunchForm key={JSON.stringify(suggestion)} open={open} suggestion={suggestion} />;
}

function LaunchForm({ open, suggestion }: { open: boolean; suggestion: { command: string; folder: string } | null }) {
  const session = useSession();
  const recording = useApp((state) => state.recording !== null || state.screen === 'functions');
  const failure = useApp((state) => state.failure);
  const [line, setLine] = useState(suggestion?.command ?? '');
  const [folder, setFolder] = useState(suggestion?.folder ?? '');
  const [tried, setTried] = useState(false);
  const split = splitCommand(line);
  const close = () => session.store.setState({ dialog: recording ? 'picker' : null });
  return (
    <Dialog
      open={open}
      close={close}
      title="Launch a command"
      description="It starts as you, and waits until sampling is attached. No shell runs: quotes keep words together, and $, * and | are ordinary characters."
    >
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (!split.ok) return;
          session.store.setState({ dialog: null, failure: null });
          const where = folder.trim();
          void session.begin({ kind: 'command', command: split.words, ...(where === '' ? {} : { folder: where }) }, split.words[0] ?? '');
        }}
      >
        <label>
          Command
          <input
            type="text"
            className="mono"
            autoFocus
            spellCheck={false}
            placeholder='python3 script.py --input "my file"'
            value={line}
            aria-describedby="command-words"
            onChange={(event) => setLine(event.target.value)}
          />
        </label>
        <div id="command-words" className="words" role="status">
          {split.ok ? (
            split.words.map((word, index) => <code key={index}>{word === '' ? '(empty)' : word}</code>)
          ) : (
            <span className={tried ? 'bad' : ''}>{line === '' && !tried ? 'The words of the command appear here.' : split.message}</span>
          )}
        </div>
        <label>
          Working folder
          <input
            type="text"
            className="mono"
            spellCheck={false}
            placeholder="Where Emberscope was started"
            value={folder}
            onChange={(event) => setFolder(event.target.value)}
          />
        </label>
        <Repeated />
        {failure !== null && <FailureNote failure={failure} close={() => session.store.setState({ failure: null })} />}
        <div className="dialog-actions">
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" className="primary">
            Launch
          </button>
        </div>
      </form>
    </Dialog>
  );
}
