// SPDX-License-Identifier: Apache-2.0
/** How well a recording saw its target: what is missing, where stacks broke, which code has no name. */
import { useEffect, useState } from 'react';
import { baseName } from '../../profile/names.ts';
import { StackEnd } from '../../profile/schema.ts';
import type { Status } from '../worker/protocol.ts';
import { displayName, formatBytes, formatCount, formatShare } from './format.ts';
import { formatFigure } from './questions.ts';
import { endSentences, lossSentences, noStack, verdictSentence } from './sentences.ts';
import { useSession } from './session-context.ts';
import { useApp } from './store.ts';
import { isImported } from './subject.ts';
import './quality.css';

/** The ledger: every sample that was due is stored, lost for a cause, or named as what is left. */
export function Losses({ status }: { status: Status }) {
  const { accounting, throttled, lost } = status;
  const isOfFile = useApp((state) => isImported(state.recording));
  return (
    <>
      {lost.length === 0 ? (
        <p>{isOfFile ? 'The file says of none.' : 'None: every sample that was taken is in the recording.'}</p>
      ) : (
        <dl>
          {lost.map(({ cause, count }) => (
            <div key={cause}>
              <dt>
                <b>{formatCount(count)}</b> {lossSentences[cause].name}
              </dt>
              <dd>{lossSentences[cause].sentence}</dd>
            </div>
          ))}
        </dl>
      )}
      <h3>Against the kernel’s accounting</h3>
      {accounting.verdict !== 'noAccounting' && (
        <dl className="sums">
          <dt>Due by CPU time</dt>
          <dd>{formatCount(accounting.expected)}</dd>
          <dt>Stored</dt>
          <dd>{formatCount(accounting.stored)}</dd>
          <dt>Lost</dt>
          <dd>{formatCount(accounting.lost)}</dd>
        </dl>
      )}
      <p className={accounting.verdict === 'missing' ? 'warned' : ''}>{verdictSentence(accounting, throttled, isOfFile)}</p>
    </>
  );
}

export function StackEndings({ status }: { status: Status }) {
  const { stacks, ends, stackless, brokenIn, brokenPlaces, unit } = status;
  const walked = stacks.complete + stacks.truncated + stacks.broken;
  return (
    <>
      <p>A stack is complete when the walk reached the outermost frame of its thread.</p>
      {walked > 0 && (
        <dl>
          <div>
            <dt>
              <b>{formatFigure(stacks.complete, unit)}</b> {endSentences[StackEnd.outermost].name}
            </dt>
          </div>
          {ends.map(({ end, samples }) => (
            <div key={end}>
              <dt>
                <b>{formatFigure(samples, unit)}</b> {endSentences[end].name}
              </dt>
              <dd>
                {endSentences[end].sentence} {endSentences[end].help}
              </dd>
            </div>
          ))}
          {stackless > 0 && (
            <div>
              <dt>
                <b>{formatFigure(stackless, unit)}</b> {noStack.name}
              </dt>
              <dd>{noStack.sentence}</dd>
            </div>
          )}
        </dl>
      )}
      {status.figures.unwindTables !== undefined && <UnwindTables {...status.figures.unwindTables} />}
      {brokenIn.length > 0 && (
        <>
          <h3>Where they broke</h3>
          <Places
            rows={brokenIn.map(({ path, end, samples }) => ({ path, what: endSentences[end].name, share: formatShare(samples, walked) }))}
            all={brokenPlaces}
          />
        </>
      )}
    </>
  );
}

function UnwindTables({ tables, bytes, refused, evicted }: NonNullable<Status['figures']['unwindTables']>) {
  return (
    <>
      <h3>Unwind tables</h3>
      <p>
        {formatCount(tables)} in the kernel, {formatBytes(bytes)}.
        {evicted > 0 && ` ${formatCount(evicted)} gave way to others, since the memory for them is bounded.`}
        {refused > 0 && ` ${formatCount(refused)} found no room or were not sound.`}
      </p>
    </>
  );
}

export function NameGaps({ status }: { status: Status }) {
  const { frames, unnamedIn, unnamedModules } = status;
  const reasons = useReasons(unnamedIn.filter(({ unnamed }) => unnamed > 0).map(({ module }) => module));
  if (frames.all === 0) return <p>No frames yet.</p>;
  if (unnamedIn.length === 0) return <p>Every frame that was seen has a name.</p>;
  return (
    <>
      <p>Share of all frames, weighted as the picture is, that have no name, by module.</p>
      <Places
        rows={unnamedIn.map(({ module, path, unnamed, waiting }) => ({
          path,
          what: unnamed > 0 ? '' : 'not looked up yet',
          share: formatShare(unnamed + waiting, frames.all),
          ...(reasons.has(module) ? { why: reasons.get(module)! } : {}),
        }))}
        all={unnamedModules}
      />
    </>
  );
}

interface Place {
  path: string;
  what: string;
  share: string;
  why?: string;
}

function Places({ rows, all }: { rows: Place[]; all: number }) {
  return (
    <ul className="places">
      {rows.map(({ path, what, share, why }) => (
        <li key={`${path} ${what}`}>
          <b title={displayName(path, 400)}>{path === '' ? 'no module' : displayName(baseName(path), 120)}</b>
          <em>{share}</em>
          {what !== '' && <span>{what}</span>}
          {why !== undefined && why !== '' && <span>{displayName(why, 400)}</span>}
        </li>
      ))}
      {all > rows.length && <li className="faint">and {formatCount(all - rows.length)} more</li>}
    </ul>
  );
}

/** Why modules have no names, in the engine's words, as they come. */
function useReasons(modules: readonly number[]): ReadonlyMap<number, string> {
  const session = useSession();
  const recording = useApp((state) => state.recording?.id ?? null);
  const [reasons, setReasons] = useState<ReadonlyMap<number, string>>(new Map());
  const asked = modules.join();
  useEffect(() => {
    if (recording === null || asked === '') return;
    let isShown = true;
    for (const module of asked.split(',').map(Number)) {
      session.engine.call('whyUnnamed', recording, module).then(
        (why) => isShown && setReasons((before) => new Map(before).set(module, why)),
        // The recording was closed, or the engine is gone: the module stays without a reason.
        () => undefined,
      );
    }
    return () => {
      isShown = false;
    };
  }, [session, recording, asked]);
  return reasons;
}
