// SPDX-License-Identifier: Apache-2.0
/** The recordings that were saved: type to search, arrows to choose, Enter to open. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDownUp, ArrowRightLeft, FolderCog, Search, Trash2, Undo2 } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { LIBRARY_ORDERS, sortLibrary, type LibraryOrder } from '../../ipc/library-search.ts';
import { displayName, formatCount } from '../app/format.ts';
import { FailureNote } from '../app/Notices.tsx';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { useCommands } from '../app/use-commands.ts';
import { OpenFile } from '../picker/OpenFile.tsx';
import { EntryDetails } from './EntryDetails.tsx';
import { EntryRow } from './EntryRow.tsx';
import { FolderDialog, RenameDialog } from './LibraryDialogs.tsx';
import { meant, shownEntries, toggled } from './listing.ts';
import '../parts/empty.css';
import './library.css';

const ROW_HEIGHT = 58;

const orderWords: Readonly<Record<LibraryOrder, string>> = {
  newest: 'Newest first',
  name: 'Name',
  target: 'Target',
  host: 'Host',
  duration: 'Longest first',
  samples: 'Most samples first',
  size: 'Largest first',
};

export function LibraryScreen() {
  const session = useSession();
  const { library: actions } = session;
  const listing = useApp((state) => state.library);
  const busy = useApp((state) => state.busy);
  const failure = useApp((state) => state.failure);
  const connected = useApp((state) => state.connection.kind === 'connected');
  const [asked, setAsked] = useState<'rename' | 'folder' | null>(null);
  const { entries, query, order, reversed, active, marked } = listing;
  const shown = useMemo(() => shownEntries({ entries, query, order, reversed }), [entries, query, order, reversed]);
  const scroller = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const rows = useVirtualizer({ count: shown.length, getScrollElement: () => scroller.current, estimateSize: () => ROW_HEIGHT, overscan: 6 });

  useEffect(() => {
    if (!connected) return;
    void actions.enter();
    return () => actions.leave();
  }, [actions, connected]);

  const place = shown.findIndex((entry) => entry.file === active);
  const current = shown[place];
  const isOpenable = (entry = current) => entry !== undefined && entry.state.kind === 'sound' && busy === null;
  const choose = (chosen: string | null) => actions.change((before) => ({ ...before, active: chosen }));
  const moveTo = (index: number) => {
    const next = Math.min(Math.max(index, 0), shown.length - 1);
    if (shown[next] === undefined) return;
    choose(shown[next].file);
    rows.scrollToIndex(next);
  };
  const compareMarked = () => {
    // Before and after: the older half is A.
    const files = sortLibrary(marked.map((one) => entries.get(one)!).filter(({ state }) => state.kind === 'sound'), 'newest', true).map((entry) => entry.file);
    if (files.length < 2) return;
    const half = Math.floor(files.length / 2);
    void session.compare.compareFiles(files.slice(0, half), files.slice(half));
  };
  const remove = () => void actions.remove(meant(listing));
  const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_HEIGHT) - 1);
  const press = (event: React.KeyboardEvent) => {
    const inList = event.target === scroller.current;
    const steps: Record<string, (() => void) | undefined> = {
      ArrowDown: () => moveTo(place + 1),
      ArrowUp: () => moveTo(place - 1),
      PageDown: () => moveTo(place + page),
      PageUp: () => moveTo(place - page),
      Enter: () => isOpenable(current ?? shown[0]) && void actions.open((current ?? shown[0])!.file),
      F2: () => current !== undefined && setAsked('rename'),
      Home: inList ? () => moveTo(0) : undefined,
      End: inList ? () => moveTo(shown.length - 1) : undefined,
      Delete: inList ? remove : undefined,
      ' ': inList && current !== undefined ? () => actions.change((before) => toggled(before, current.file)) : undefined,
      Escape: query === '' ? undefined : () => actions.change((before) => ({ ...before, query: '' })),
    };
    const step = steps[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    step();
  };
  // The button of a deletion goes with it, and the browser would take back what was last typed.
  useCommands({ search: () => (input.current?.focus(), input.current?.select()), undo: () => void actions.undo() });

  const id = (index: number) => (index < 0 ? undefined : `recording-${index}`);
  return (
    <main className="library">
      <header>
        <div className="library-search">
          <Search size={15} aria-hidden />
          <input
            ref={input}
            type="search"
            role="combobox"
            autoFocus
            aria-label="Search recordings"
            aria-expanded
            aria-controls="recordings"
            aria-activedescendant={id(place)}
            placeholder="Search: name, target, command, host, #tag, notes, 2026-11-27"
            spellCheck={false}
            value={query}
            onChange={(event) => {
              actions.change((before) => ({ ...before, query: event.target.value }));
              scroller.current?.scrollTo({ top: 0 });
            }}
            onKeyDown={press}
          />
          <span className="library-count" role="status">
            {listing.folder === null ? 'Reading…' : shown.length === entries.size ? formatCount(entries.size) : `${formatCount(shown.length)} of ${formatCount(entries.size)}`}
            {listing.waiting > 0 && ` · looking into ${formatCount(listing.waiting)} more`}
          </span>
        </div>
        <select aria-label="Order" value={order} onChange={(event) => actions.change((before) => ({ ...before, order: event.target.value as LibraryOrder, reversed: false }))}>
          {LIBRARY_ORDERS.map((each) => (
            <option key={each} value={each}>
              {orderWords[each]}
            </option>
          ))}
        </select>
        <button aria-pressed={reversed} title="The other way round" aria-label="The other way round" onClick={() => actions.change((before) => ({ ...before, reversed: !before.reversed }))}>
          <ArrowDownUp size={15} />
        </button>
        <OpenFile title="Open a file…" />
        <button onClick={() => setAsked('folder')} title={listing.folder ?? ''}>
          <FolderCog size={15} /> Folder…
        </button>
      </header>
      {failure !== null && <FailureNote failure={failure} close={() => session.store.setState({ failure: null })} />}
      {listing.failure !== null && <FailureNote failure={listing.failure} close={() => actions.change((before) => ({ ...before, failure: null }))} />}
      {marked.length > 0 && (
        <div className="library-marked" role="toolbar" aria-label="Marked recordings">
          <strong>{formatCount(marked.length)} marked</strong>
          <button disabled={marked.length < 2} title="The older half is A, the newer one B" onClick={() => compareMarked()}>
            <ArrowRightLeft size={14} /> Compare
          </button>
          <button onClick={remove}>
            <Trash2 size={14} /> Delete
          </button>
          <button className="plain" onClick={() => actions.change((before) => ({ ...before, marked: [] }))}>
            Unmark all
          </button>
        </div>
      )}
      <div className="library-body">
        <div className="library-rows">
        <div className="library-list" id="recordings" role="listbox" aria-label="Recordings" aria-multiselectable tabIndex={0} aria-activedescendant={id(place)} ref={scroller} onKeyDown={press}>
          <div role="presentation" style={{ height: rows.getTotalSize(), position: 'relative' }}>
            {rows.getVirtualItems().map((item) => {
              const entry = shown[item.index];
              if (entry === undefined) return null;
              return (
                <EntryRow
                  key={entry.file}
                  entry={entry}
                  place={{ index: item.index, count: shown.length, top: item.start, height: ROW_HEIGHT }}
                  active={item.index === place}
                  marked={marked.includes(entry.file)}
                  choose={() => choose(entry.file)}
                  mark={() => actions.change((before) => toggled(before, entry.file))}
                  open={() => isOpenable(entry) && void actions.open(entry.file)}
                />
              );
            })}
          </div>
        </div>
          {shown.length === 0 && listing.folder !== null && (
            <div className="empty" role="status">
              {entries.size === 0 ? (
                <>
                  <strong>No recordings yet</strong>
                  <span>Record something and save it (Ctrl S): it is kept in {displayName(listing.folder, 200)}. Files of other tools can be dropped anywhere on the window.</span>
                </>
              ) : (
                <>
                  <strong>No recording matches “{displayName(query, 80)}”</strong>
                  <span>All words must be found: in the name, target, command, host, question, #tags, notes or the day.</span>
                </>
              )}
            </div>
          )}
        </div>
        {current !== undefined && <EntryDetails key={current.file} entry={current} busy={busy !== null} rename={() => setAsked('rename')} />}
      </div>
      {busy !== null && (
        <p className="library-busy" role="status">
          {busy}
        </p>
      )}
      {listing.deletions.length > 0 && (
        <button className="library-undo plain" onClick={() => void actions.undo()}>
          <Undo2 size={14} /> Undo the last deletion
        </button>
      )}
      {asked === 'rename' && current !== undefined && <RenameDialog entry={current} close={() => setAsked(null)} />}
      {asked === 'folder' && <FolderDialog close={() => setAsked(null)} />}
    </main>
  );
}
