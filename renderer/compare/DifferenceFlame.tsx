// SPDX-License-Identifier: Apache-2.0
/** The flame graph of two sides: as wide as A, as B, or as the larger; what grew is orange, what shrank blue, noise grey. */
import { useRef, useState } from 'react';
import type { Width } from '../../profile/comparison/difference-tree.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { FlamePicture } from '../flamegraph/FlamePicture.tsx';
import { frameOf } from '../flamegraph/geometry.ts';
import type { MenuPlace } from '../flamegraph/PlacedMenu.tsx';
import { frameName, tooltipDetail } from '../flamegraph/tooltip.ts';
import { ChangeLegend } from './ChangeLegend.tsx';
import { backedOut, unzoomed } from './comparing.ts';
import { DifferenceMenu } from './DifferenceMenu.tsx';
import '../parts/empty.css';

const widthWords: Readonly<Record<Width, string>> = { a: 'A', b: 'B', larger: 'the larger side' };

export function DifferenceFlame({ widths }: { widths: Width }) {
  const { feeds, compare } = useSession();
  const tab = useApp((state) => state.comparing.tab);
  const isStackless = useApp((state) => state.comparing.result?.matched === 0);
  const noise = useApp((state) => state.comparing.noise);
  const selected = useApp((state) => state.comparing.node);
  const [menu, setMenu] = useState<MenuPlace | null>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const picture = feeds.difference[widths].latest;
  const frame = picture === null ? -1 : frameOf(picture, selected);
  return (
    <FlamePicture
      feed={feeds.difference[widths]}
      label={`Flame graph of the difference, as wide as ${widthWords[widths]}. Arrow keys move between frames, Enter zooms, Escape goes back, the menu key opens a menu; the table below says the same in figures.`}
      canvas={canvas}
      shown={({ layout, comparing: { zoom, node, palette } }) => ({ layout, zoom, selection: node, colours: 'origin', difference: palette })}
      isQuiet={menu !== null}
      follows
      actions={{
        resized: (width) => compare.resize(width),
        drawn: () => undefined,
        picked(node, merged) {
          compare.zoomTo(node);
          if (!merged) compare.selectFrame(node, widths);
        },
        select: (node) => compare.selectFrame(node, widths),
        zoomTo: (node) => compare.zoomTo(node),
        undoZoom: () => compare.change(unzoomed),
        back: () => compare.change(backedOut),
        openMenu(node, x, y) {
          compare.selectFrame(node, widths);
          setMenu({ node, x, y });
        },
      }}
    >
      {/* Beside each other one is enough. */}
      {(tab !== 'sides' || widths === 'b') && <ChangeLegend isNoiseGrey={!noise} />}
      {isStackless && (
        <div className="empty over" role="status">
          <strong>Neither side has stacks</strong>
          <span>Samples were taken, but where they came from is not known. Record again where stacks can be walked (the Doctor screen says what this computer allows), or compare the latencies.</span>
        </div>
      )}
      <div className="hidden" role="status">
        {picture !== null && frame >= 0 && `${frameName(picture, frame, 200)}, ${tooltipDetail(picture, frame)}`}
      </div>
      {menu !== null && <DifferenceMenu place={menu} widths={widths} close={() => setMenu(null)} focusBack={() => canvas.current?.focus({ preventScroll: true })} />}
    </FlamePicture>
  );
}
