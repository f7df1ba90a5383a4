// SPDX-License-Identifier: Apache-2.0
/** As what the shown recording, its events, or the comparison can be exported. */
import { ChevronDown } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { formatWords, WRITTEN_FORMATS } from '../../formats/write/format-names.ts';
import type { Session } from './session.ts';
import { useSession } from './session-context.ts';
import { useApp, type AppState } from './store.ts';
import { subjectOf } from './subject.ts';
import { exportEvents, exportRecording, type ExportFormat } from './transfers.ts';
import '../parts/menu.css';

interface Entry {
  title: string;
  what: string;
  run(session: Session): Promise<void>;
}

const recordings: readonly (Entry & { format: ExportFormat })[] = [
  ...WRITTEN_FORMATS.map((format) => ({ format, ...formatWords[format], run: (session: Session) => exportRecording(session, format) })),
  { format: 'ember', title: 'Recording (.ember)', what: 'everything, to open again', run: (session) => exportRecording(session, 'ember') },
];

const events: readonly Entry[] = [
  { title: 'Events as text', what: 'a line a hit, in the order of bcc', run: (session) => exportEvents(session, 'text') },
  { title: 'Events as CSV', what: 'for a sheet or a script', run: (session) => exportEvents(session, 'csv') },
];

const comparisons: readonly Entry[] = [
  { title: formatWords.html.title, what: 'both sides, with zoom, search and details', run: (session) => session.compare.export('html') },
  { title: formatWords.svg.title, what: 'what changed as a picture, with zoom and search', run: (session) => session.compare.export('svg') },
];

/** Empty: there is nothing yet. */
function entriesOf(state: AppState): readonly Entry[] {
  if (state.screen === 'compare') return state.comparing.result === null ? [] : comparisons;
  const ofRecording = recordings.filter(({ format }) => state.drawn || format === 'ember');
  return state.screen === 'functions' ? [...events, ...ofRecording] : state.drawn ? ofRecording : [];
}

export function ExportMenu() {
  const session = useSession();
  const isShown = useApp((state) => (state.screen === 'compare' ? state.comparing.result !== null : subjectOf(state).recording !== null));
  const isEmpty = useApp((state) => entriesOf(state).length === 0);
  if (!isShown) return null;
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <button disabled={isEmpty}>
          <span>Export</span> <ChevronDown size={13} />
        </button>
      </DropdownMenu.Trigger>
      {/* Within a landmark, where screen readers look. */}
      <DropdownMenu.Portal container={document.querySelector('header')}>
        <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
          {entriesOf(session.store.getState()).map(({ title, what, run }) => (
            <DropdownMenu.Item key={title} onSelect={() => void run(session)}>
              <span>
                {title}
                <small>{what}</small>
              </span>
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
