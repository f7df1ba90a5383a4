// SPDX-License-Identifier: Apache-2.0
/** Threads to include or leave out. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState } from 'react';
import { displayName, formatCount } from '../app/format.ts';
import { toggleThread } from '../app/navigation.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { Sparkline } from '../parts/Sparkline.tsx';
import './thread-list.css';

const ROW_HEIGHT = 24;
/** From this many on, a filter helps. */
const FILTER_FROM = 13;

export function ThreadList() {
  const session = useSession();
  const threads = useApp((state) => state.threads);
  const hidden = useApp((state) => state.navigation.hiddenThreads);
  const [filter, setFilter] = useState('');
  const scroller = useRef<HTMLDivElement>(null);
  const shown = useMemo(() => {
    const words = filter.trim().toLowerCase();
    return words === '' ? threads : threads.filter((row) => `${row.name} ${row.tid} ${row.tgid}`.toLowerCase().includes(words));
  }, [threads, filter]);
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 6,
  });
  const hide = (threadsToHide: number[]) => session.navigate((navigation) => ({ ...navigation, hiddenThreads: threadsToHide }));
  return (
    <section className="threads" aria-label="Threads">
      <div className="threads-head">
        <h2 className="title">Threads</h2>
        {threads.length > 0 && (
          <>
            <span className="faint">{formatCount(threads.length)}</span>
            <span className="grow" />
            <button className="plain" onClick={() => hide([])} disabled={hidden.length === 0}>
              All
            </button>
            <button className="plain" onClick={() => hide(threads.map((row) => row.thread))} disabled={hidden.length >= threads.length}>
              None
            </button>
          </>
        )}
      </div>
      {threads.length >= FILTER_FROM && (
        <input
          type="search"
          className="thread-filter"
          aria-label="Filter threads"
          placeholder="Filter by name or number"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
      )}
      {threads.length === 0 && <p className="faint threads-empty">They appear with their first sample.</p>}
      {threads.length > 0 && shown.length === 0 && <p className="faint threads-empty">No thread matches the filter.</p>}
      <div className="threads-scroller" ref={scroller}>
        <div style={{ height: rows.getTotalSize(), position: 'relative' }}>
          {rows.getVirtualItems().map((item) => {
            const row = shown[item.index];
            if (row === undefined) return null;
            return (
              <label
                key={row.thread}
                className="thread"
                title={`${displayName(row.name, 64)} · process ${row.tgid}, thread ${row.tid}`}
                style={{ position: 'absolute', top: 0, left: 0, right: 0, height: ROW_HEIGHT, transform: `translateY(${item.start}px)` }}
              >
                <input
                  type="checkbox"
                  checked={!hidden.includes(row.thread)}
                  onChange={() => session.navigate((navigation) => toggleThread(navigation, row.thread))}
                />
                <span className="thread-name">
                  <span>{displayName(row.name, 40) || '(no name)'}</span> {row.tid > 0 && <span className="faint">{row.tid}</span>}
                </span>
                <Sparkline values={row.recent} most={1} width={64} height={16} />
                <em>{`${(row.share * 100).toFixed(row.share > 0 && row.share < 0.0995 ? 1 : 0)}%`}</em>
              </label>
            );
          })}
        </div>
      </div>
    </section>
  );
}
