// SPDX-License-Identifier: Apache-2.0
/** The processes of this computer: type to filter, arrows to choose, Enter to start. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { Search } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { ProcessSummary } from '../../ipc/contract.ts';
import { formatCount } from '../app/format.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { processKey } from './cpu-history.ts';
import { byCpu, keepOrder, filtered } from './process-order.ts';
import { ContainerOf } from './ContainerOf.tsx';
import { ProcessRow } from './ProcessRow.tsx';
import '../parts/empty.css';

const ROW_HEIGHT = 44;
/** The order stays for this long after somebody has moved in the list. */
const STILL_MS = 4000;

export function ProcessList({ ready }: { ready: boolean }) {
  const session = useSession();
  const processes = useApp((state) => state.processes);
  const history = useApp((state) => state.cpuHistory);
  const connection = useApp((state) => state.connection);
  const suggestion = useApp((state) => state.suggestion);
  const [filter, setFilter] = useState(suggestion !== null && 'filter' in suggestion ? suggestion.filter : '');
  // It was meant for this opening alone.
  useEffect(() => session.store.setState(({ suggestion: given }) => (given !== null && 'filter' in given ? { suggestion: null } : {})), [session]);
  const [active, setActive] = useState<string | null>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const order = useRef<string[]>([]);
  const movedAt = useRef(-Infinity);

  const shown = useMemo(() => {
    const sorted = byCpu(processes ?? [], (process) => history.mean(process));
    const still = performance.now() - movedAt.current < STILL_MS;
    const arranged = still ? keepOrder(order.current, sorted) : sorted;
    order.current = arranged.map(processKey);
    return filtered(arranged, filter);
  }, [processes, history, filter]);

  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
  });

  // A chosen process that has ended gives its place to no other: Enter must not start a stranger.
  const place = active === null ? 0 : shown.findIndex((process) => processKey(process) === active);
  const current = shown[place];
  const activeIndex = Math.max(0, place);
  const currentId = current === undefined ? undefined : `process-${processKey(current)}`;
  const moved = () => (movedAt.current = performance.now());
  const moveTo = (index: number) => {
    const next = Math.min(Math.max(index, 0), shown.length - 1);
    if (shown[next] === undefined) return;
    moved();
    setActive(processKey(shown[next]));
    rows.scrollToIndex(next);
  };
  const start = (process: ProcessSummary | undefined) => {
    if (process === undefined || process.refusal !== null || !ready) return;
    const { tgid, startTicks, name } = process;
    void session.begin({ kind: 'processes', processes: [{ tgid, startTicks }] }, `${name} ${tgid}`);
  };
  const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_HEIGHT) - 1);
  const press = (event: React.KeyboardEvent) => {
    const steps: Record<string, () => void> = {
      ArrowDown: () => moveTo(active === null ? 0 : activeIndex + 1),
      ArrowUp: () => moveTo(activeIndex - 1),
      PageDown: () => moveTo(activeIndex + page),
      PageUp: () => moveTo(activeIndex - page),
      Home: () => moveTo(0),
      End: () => moveTo(shown.length - 1),
      Enter: () => start(current),
    };
    const step = steps[event.key];
    if (step === undefined || event.nativeEvent.isComposing) return;
    event.preventDefault();
    step();
  };

  return (
    <div className="process-list">
      <div className="process-filter">
        <Search size={15} aria-hidden />
        <input
          type="search"
          role="combobox"
          autoFocus
          aria-label="Filter processes"
          aria-expanded
          aria-controls="processes"
          aria-activedescendant={currentId}
          placeholder="Type to filter: name, number, user, command line"
          value={filter}
          onChange={(event) => {
            setFilter(event.target.value);
            setActive(null);
            scroller.current?.scrollTo({ top: 0 });
          }}
          onKeyDown={press}
        />
        <span className="process-count">
          {processes === null ? '' : `${formatCount(shown.length)} of ${formatCount(processes.length)}`}
        </span>
      </div>
      <div className="process-head" aria-hidden>
        <span>Process</span>
        <span>User</span>
        <span>PID</span>
        <span>Threads</span>
        <span>CPU</span>
      </div>
      <div
        className="process-scroller"
        id="processes"
        role="listbox"
        aria-label="Processes"
        tabIndex={0}
        aria-activedescendant={currentId}
        ref={scroller}
        onPointerMove={moved}
        onWheel={moved}
        onKeyDown={press}
      >
        <div role="presentation" style={{ height: rows.getTotalSize(), position: 'relative' }}>
          {rows.getVirtualItems().map((item) => {
            const process = shown[item.index];
            if (process === undefined) return null;
            return (
              <ProcessRow
                key={processKey(process)}
                process={process}
                recent={history.values(process)}
                cpu={history.mean(process)}
                place={{ index: item.index, count: shown.length, top: item.start, height: ROW_HEIGHT }}
                active={item.index === place}
                ready={ready}
                choose={() => setActive(processKey(process))}
                start={() => start(process)}
              />
            );
          })}
        </div>
      </div>
      {current !== undefined && current.cgroup !== '' && (
        <ContainerOf process={current} ready={ready} />
      )}
      {shown.length === 0 && (
        <div className="empty" role="status">
          {processes !== null ? (
            <>
              <strong>No process matches “{filter}”</strong>
              <span>Try a part of its name or its number, or launch it with “Launch a command…”.</span>
            </>
          ) : connection.kind === 'disconnected' ? (
            <strong>The list of processes cannot be read without the engine.</strong>
          ) : (
            <span>Reading the list of processes…</span>
          )}
        </div>
      )}
    </div>
  );
}
