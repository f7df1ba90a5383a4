// SPDX-License-Identifier: Apache-2.0
/** A few lines of source around where a function's samples lie, the hot ones marked. */
import { ChevronDown, ChevronUp } from 'lucide-react';
import { useState } from 'react';
import type { RecordingId } from '../../ipc/contract.ts';
import { baseName } from '../../profile/names.ts';
import { displayName, formatCount, formatPercent } from '../app/format.ts';
import { formatFigure, formatWeight } from '../app/questions.ts';
import { useUnit } from '../app/use-unit.ts';
import { useAnswer } from '../app/use-answer.ts';
import type { NodeDetails } from '../worker/protocol.ts';
import './source.css';

type Place = NonNullable<NodeDetails['place']>;

/** Before and after the line in the middle. */
const AROUND = 6;
/** Asked for at once, so that one reads on without waiting. */
const ASKED = 120;
const SHIFT = 8;
const MOST_HOT = 5;

/** Of another function or file it must be another one (`key`). */
export function Source({ recording, place }: { recording: RecordingId; place: Place }) {
  const unit = useUnit();
  // The hottest line of the first moment: that another one becomes it does not move what somebody reads.
  const [middle, setMiddle] = useState(place.line);
  const from = Math.max(1, middle - AROUND);
  const asked = Math.max(1, Math.floor((from - 1) / (ASKED / 2)) * (ASKED / 2) + 1);
  const answer = useAnswer('sourceLines', [recording, place.file, asked, ASKED]);
  const go = (line: number) => setMiddle(Math.max(1, line));
  const hottest = [...place.lines].sort((a, b) => b.total - a.total).slice(0, MOST_HOT);
  const whole = Math.max(1, ...place.lines.map(({ total }) => total));
  return (
    <section aria-label="Source">
      <h3>
        Source <span className="source-file" title={displayName(place.path, 400)}>{displayName(baseName(place.path), 80)}</span>
      </h3>
      {answer === null && <p className="faint">Reading…</p>}
      {answer?.kind === 'absent' && (
        <>
          <p className="faint">{displayName(answer.reason, 300)}</p>
          <p className="faint path">{displayName(place.path, 400)}</p>
        </>
      )}
      {answer?.kind === 'lines' && (
        <>
          {answer.isNewer && <p className="why-unnamed">The file was changed after the recording was begun: lines may be others.</p>}
          <Lines lines={answer.lines.slice(from - answer.first, from - answer.first + 2 * AROUND + 1)} first={from} place={place} whole={whole} />
          <div className="source-moves">
            <button className="plain" aria-label="Earlier lines" disabled={from === 1} onClick={() => go(middle - SHIFT)}>
              <ChevronUp size={14} />
            </button>
            <button className="plain" aria-label="Later lines" disabled={from + 2 * AROUND >= answer.all} onClick={() => go(middle + SHIFT)}>
              <ChevronDown size={14} />
            </button>
            <span className="faint">
              of {formatCount(answer.all)} lines
            </span>
          </div>
        </>
      )}
      {hottest.length > 0 && (
        <div className="hot-lines" role="group" aria-label="Hot lines">
          {hottest.map(({ line, self, total }) => (
            <button key={line} aria-pressed={line === middle} title={`${formatWeight(total, unit)}, ${formatFigure(self, unit)} of them on the line itself`} onClick={() => go(line)}>
              line {line} <b>{formatFigure(total, unit)}</b>
            </button>
          ))}
        </div>
      )}
    </section>
  );
}

function Lines({ lines, first, place, whole }: { lines: string[]; first: number; place: Place; whole: number }) {
  const unit = useUnit();
  const hot = new Map(place.lines.map((each) => [each.line, each]));
  if (lines.length === 0) return <p className="faint">The file has fewer lines than this.</p>;
  return (
    <ol className="source" tabIndex={0} aria-label="Lines of source">
      {lines.map((text, at) => {
        const number = first + at;
        const line = hot.get(number);
        const share = line === undefined ? 0 : line.total / whole;
        return (
          <li key={number} className={line === undefined ? '' : 'hot'} style={{ '--heat': `${Math.round(share * 100)}%` } as React.CSSProperties}>
            <span className="line-number">{number}</span>
            <em>{line === undefined ? '' : formatFigure(line.total, unit)}</em>
            <code>{displayName(text.replaceAll('\t', '    '), 500) || ' '}</code>
            {line !== undefined && <span className="hidden">{`, ${formatPercent(share, 0)} of the hottest line`}</span>}
          </li>
        );
      })}
    </ol>
  );
}
