// SPDX-License-Identifier: Apache-2.0
/** Functions, the surest and largest changes first; what is noise is grey. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef } from 'react';
import { intervalWords, signed, verdictWords } from '../../profile/comparison/difference-words.ts';
import { displayName } from '../app/format.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { share } from './compare-words.ts';
import type { ShownFunction } from './comparing.ts';
import './difference-table.css';

const ROW_HEIGHT = 26;

interface Props {
  functions: readonly ShownFunction[];
  measure: 'total' | 'self';
  isSame: boolean;
}

export function DifferenceTable({ functions, measure, isSame }: Props) {
  const { compare: actions } = useSession();
  const selected = useApp((state) => state.comparing.selected);
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count: functions.length, getScrollElement: () => scroller.current, estimateSize: () => ROW_HEIGHT, overscan: 12 });
  const place = functions.findIndex(({ identity }) => identity === selected);
  const choose = (index: number) => {
    const next = functions[Math.min(Math.max(index, 0), functions.length - 1)];
    if (next === undefined) return;
    actions.selectFunction(next);
    rows.scrollToIndex(functions.indexOf(next));
  };
  const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_HEIGHT) - 2);
  const press = (event: React.KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowDown: place + 1, ArrowUp: place - 1, PageDown: place + page, PageUp: place - page, Home: 0, End: functions.length - 1 };
    const to = steps[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(to);
  };
  return (
    <div className="difference-table" role="grid" aria-label="Functions" aria-rowcount={functions.length + 1} tabIndex={0} ref={scroller} onKeyDown={press}>
      <div className="difference-row difference-head" role="row" aria-rowindex={1}>
        {['Function', 'A', 'B', 'Change', '95 % interval', 'Verdict'].map((title) => (
          <span key={title} role="columnheader">
            {title}
          </span>
        ))}
      </div>
      {isSame && <p className="difference-same">A and B hold the same samples: everything is unchanged.</p>}
      <div role="rowgroup" style={{ height: rows.getTotalSize(), position: 'relative' }}>
        {rows.getVirtualItems().map((item) => {
          const one = functions[item.index];
          if (one === undefined) return null;
          const difference = one[measure];
          return (
            <div
              key={one.identity}
              role="row"
              aria-rowindex={item.index + 2}
              aria-selected={item.index === place}
              className={`difference-row ${difference.verdict} ${item.index === place ? 'on' : ''}`}
              style={{ position: 'absolute', top: 0, transform: `translateY(${item.start}px)`, height: ROW_HEIGHT, width: '100%' }}
              onClick={() => choose(item.index)}
            >
              <span role="gridcell" className="mono" title={`${displayName(one.name, 400)}\n${displayName(one.module, 200)}`}>
                {displayName(one.name, 200)}
              </span>
              <span role="gridcell">{share(difference.a)}</span>
              <span role="gridcell">{share(difference.b)}</span>
              <span role="gridcell" className="difference-delta">
                {signed(difference.delta)}
              </span>
              <span role="gridcell">{intervalWords(difference)}</span>
              <span role="gridcell" className="difference-verdict">
                {verdictWords[difference.verdict]}
              </span>
            </div>
          );
        })}
      </div>
      {functions.length === 0 && <p className="difference-same">No function is shown: other words or verdicts would show some.</p>}
    </div>
  );
}
