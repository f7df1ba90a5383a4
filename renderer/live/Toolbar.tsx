// SPDX-License-Identifier: Apache-2.0
/** Between timeline and picture: the view, where the zoom is, the search. */
import { CaseSensitive, Undo2, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { displayName, formatPercent } from '../app/format.ts';
import { undoZoom, zoomTo } from '../app/navigation.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { useCommands } from '../app/use-commands.ts';
import { CollapseMenu } from './Collapse.tsx';
import { pressKey } from './press-key.ts';
import '../parts/tools.css';
import './toolbar.css';

export function Toolbar() {
  const session = useSession();
  const layout = useApp((state) => state.layout);
  return (
    <div className="tools">
      <div className="tabs" role="group" aria-label="View">
        {(['flame', 'icicle'] as const).map((each) => (
          <button key={each} aria-pressed={layout === each} onClick={() => session.setLayout(each)}>
            {each === 'flame' ? 'Flame' : 'Icicle'}
          </button>
        ))}
      </div>
      <CollapseMenu />
      <Breadcrumb />
      <SearchBox />
    </div>
  );
}

/** Steps beyond this many are left out in the middle: the ends are what one clicks. */
const STEPS_SHOWN = 7;

function Breadcrumb() {
  const session = useSession();
  const path = useApp((state) => state.path);
  const canUndo = useApp((state) => state.navigation.zoomsBefore.length > 0);
  const list = useRef<HTMLOListElement>(null);
  const steps = path.length <= STEPS_SHOWN ? path : [path[0]!, null, ...path.slice(2 - STEPS_SHOWN)];
  useEffect(() => {
    // The end of the path is the zoomed frame: it stays in view.
    const element = list.current!;
    const toEnd = () => (element.scrollLeft = element.scrollWidth);
    toEnd();
    const observer = new ResizeObserver(toEnd);
    observer.observe(element);
    return () => observer.disconnect();
  }, [path]);
  return (
    <nav className="crumbs" aria-label="Zoom">
      {canUndo && (
        <button className="plain" aria-label="Undo the last zoom" title="Undo the last zoom (Backspace)" onClick={() => session.navigate(undoZoom)}>
          <Undo2 size={14} />
        </button>
      )}
      <ol ref={list}>
        {steps.map((step, index) =>
          step === null ? (
            <li key="gap">…</li>
          ) : (
            <li key={step.node}>
              <button
                className="plain"
                title={displayName(step.name, 300)}
                aria-current={index === steps.length - 1 ? 'true' : undefined}
                onClick={() => session.navigate((navigation) => zoomTo(navigation, step.node))}
              >
                {displayName(step.name, 60)}
              </button>
            </li>
          ),
        )}
      </ol>
    </nav>
  );
}

/** Typing is not sent letter by letter: a search over a large tree takes some ten milliseconds. */
const TYPING_MS = 120;

function SearchBox() {
  const session = useSession();
  const pattern = useApp((state) => state.navigation.pattern);
  const ignoreCase = useApp((state) => state.navigation.ignoreCase);
  const result = useApp((state) => state.search);
  const input = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(pattern);
  const [sent, setSent] = useState(pattern);
  // Somebody else changed the pattern: Esc, or "Search for this function".
  if (pattern !== sent) {
    setSent(pattern);
    setTyped(pattern);
  }
  useEffect(() => {
    if (typed === pattern) return;
    const timer = setTimeout(() => {
      setSent(typed);
      session.navigate((navigation) => ({ ...navigation, pattern: typed }));
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, pattern, session]);
  useCommands({
    search: () => {
      input.current?.focus();
      input.current?.select();
    },
  });
  const clear = () => {
    setTyped('');
    setSent('');
    session.navigate((navigation) => ({ ...navigation, pattern: '' }));
  };
  const error = pattern === '' ? null : (result?.error ?? null);
  return (
    <div className="search">
      <span className={error === null ? 'matched' : 'bad'} {...(error === null ? {} : { role: 'alert', title: error })}>
        {pattern === '' || result === null ? '' : error === null ? `Matched ${formatPercent(result.share, 1)}` : error}
      </span>
      <span className="search-field">
        <input
          ref={input}
          type="search"
          aria-label="Search functions by regular expression"
          aria-invalid={error !== null}
          placeholder="Search (Ctrl F)"
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') {
              event.preventDefault();
              pressKey('F3', event.shiftKey);
            } else if (event.key === 'Escape') {
              event.preventDefault();
              clear();
              input.current?.blur();
            }
          }}
        />
        {typed !== '' && (
          <button className="plain" aria-label="Clear the search" onClick={clear}>
            <X size={13} />
          </button>
        )}
        <button
          className="plain"
          aria-label="Mind case"
          title="Mind case (Ctrl I)"
          aria-pressed={!ignoreCase}
          onClick={() => session.navigate((navigation) => ({ ...navigation, ignoreCase: !navigation.ignoreCase }))}
        >
          <CaseSensitive size={15} />
        </button>
      </span>
    </div>
  );
}
