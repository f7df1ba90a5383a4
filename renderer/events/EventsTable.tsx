// SPDX-License-Identifier: Apache-2.0
/** Every hit: the newest as they come, or a list that stands still and can be scrolled, filtered and copied. */
import { CaseSensitive, Copy, Download, Pause, Play } from 'lucide-react';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { droppedOf, droppedWords } from '../../ipc/dropped-events.ts';
import { copyText } from '../app/clipboard.ts';
import { displayName, formatCount } from '../app/format.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { exportEvents } from '../app/transfers.ts';
import { useCommands } from '../app/use-commands.ts';
import { formatNanoseconds } from '../functions/durations.ts';
import { isFollowing, type EventsFilter } from '../functions/probing.ts';
import { eventLine, eventSeconds } from '../worker/event-text.ts';
import type { EventRow } from '../worker/protocol.ts';
import '../parts/empty.css';
import '../parts/tools.css';
import './events.css';

const ROW_HEIGHT = 22;
/** Typing is not sent letter by letter: a quarter of a million rows are searched. */
const TYPING_MS = 120;

export function EventsTable() {
  const session = useSession();
  const page = useApp((state) => state.probing.page);
  const events = useApp((state) => state.probing.events);
  const isLive = useApp((state) => state.probing.recording?.state.kind === 'live');
  const follow = useApp((state) => isFollowing(state.probing));
  const isTraced = useApp((state) => state.probing.probes.some(({ request }) => request.events));
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<number | null>(null);
  const change = useCallback((part: Partial<EventsFilter>) => session.probes.change((probing) => ({ ...probing, events: { ...probing.events, ...part } })), [session]);
  const matched = page?.matched ?? 0;

  useEffect(() => {
    const element = scroller.current!;
    const observer = new ResizeObserver(() => change({ count: Math.max(1, Math.ceil(element.clientHeight / ROW_HEIGHT) + 2) }));
    observer.observe(element);
    return () => observer.disconnect();
  }, [change]);
  const first = useRef(0);
  useEffect(() => {
    if (follow) first.current = page?.first ?? 0;
  });
  // A list that stops shows what it showed.
  useLayoutEffect(() => {
    if (!follow) scroller.current!.scrollTop = first.current * ROW_HEIGHT;
  }, [follow]);
  // The newest stand at the bottom for as long as they are followed.
  useEffect(() => {
    const element = scroller.current!;
    if (follow) element.scrollTop = element.scrollHeight;
  });

  const hold = (first: number) => change({ follow: false, first: Math.max(0, first) });
  const scrolled = () => {
    const element = scroller.current!;
    if (follow) return;
    change({ first: Math.max(0, Math.floor(element.scrollTop / ROW_HEIGHT) - 1) });
  };
  const toggle = () => {
    if (follow) return hold(page?.first ?? 0);
    session.probes.change((probing) => ({ ...probing, paused: false, events: { ...probing.events, follow: true } }));
  };
  useCommands({ pause: toggle });
  const moveTo = (index: number) => {
    const next = Math.min(Math.max(index, 0), matched - 1);
    if (next < 0) return;
    if (follow) hold(page?.first ?? 0);
    setActive(next);
    const element = scroller.current!;
    const [top, bottom] = [next * ROW_HEIGHT, (next + 1) * ROW_HEIGHT];
    if (top < element.scrollTop) element.scrollTop = top;
    else if (bottom > element.scrollTop + element.clientHeight) element.scrollTop = bottom - element.clientHeight;
  };
  const screen = Math.max(1, events.count - 3);
  const row = (index: number): EventRow | undefined => page?.rows[index - page.first];
  const copyRow = (index: number | null) => {
    const found = index === null ? undefined : row(index);
    if (found !== undefined) void copyText(session.store, eventLine(found), 'the line');
  };
  const press = (event: React.KeyboardEvent) => {
    const at = active ?? matched;
    const steps: Record<string, () => void> = {
      ArrowDown: () => moveTo(at + 1),
      ArrowUp: () => moveTo(at - 1),
      PageDown: () => moveTo(at + screen),
      PageUp: () => moveTo(at - screen),
      Home: () => moveTo(0),
      End: () => (follow ? undefined : toggle()),
      Enter: () => copyRow(active),
      ...(event.ctrlKey || event.metaKey ? { c: () => copyRow(active) } : {}),
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    step();
  };
  const rows = page?.rows ?? [];
  return (
    <div className="events">
      <EventsBar follow={follow} isLive={isLive} toggle={toggle} change={change} />
      <div className="events-head" aria-hidden>
        <span>Task</span>
        <span>PID</span>
        <span>CPU</span>
        <span>Flags</span>
        <span>Time</span>
        <span>Took</span>
        <span>Message</span>
      </div>
      <div
        className="events-scroller"
        ref={scroller}
        role="grid"
        aria-label="Events"
        aria-rowcount={matched}
        tabIndex={0}
        onScroll={scrolled}
        onKeyDown={press}
        // A wheel upwards takes hold of the list.
        onWheel={(event) => event.deltaY < 0 && follow && matched > 0 && hold(page?.first ?? 0)}
      >
        <div role="rowgroup" style={{ height: (follow ? rows.length : matched) * ROW_HEIGHT, position: 'relative' }}>
          {rows.map((each, at) => {
            const index = (page?.first ?? 0) + at;
            return (
              <EventLine key={index} row={each} top={(follow ? at : index) * ROW_HEIGHT} index={index} active={!follow && index === active} choose={() => moveTo(index)} />
            );
          })}
        </div>
      </div>
      {rows.length === 0 && (
        <div className="empty over" role="status">
          <strong>{page !== null && page.kept > 0 ? 'No event matches' : isTraced ? 'No event yet' : 'Nothing is traced'}</strong>
          <span>
            {page !== null && page.kept > 0
              ? 'Another pattern, or none, shows more.'
              : isTraced
                ? 'Each hit appears here as it comes.'
                : 'What is attached while this view is shown is traced: search sched:sched_process_fork at the left and press Enter.'}
          </span>
        </div>
      )}
    </div>
  );
}

interface BarProps {
  follow: boolean;
  isLive: boolean;
  toggle(): void;
  change(part: Partial<EventsFilter>): void;
}

function EventsBar({ follow, isLive, toggle, change }: BarProps) {
  const session = useSession();
  const page = useApp((state) => state.probing.page);
  const events = useApp((state) => state.probing.events);
  const dropped = useApp((state) => droppedWords(droppedOf(state.probing.probes.map(({ figures }) => figures))));
  const [typed, setTyped] = useState(events.pattern);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (typed === events.pattern) return;
    const timer = setTimeout(() => change({ pattern: typed, first: 0 }), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, events.pattern, change]);
  const said = page?.error ?? countWords(page, dropped);
  const copyAll = async () => {
    const text = await session.engine.exportEvents('text');
    await copyText(session.store, text, `${formatCount(page?.matched ?? 0)} events`);
  };
  return (
    <div className="events-bar">
      <span className="search-field">
        <input
          ref={input}
          type="search"
          aria-label="Filter events by regular expression"
          aria-invalid={page?.error != null}
          placeholder="Filter events"
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={(event) => event.key === 'Escape' && setTyped('')}
        />
        <button className="plain" aria-label="Mind case" title="Mind case" aria-pressed={!events.ignoreCase} onClick={() => change({ ignoreCase: !events.ignoreCase })}>
          <CaseSensitive size={15} />
        </button>
      </span>
      <label>
        <input type="checkbox" checked={events.selectedOnly} onChange={(event) => change({ selectedOnly: event.target.checked })} /> Selected only
      </label>
      {isLive && (
        <button aria-pressed={!follow} onClick={toggle} title="Space">
          {follow ? <Pause size={13} /> : <Play size={13} />} {follow ? 'Hold' : 'Follow'}
        </button>
      )}
      <span className={page?.error == null ? 'events-count' : 'events-count bad'} role="status" title={said}>
        {said}
      </span>
      <button aria-label="Copy" title="Copy the events as text" disabled={page === null || page.matched === 0} onClick={() => void session.attempt(copyAll)}>
        <Copy size={13} aria-hidden /> <span className="wide-only">Copy</span>
      </button>
      <button aria-label="CSV" title="Export the events as CSV" disabled={page === null || page.matched === 0} onClick={() => void exportEvents(session, 'csv')}>
        <Download size={13} aria-hidden /> <span className="wide-only">CSV</span>
      </button>
    </div>
  );
}

function countWords(page: { matched: number; kept: number; seen: number; since: number } | null, dropped: string): string {
  if (page === null) return '';
  const { matched, kept, seen, since } = page;
  return [
    matched === kept ? `${formatCount(matched)} events` : `${formatCount(matched)} of ${formatCount(kept)} events`,
    since > 0 ? `${formatCount(since)} came since` : '',
    seen - since > kept ? `${formatCount(seen - since - kept)} others only in the file` : '',
    dropped !== '' ? `dropped: ${dropped}` : '',
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

function EventLine({ row, top, index, active, choose }: { row: EventRow; top: number; index: number; active: boolean; choose(): void }) {
  return (
    <div role="row" aria-rowindex={index + 1} aria-selected={active} className={`event ${active ? 'on' : ''}`} style={{ transform: `translateY(${top}px)`, height: ROW_HEIGHT }} onClick={choose}>
      <span role="gridcell">{displayName(row.task, 40)}</span>
      <span role="gridcell">{row.tid}</span>
      <span role="gridcell">{row.cpu}</span>
      <span role="gridcell">{row.flags}</span>
      <span role="gridcell">{eventSeconds(row.time)}</span>
      <span role="gridcell">{row.duration < 0 ? '' : formatNanoseconds(row.duration)}</span>
      <span role="gridcell" title={displayName(row.message, 600)}>
        {displayName(row.message, 400)}
      </span>
    </div>
  );
}
