// SPDX-License-Identifier: Apache-2.0
/** What can be asked of the selected frame's function, and the answer, live, right there. */
import { ArrowUpRight, Hash, ListTree, Radio, Timer, type LucideIcon } from 'lucide-react';
import type { ProbeInfo } from '../../ipc/contract.ts';
import { displayName, formatCount, formatShare } from '../app/format.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { formatValue } from '../functions/durations.ts';
import { frameProbe } from '../functions/frame-probe.ts';
import type { FrameQuestion, FunctionsTab } from '../functions/probing.ts';
import { useProbePicture } from '../functions/use-probe-picture.ts';
import { HeatCanvas, HistogramCanvas } from '../histogram/ProbeCanvas.tsx';
import { eventSeconds } from '../worker/event-text.ts';
import type { NodeDetails } from '../worker/protocol.ts';
import '../parts/inspector.css';
import './frame-questions.css';
import './inspector.css';

const questions: readonly (readonly [FrameQuestion, string, LucideIcon])[] = [
  ['latency', 'Measure latency', Timer],
  ['count', 'Count', Hash],
  ['trace', 'Trace', Radio],
  ['callers', 'Who calls it slowly', ListTree],
];

export function FrameQuestions({ details }: { details: NodeDetails }) {
  const session = useSession();
  const isLive = useApp((state) => state.recording?.state.kind === 'live' && state.connection.kind === 'connected');
  const busy = useApp((state) => state.probing.busy);
  const companion = useApp((state) => (state.probing.companion?.node === details.node ? state.probing.companion : null));
  const request = frameProbe(details, 'latency');
  const why = typeof request === 'string' ? request : isLive ? '' : 'The target is no longer recorded: start again to ask it anything.';
  return (
    <section aria-label="Ask this function">
      <h3>Ask this function</h3>
      <div className="acts ask">
        {questions.map(([question, title, Icon]) => (
          <button
            key={question}
            disabled={why !== '' || busy !== null}
            aria-pressed={companion?.question === question}
            title={why === '' ? undefined : displayName(why, 300)}
            aria-describedby={why === '' ? undefined : 'why-not-asked'}
            onClick={() => void session.probes.ask(details, question)}
          >
            <Icon size={13} aria-hidden /> {title}
          </button>
        ))}
      </div>
      {why !== '' && (
        <p className="faint" id="why-not-asked">
          {displayName(why, 300)}
        </p>
      )}
      {companion !== null && <Answer />}
    </section>
  );
}

function Answer() {
  const companion = useApp((state) => state.probing.companion!);
  const busy = useApp((state) => state.probing.busy);
  const info = useApp((state) => state.probing.probes.find(({ probe }) => probe === state.probing.companion?.probe));
  if (companion.failure !== null) {
    return (
      <p className="why-unnamed" role="alert">
        {displayName(companion.failure.message, 400)} {displayName(companion.failure.remedy, 400)}
      </p>
    );
  }
  if (info === undefined) return <p className="faint" role="status">{busy ?? 'Attaching…'}</p>;
  if (info.state === 'refused') {
    return (
      <p className="why-unnamed" role="alert">
        It could not be attached. {displayName(info.why, 400)}
      </p>
    );
  }
  return <Attached info={info} question={companion.question} />;
}

const tabOf: Record<FrameQuestion, FunctionsTab> = { latency: 'latency', count: 'latency', trace: 'events', callers: 'latency' };

function Attached({ info, question }: { info: ProbeInfo; question: FrameQuestion }) {
  const session = useSession();
  const picture = useProbePicture(info.probe);
  const { figures, unit } = info;
  const open = () => {
    session.probes.change((probing) => ({ ...probing, selected: info.probe, tab: tabOf[question] }));
    session.store.setState({ screen: 'functions' });
  };
  const title = displayName(info.title, 80);
  return (
    <div className="companion" data-question={question}>
      {info.state === 'detached' && <p className="why-unnamed">Detached. {displayName(info.why, 300)}</p>}
      {/* Figures change with every drain: a screen reader is told when it asks. */}
      <p className="faint">
        <b>{formatCount(figures.calls)}</b> calls, <b>{formatCount(figures.callsPerSecond)}</b> a second
        {question !== 'count' && picture !== null && picture.measured > 0 && (
          <>
            {' '}
            · p50 <b>{formatValue(picture.p50, unit)}</b> · p99 <b>{formatValue(picture.p99, unit)}</b>
          </>
        )}
      </p>
      {question === 'count' && <HeatCanvas probe={info.probe} unit={info.unit} label={`Calls of ${title} over time.`} />}
      {(question === 'latency' || question === 'callers') && <HistogramCanvas probe={info.probe} unit={info.unit} label={`Histogram of ${title}.`} />}
      {question === 'callers' && <Callers probe={info.probe} />}
      {question === 'trace' && <Hits />}
      <button className="plain" onClick={open}>
        Open on the Functions screen <ArrowUpRight size={13} aria-hidden />
      </button>
    </div>
  );
}

function Callers({ probe }: { probe: number }) {
  const details = useApp((state) => (state.probing.details?.probe === probe ? state.probing.details : null));
  return (
    <>
      <h3>Slow calls come from</h3>
      {(details?.callers.length ?? 0) === 0 && <p className="faint">No call with a stack yet.</p>}
      {details?.callers.slice(0, 6).map((row) => (
        <div key={`${row.name} ${row.detail}`} className="row" title={`${displayName(row.name, 200)} ${displayName(row.detail, 200)}`}>
          <b>
            {displayName(row.name, 200)} <i>{displayName(row.detail, 200)}</i>
          </b>
          <em>{formatShare(row.sum, details.slowSum, 0)}</em>
        </div>
      ))}
    </>
  );
}

function Hits() {
  const page = useApp((state) => state.probing.page);
  if (page === null || page.rows.length === 0) return <p className="faint">No hit yet.</p>;
  return (
    <ol className="companion-events" aria-label="Newest hits">
      {page.rows.map((row, index) => (
        <li key={page.seen - page.rows.length + index} title={displayName(row.message, 400)}>
          {eventSeconds(row.time)} {displayName(row.task, 16)} {displayName(row.message, 200)}
        </li>
      ))}
    </ol>
  );
}
