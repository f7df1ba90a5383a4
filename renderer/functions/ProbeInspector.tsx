// SPDX-License-Identifier: Apache-2.0
/** The column at the right: everything about the selected probe. */
import type { ProbeInfo, ReadyQuestion } from '../../ipc/contract.ts';
import { displayName, formatClock, formatCount, formatPercent, formatShare } from '../app/format.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { useAnswer } from '../app/use-answer.ts';
import { rangeWords } from '../timeline/brush.ts';
import { SLICE_NANOSECONDS } from '../../profile/units.ts';
import type { ProbeDetails, ProbeRow } from '../worker/protocol.ts';
import { formatNanoseconds, formatValue } from './durations.ts';
import { howToRead } from './how-to-read.ts';
import { useProbePicture } from './use-probe-picture.ts';
import '../parts/facts.css';
import '../parts/inspector.css';
import './probe-inspector.css';

export function ProbeInspector() {
  const selected = useApp((state) => state.probing.probes.find(({ probe }) => probe === state.probing.selected));
  return (
    <aside className="info" aria-label="Selected probe">
      {selected === undefined ? (
        <div className="info-hint">
          <strong>No probe is selected</strong>
          <p>Search a function, a tracepoint or a marker at the left, or ask one of the ready questions.</p>
          <p>
            <kbd>/</kbd> searches, <kbd>Enter</kbd> attaches, <kbd>?</kbd> lists all keys.
          </p>
        </div>
      ) : (
        <Selected info={selected} />
      )}
    </aside>
  );
}

function Selected({ info }: { info: ProbeInfo }) {
  const picture = useProbePicture(info.probe);
  const details = useApp((state) => (state.probing.details?.probe === info.probe ? state.probing.details : null));
  const connected = useApp((state) => state.connection.kind === 'connected');
  const questions = useAnswer('readyQuestions', connected ? [] : null);
  const question = questions?.find(({ asks }) => asks.kind === info.request.kind && asks.name === info.request.name);
  const { figures, unit } = info;
  const isCount = info.request.measure.kind === 'count';
  return (
    <>
      {/* A name of ten thousand characters scrolls: by keyboard, too. */}
      <h2 className="sym" {...(info.title.length > 200 ? { tabIndex: 0 } : {})}>
        {displayName(info.title)}
      </h2>
      <dl className="facts">
        <dt>Calls</dt>
        <dd>{formatCount(figures.callsPerSecond)} /s</dd>
        {!isCount && (
          <>
            <dt>p50</dt>
            <dd>{formatValue(picture?.p50 ?? Number.NaN, unit)}</dd>
            <dt>p90</dt>
            <dd>{formatValue(picture?.p90 ?? Number.NaN, unit)}</dd>
            <dt>p99</dt>
            <dd>{formatValue(picture?.p99 ?? Number.NaN, unit)}</dd>
            <dt>Max</dt>
            <dd>{formatValue(picture?.max ?? Number.NaN, unit)}</dd>
            <dt>Mean</dt>
            <dd>{formatValue(picture?.mean ?? Number.NaN, unit)}</dd>
          </>
        )}
        {unit === 'bytes' && (
          <>
            <dt>Kept</dt>
            <dd title="Bytes that were taken and not given back">{formatValue(picture?.sum ?? Number.NaN, unit)}</dd>
          </>
        )}
        <dt>Counted</dt>
        <dd>{picture === null ? '–' : formatCount(picture.measured)}</dd>
        {figures.filtered > 0 && (
          <>
            <dt>Left out</dt>
            <dd title="By the filter, and quicker than was asked for">{formatCount(figures.filtered)}</dd>
          </>
        )}
        <dt>Missed</dt>
        <dd title="Calls whose return was not seen">{formatCount(figures.missed)}</dd>
        <dt>Cost</dt>
        <dd>{figures.callNs > 0 ? `${formatNanoseconds(figures.callNs)} a call` : 'not measured yet'}</dd>
        <dt>CPU</dt>
        <dd>{formatPercent(figures.cost)} of one</dd>
      </dl>
      <Narrowed from={details?.from ?? null} />
      {details !== null && <Tables details={details} info={info} question={question} />}
      <section>
        <h3>How to read it</h3>
        <p className="reading">{question === undefined ? howToRead(info, picture) : displayName(question.reading, 800)}</p>
      </section>
    </>
  );
}

/** What the figures are of, while it is not everything. */
function Narrowed({ from }: { from: number | null }) {
  const session = useSession();
  const range = useApp((state) => state.probing.range);
  const thread = useApp((state) => state.probing.thread);
  const precision = useApp((state) => state.probing.precision);
  if (range === null && thread === null) return null;
  const coarse = precision > 1 ? ` To ${formatNanoseconds(precision * SLICE_NANOSECONDS)}.` : '';
  return (
    <p className="narrowed" role="status">
      Only {[range === null ? '' : rangeWords(range, 0), thread === null ? '' : 'one thread'].filter((part) => part !== '').join(', ')}.{coarse}
      {from !== null && ` The tables are from ${formatClock(from * SLICE_NANOSECONDS)} on: what was before is only in the file.`}
      <button className="plain" onClick={() => session.probes.change((probing) => ({ ...probing, range: null, thread: null }))}>
        Show everything
      </button>
    </p>
  );
}

function Tables({ details, info, question }: { details: ProbeDetails; info: ProbeInfo; question: ReadyQuestion | undefined }) {
  const session = useSession();
  const thread = useApp((state) => state.probing.thread);
  const { unit, request } = info;
  const isLatency = request.measure.kind === 'latency' && unit === 'nanoseconds';
  const all = details.threads.reduce((sum, row) => sum + row.sum, 0);
  const counted = details.threads.reduce((sum, row) => sum + row.count, 0);
  const groups = details.groups.reduce((sum, row) => sum + (row.sum || row.count), 0);
  return (
    <>
      {request.byStack && (
        <section>
          <h3>{isLatency ? 'Slow calls come from' : unit === 'bytes' ? 'Memory is kept by' : 'Calls come from'}</h3>
          {details.callers.length === 0 && <p className="faint">No call with a stack yet.</p>}
          {details.callers.map((row) => (
            <div key={`${row.name} ${row.detail}`} className="row" title={rowTitle(row, info)}>
              <b>
                {displayName(row.name, 200)} <i>{displayName(row.detail, 200)}</i>
              </b>
              <em>{formatShare(row.sum, details.slowSum, 0)}</em>
            </div>
          ))}
        </section>
      )}
      {details.groups.length > 0 && (
        <section>
          <h3>By {displayName(question?.groups ?? 'group', 40)}</h3>
          {details.groups.map((row) => (
            <div key={row.key} className="row" title={rowTitle(row, info)}>
              <b>{displayName(row.name, 80)}</b>
              <em>{formatShare(row.sum || row.count, groups, 0)}</em>
            </div>
          ))}
        </section>
      )}
      {request.byThread && details.threads.length > 0 && (
        <section>
          <h3>By thread</h3>
          {details.threads.map((row) => (
            <button
              key={row.key}
              className="row"
              aria-pressed={thread === row.key}
              title={`${rowTitle(row, info)}\nClick to count this thread alone`}
              onClick={() => session.probes.change((probing) => ({ ...probing, thread: probing.thread === row.key ? null : row.key }))}
            >
              <b>
                {displayName(row.name, 60) || '–'} <i>{row.detail}</i>
              </b>
              <em>{all > 0 ? formatShare(row.sum, all, 0) : formatShare(row.count, counted, 0)}</em>
            </button>
          ))}
        </section>
      )}
    </>
  );
}

function rowTitle(row: ProbeRow, { unit, request }: ProbeInfo): string {
  const calls = `${displayName(row.name, 200)} ${displayName(row.detail, 200)}: ${formatCount(row.count)} calls`;
  if (unit === 'bytes') return `${calls}, ${formatValue(row.sum, unit)}`;
  return request.measure.kind === 'count' ? calls : `${calls}, p50 ${formatValue(row.p50, unit)}, p99 ${formatValue(row.p99, unit)}`;
}
