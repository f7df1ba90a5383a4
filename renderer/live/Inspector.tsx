// SPDX-License-Identifier: Apache-2.0
/** The column at the right: everything about the selected frame. */
import { Copy, Layers, ZoomIn } from 'lucide-react';
import { originNames } from '../../profile/colour-words.ts';
import { baseName } from '../../profile/names.ts';
import { FrameCategory } from '../../profile/schema.ts';
import { waitReasonNames } from '../../profile/wait-reasons.ts';
import { copyText } from '../app/clipboard.ts';
import { displayName, formatCount, formatShare } from '../app/format.ts';
import { zoomTo } from '../app/navigation.ts';
import { formatFigure, formatTime, formatWeight } from '../app/questions.ts';
import { endSentences, verdictSentence } from '../app/sentences.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { flameOf, isImported } from '../app/subject.ts';
import { useUnit } from '../app/use-unit.ts';
import { useAnswer } from '../app/use-answer.ts';
import { PROCESS_NAME } from '../flamegraph/tooltip.ts';
import type { NodeDetails } from '../worker/protocol.ts';
import { FrameQuestions } from './FrameQuestions.tsx';
import { Source } from './Source.tsx';
import '../parts/facts.css';
import '../parts/inspector.css';
import './inspector.css';

export function Inspector() {
  const details = useApp((state) => state.details);
  const selection = useApp((state) => state.navigation.selection);
  return (
    <aside className="info" aria-label="Inspector">
      {details === null || selection === null ? (
        <div className="info-hint">
          <strong>{selection === null ? 'Nothing selected' : 'Looking it up…'}</strong>
          <p>Click a frame to zoom to it and see its names, its share, its callers and what it calls.</p>
          <p>
            <kbd>/</kbd> searches, <kbd>Esc</kbd> goes back, <kbd>?</kbd> lists all keys.
          </p>
          {selection === null && <RecordingQuality />}
        </div>
      ) : (
        <Frame details={details} />
      )}
    </aside>
  );
}

function originOf({ node, isProcess, category }: NodeDetails): string {
  if (node === 0) return '–';
  return isProcess ? PROCESS_NAME : originNames[category];
}

/** Code for which one would look for lines: the kernel's and collapsed ones are not looked up. */
function isNamedCode({ node, isProcess, category, unnamedReason, isLibrary }: NodeDetails): boolean {
  return node !== 0 && isProcess !== true && isLibrary !== true && unnamedReason === '' && category !== FrameCategory.kernel;
}

function noCallers({ node, isProcess }: NodeDetails): string {
  return node === 0 || isProcess ? 'None: it is no function.' : 'None: it is the outermost frame.';
}

function Frame({ details }: { details: NodeDetails }) {
  const session = useSession();
  // The flame graph of a recording of probes is shown with the same parts.
  const recording = useApp((state) => flameOf(state)?.id ?? null);
  const asks = useApp((state) => state.screen === 'live');
  const unit = useUnit();
  const names = useAnswer('nameSource', recording === null || details.moduleRow < 0 ? null : [recording, details.moduleRow]);
  return (
    <>
      {/* A name of ten thousand characters scrolls: by keyboard, too. */}
      <h2 className="sym" {...(details.name.length > 200 ? { tabIndex: 0 } : {})}>
        {displayName(details.name)}
      </h2>
      {details.unnamedReason !== '' && <p className="why-unnamed">{displayName(details.unnamedReason, 400)}</p>}
      <dl className="facts">
        <dt>Object</dt>
        <dd title={displayName(details.module)}>{displayName(details.module.split('/').at(-1) ?? '') || '–'}</dd>
        {details.module.includes('/') && (
          <>
            <dt>Path</dt>
            <dd className="path">{displayName(details.module, 400)}</dd>
          </>
        )}
        <dt>Origin</dt>
        <dd>{originOf(details)}</dd>
        {details.inlinedInto !== '' && (
          <>
            <dt>Inlined into</dt>
            <dd title={displayName(details.inlinedInto, 400)}>{displayName(details.inlinedInto, 200)}</dd>
          </>
        )}
        {details.buildId !== '' && (
          <>
            <dt>Build id</dt>
            <dd title={details.buildId}>{displayName(details.buildId)}</dd>
          </>
        )}
        {details.source !== '' && (
          <>
            <dt>Source</dt>
            <dd title={displayName(details.source)}>{displayName(details.source)}</dd>
          </>
        )}
        {names !== null && names !== '' && (
          <>
            <dt>Names from</dt>
            <dd className="path">{displayName(names, 300)}</dd>
          </>
        )}
        <dt>Self</dt>
        <dd>
          {formatFigure(details.self, unit)} · {formatShare(details.self, details.rootTotal)}
        </dd>
        <dt>Total</dt>
        <dd>
          {formatFigure(details.total, unit)} · {formatShare(details.total, details.rootTotal)}
        </dd>
      </dl>
      <div className="acts">
        <button onClick={() => session.navigate((navigation) => zoomTo(navigation, details.node))}>
          <ZoomIn size={13} /> Focus
        </button>
        <button onClick={() => void copyText(session.store, details.name, 'the name')}>
          <Copy size={13} /> Copy name
        </button>
        <button onClick={() => void copyText(session.store, details.stack.join('\n'), 'the stack')}>
          <Layers size={13} /> Copy stack
        </button>
      </div>
      {details.waits !== undefined && details.waits.length > 0 && <Waits waits={details.waits} whole={details.total} />}
      {asks && <FrameQuestions details={details} />}
      {recording !== null && details.place !== null && (
        <Source key={`${details.node} ${details.place.file}`} recording={recording} place={details.place} />
      )}
      {details.place === null && isNamedCode(details) && (
        <section>
          <h3>Source</h3>
          <p className="faint">No line is known: no debug information of this code was found.</p>
        </section>
      )}
      {details.brokenHere.length > 0 && <BrokenHere ends={details.brokenHere} />}
      {details.node === 0 && <RecordingQuality />}
      <Neighbours title="Callers" rows={details.callers} whole={details.rootTotal} none={noCallers(details)} />
      <Neighbours title="Callees" rows={details.callees} whole={details.rootTotal} none="None: it calls nothing that was seen." />
    </>
  );
}

/** Why the threads waited that passed here. */
function Waits({ waits, whole }: { waits: NonNullable<NodeDetails['waits']>; whole: number }) {
  return (
    <section>
      <h3>Waits</h3>
      <dl className="facts">
        {waits.map(({ reason, total }) => (
          <div key={reason} className="wait">
            <dt>{reason === 'queued' ? 'for a CPU' : reason === 'other' ? 'other reasons' : waitReasonNames[reason]}</dt>
            <dd>
              {formatTime(total)} · {formatShare(total, whole, 1)}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** The same figures as in the status bar, in words. */
function RecordingQuality() {
  const status = useApp((state) => state.status);
  const isOfFile = useApp((state) => isImported(state.recording));
  if (status === null || status.weight === 0) return null;
  const { stacks, frames, accounting, throttled, brokenIn } = status;
  const worst = brokenIn[0];
  const isSampled = status.unit === 'samples' || status.samples > 0;
  return (
    <section>
      <h3>How well it was seen</h3>
      <dl className="facts">
        <dt>Complete</dt>
        <dd>{formatShare(stacks.complete, stacks.complete + stacks.truncated + stacks.broken, 1)} of stacks</dd>
        <dt>Named</dt>
        <dd>{formatShare(frames.named, frames.all, 1)} of frames</dd>
        {isSampled && (
          <>
            <dt>Due</dt>
            <dd>{accounting.verdict === 'noAccounting' ? '–' : formatCount(accounting.expected)}</dd>
            <dt>Stored</dt>
            <dd>{formatCount(accounting.stored)}</dd>
            <dt>Lost</dt>
            <dd>{formatCount(accounting.lost)}</dd>
          </>
        )}
      </dl>
      {isSampled && <p className={accounting.verdict === 'missing' ? 'why-unnamed' : 'faint'}>{verdictSentence(accounting, throttled, isOfFile)}</p>}
      {worst !== undefined && (
        <p className="faint">
          Stacks broke most often in {worst.path === '' ? 'code of no module' : displayName(baseName(worst.path), 80)}: {endSentences[worst.end].name}.
        </p>
      )}
    </section>
  );
}

/** Of the outermost frame of stacks that are not complete: what lies below it is not known. */
function BrokenHere({ ends }: { ends: NodeDetails['brokenHere'] }) {
  const unit = useUnit();
  return (
    <section>
      <h3>Stacks broke here</h3>
      {ends.map(({ end, samples }) => (
        <p key={end} className="faint">
          <b>{formatWeight(samples, unit)}</b>, {endSentences[end].name}. {endSentences[end].sentence} {endSentences[end].help}
        </p>
      ))}
    </section>
  );
}

interface NeighboursProps {
  title: string;
  rows: NodeDetails['callers'];
  whole: number;
  none: string;
}

function Neighbours({ title, rows, whole, none }: NeighboursProps) {
  const unit = useUnit();
  const session = useSession();
  return (
    <section>
      <h3>{title}</h3>
      {rows.length === 0 && <p className="faint">{none}</p>}
      {rows.map((row) => (
        <button
          key={row.node}
          className="row"
          title={`${displayName(row.name, 300)}: ${formatWeight(row.total, unit)}`}
          onClick={() => session.navigate((navigation) => ({ ...navigation, selection: row.node }))}
        >
          <b>{displayName(row.name, 200)}</b>
          <em>{formatShare(row.total, whole, 1)}</em>
        </button>
      ))}
    </section>
  );
}
