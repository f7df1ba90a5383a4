// SPDX-License-Identifier: Apache-2.0
/** What can be traced: type to search, arrows to choose, Enter to attach. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { Search } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { displayName, formatCount } from '../app/format.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { useAnswer } from '../app/use-answer.ts';
import { useCommands } from '../app/use-commands.ts';
import { isForTheDoctor } from '../doctor/findings.ts';
import { OpenDoctor } from '../doctor/OpenDoctor.tsx';
import { ASKED_FROM, foundRows, type FoundRow } from './found-functions.ts';
import { Gallery } from './Gallery.tsx';
import { useFunctions } from './use-functions.ts';
import '../parts/side.css';
import './function-search.css';

const ROW_HEIGHT = 42;
/** As many as the helper attaches by one pattern. */
const MOST_TOGETHER = 10_000;

export function FunctionSearch() {
  const session = useSession();
  const readOnly = useApp((state) => state.probing.opened || state.connection.kind !== 'connected');
  const connected = useApp((state) => state.connection.kind === 'connected');
  const busy = useApp((state) => state.probing.busy !== null);
  const [pattern, setPattern] = useState('');
  const { list, failure, isSearching, isSlow, pattern: answered } = useFunctions(pattern);
  const questions = useAnswer('readyQuestions', connected ? [] : null);
  const rows = useMemo(() => (list === null ? [] : foundRows(answered, list)), [list, answered]);
  const [active, setActive] = useState(-1);
  /** A pattern of many functions that was asked for once. */
  const [confirming, setConfirming] = useState<FoundRow | null>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => ROW_HEIGHT, overscan: 8 });
  useCommands({ search: () => (input.current?.focus(), input.current?.select()) });

  const attach = (row: FoundRow | undefined) => {
    if (row?.available !== true || readOnly || busy) return;
    if (row.functions >= ASKED_FROM && confirming !== row) return setConfirming(row);
    setConfirming(null);
    const module = row.kind === 'kernel' || row.kind === 'tracepoint' ? '' : row.module;
    const question = row.kind === 'ready' ? questions?.find(({ name }) => name === row.symbol) : undefined;
    if (question !== undefined) return void session.probes.askReady(question);
    // Their number was seen.
    const most = row.functions > 1 ? { most: MOST_TOGETHER } : {};
    const request = session.probes.request({ kind: row.kind, name: row.symbol, module, ...most });
    if (request !== null) void session.probes.attach(request);
  };
  const moveTo = (index: number) => {
    const next = Math.min(Math.max(index, 0), rows.length - 1);
    if (next < 0) return;
    setActive(next);
    virtual.scrollToIndex(next);
  };
  const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_HEIGHT) - 1);
  const press = (event: React.KeyboardEvent) => {
    const steps: Record<string, () => void> = {
      ArrowDown: () => moveTo(active + 1),
      ArrowUp: () => moveTo(active - 1),
      PageDown: () => moveTo(active + page),
      PageUp: () => moveTo(active - page),
      // What was typed a moment ago is not what the list shows.
      Enter: () => !isSearching && attach(rows[Math.max(0, active)]),
      Escape: () => (pattern === '' ? input.current?.blur() : change('')),
    };
    const step = steps[event.key];
    if (step === undefined || event.nativeEvent.isComposing) return;
    event.preventDefault();
    step();
  };
  const change = (text: string) => {
    setPattern(text);
    setActive(-1);
    setConfirming(null);
    scroller.current?.scrollTo({ top: 0 });
  };
  const isShown = pattern !== '';
  return (
    <aside className="side functions-side" aria-label="What can be traced">
      <div className="function-search">
        <Search size={14} aria-hidden />
        <input
          ref={input}
          type="search"
          role="combobox"
          aria-label="Search functions, tracepoints and markers"
          aria-expanded={isShown}
          aria-controls="functions"
          aria-activedescendant={active >= 0 ? `function-${active}` : undefined}
          placeholder="Function or pattern"
          spellCheck={false}
          value={pattern}
          onChange={(event) => change(event.target.value)}
          onKeyDown={press}
        />
      </div>
      {isShown && (
        <>
          <p className="function-count" role="status">
            {failure !== null ? '' : isSlow ? 'Reading the names in the files of the target…' : isSearching ? 'Searching…' : list === null ? '' : countWords(rows.length, list.matched)}
            {isSlow && (
              <button className="plain" onClick={() => change('')}>
                Cancel
              </button>
            )}
          </p>
          {failure !== null && (
            <p className="function-note warned" role="alert">
              {displayName(failure.message, 400)} {displayName(failure.remedy, 300)}
            </p>
          )}
          {(rows.some((row) => !row.available) || (failure !== null && isForTheDoctor(failure.code))) && (
            <p className="function-note">
              Why not? <OpenDoctor isPlain />
            </p>
          )}
          {list !== null && list.incomplete !== '' && <p className="function-note">{displayName(list.incomplete, 400)}</p>}
          <div className="function-list" id="functions" role="listbox" aria-label="Functions" tabIndex={0} ref={scroller} onKeyDown={press}>
            <div role="presentation" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
              {virtual.getVirtualItems().map((item) => {
                const row = rows[item.index];
                if (row === undefined) return null;
                return (
                  <div
                    key={item.index}
                    id={`function-${item.index}`}
                    role="option"
                    aria-selected={item.index === active}
                    aria-disabled={!row.available || readOnly}
                    aria-setsize={rows.length}
                    aria-posinset={item.index + 1}
                    className={`hit ${row.available ? '' : 'no'} ${item.index === active ? 'on' : ''}`}
                    style={{ position: 'absolute', top: 0, transform: `translateY(${item.start}px)`, height: ROW_HEIGHT, width: '100%' }}
                    title={`${displayName(row.name, 400)}\n${displayName(row.detail, 600)}`}
                    onClick={() => (setActive(item.index), attach(row))}
                  >
                    <b>{displayName(row.name, 300)}</b>
                    <small>{confirming === row ? `${formatCount(row.functions)} functions at once: once more attaches them` : displayName(row.detail, 300)}</small>
                  </div>
                );
              })}
            </div>
          </div>
        </>
      )}
      {!isShown && <Gallery readOnly={readOnly} />}
    </aside>
  );
}

function countWords(shown: number, matched: number): string {
  if (matched === 0) return 'Nothing matches. Part of a name will do, or a pattern with * and ?.';
  return matched > shown ? `The best ${formatCount(shown)} of ${formatCount(matched)}` : `${formatCount(matched)} found · Enter attaches`;
}
