// SPDX-License-Identifier: Apache-2.0
/** The flame graph of the difference, or A's and B's beside each other: zoom and search are the same in both. */
import { useEffect } from 'react';
import { WIDTHS } from '../../profile/comparison/difference-tree.ts';
import { displayName } from '../app/format.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { Choice } from './Choice.tsx';
import { CompareTabs } from './CompareTabs.tsx';
import { turned, zoomedTo } from './comparing.ts';
import { DifferenceFlame } from './DifferenceFlame.tsx';
import { PaletteChoice } from './PaletteChoice.tsx';
import './difference-pictures.css';

export function DifferencePictures() {
  const { compare: actions } = useSession();
  const { tab, widths, inverted, noise, zoom, path } = useApp((state) => state.comparing);
  // Nobody looks any more.
  useEffect(() => () => actions.resize(0), [actions]);
  return (
    <section className="compare-pictures" aria-label="Flame graph of the difference">
      <div className="compare-tools">
        <CompareTabs />
        {tab === 'difference' && (
          <Choice
            label="Widths"
            options={WIDTHS.map((each) => ({ value: each, title: each === 'larger' ? 'larger' : each.toUpperCase(), what: each === 'larger' ? 'Of every stack the larger side: new and vanished are both to be seen' : `As wide as in ${each.toUpperCase()}` }))}
            value={widths}
            choose={(value) => actions.change((before) => ({ ...before, widths: value }))}
          />
        )}
        <label className="compare-check">
          <input type="checkbox" checked={inverted} onChange={(event) => actions.change((before) => turned(before, event.target.checked))} /> Inverted
        </label>
        <label className="compare-check" title="Functions of which these samples cannot tell whether they changed are grey otherwise">
          <input type="checkbox" checked={noise} onChange={(event) => actions.change((before) => ({ ...before, noise: event.target.checked }))} /> Colour noise
        </label>
        <PaletteChoice />
        {zoom !== 0 && (
          <nav className="compare-path" aria-label="Zoom">
            {path.slice(-3).map(({ node, name }, index, shown) => (
              <button key={node} className="plain" disabled={index === shown.length - 1} onClick={() => actions.change((before) => zoomedTo(before, node))}>
                {displayName(name, 40)}
              </button>
            ))}
            <button className="plain compare-reset" onClick={() => actions.zoomTo(0)}>
              Reset zoom
            </button>
          </nav>
        )}
      </div>
      {tab === 'sides' ? (
        <div className="compare-sides">
          <DifferenceFlame widths="a" />
          <DifferenceFlame widths="b" />
        </div>
      ) : (
        <DifferenceFlame key={widths} widths={widths} />
      )}
    </section>
  );
}
