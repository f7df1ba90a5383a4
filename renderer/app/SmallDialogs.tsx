// SPDX-License-Identifier: Apache-2.0
/** Saving, leaving an unsaved recording, and the list of keys. */
import { Fragment, useState } from 'react';
import { Dialog } from '../parts/Dialog.tsx';
import { displayTarget } from './format.ts';
import { keyList } from './keys.ts';
import { useSession } from './session-context.ts';
import { useApp } from './store.ts';
import { subjectOf } from './subject.ts';
import './small-dialogs.css';

export function SaveDialog() {
  const session = useSession();
  const open = useApp((state) => state.dialog === 'save' && subjectOf(state).recording !== null);
  // What is a file already is not taken from where it lies.
  const copies = useApp((state) => {
    const { recording } = subjectOf(state);
    return recording?.savedAs != null && recording.state.kind === 'finished';
  });
  const target = useApp((state) => subjectOf(state).recording?.target ?? '');
  const folder = useApp((state) => state.engine?.recordingsFolder ?? '');
  const close = () => session.store.setState({ dialog: null });
  return (
    <Dialog
      open={open}
      close={close}
      title={copies ? 'Save a copy' : 'Save the recording'}
      description={
        copies
          ? `The copy is kept in ${folder || 'the recordings folder'}; the file stays where it lies.`
          : `It is kept in ${folder || 'the recordings folder'}. A recording that is still running goes on, and the file grows with it.`
      }
    >
      {open && <SaveForm suggestion={displayTarget(target, 80)} close={close} />}
    </Dialog>
  );
}

function SaveForm({ suggestion, close }: { suggestion: string; close(): void }) {
  const session = useSession();
  const [name, setName] = useState(suggestion);
  const [saving, setSaving] = useState(false);
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() === '') return;
        setSaving(true);
        void session.save(name.trim()).then((saved) => (saved ? close() : setSaving(false)));
      }}
    >
      <label>
        Name
        <input type="text" autoFocus maxLength={120} value={name} onChange={(event) => setName(event.target.value)} />
      </label>
      <div className="dialog-actions">
        <button type="button" onClick={close}>
          Cancel
        </button>
        <button type="submit" className="primary" disabled={saving || name.trim() === ''}>
          {saving ? 'Saving…' : 'Save'}
        </button>
      </div>
    </form>
  );
}

export function KeepDialog() {
  const question = useApp((state) => state.keepQuestion);
  return (
    <Dialog
      open={question !== null}
      close={() => question?.answer('cancel')}
      title="Keep the recording?"
      description={`The recording of ${displayTarget(question?.target ?? '', 80)} is not saved. Opening something else closes it.`}
    >
      <div className="dialog-actions">
        <button onClick={() => question?.answer('cancel')}>Cancel</button>
        <button onClick={() => question?.answer('discard')}>Do not keep it</button>
        <button className="primary" autoFocus onClick={() => question?.answer('save')}>
          Save and go on
        </button>
      </div>
    </Dialog>
  );
}

export function KeysDialog() {
  const session = useSession();
  const open = useApp((state) => state.dialog === 'keys');
  return (
    <Dialog open={open} close={() => session.store.setState({ dialog: null })} title="Keys" className="keys-dialog">
      <div className="keys" role="group" aria-label="Keys by what they are for" tabIndex={0}>
        {keyList.map(({ title, entries }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {entries.map(([keys, what]) => (
                <div key={what}>
                  <dt>
                    {keys.map((key, index) => (
                      <Fragment key={key}>
                        {index > 0 && ' '}
                        <kbd>{key}</kbd>
                      </Fragment>
                    ))}
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
