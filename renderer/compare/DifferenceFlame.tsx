// SPDX-License-Identifier: Apache-2.0
/** The flame graph of two sides: as wide as A, as B, or as the larger; what grew is orange, what shrank blue, noise grey. */
import { useRef } from 'react';
import type { Width } from '../../profile/comparison/difference-tree.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { FlamePicture } from '../flamegraph/FlamePicture.tsx';
import { ChangeLegend } from './ChangeLegend.tsx';
import { backedOut, unzoomed } from './comparing.ts';

const widthWords: Readonly<Record<Width, string>> = { a: 'A', b: 'B', larger: 'the larger side' };

export function DifferenceFlame({ widths }: { widths: Width }) {
  const { feeds, compare } = useSession();
  const tab = useApp((state) => state.comparing.tab);
  const noise = useApp((state) => state.comparing.noise);
  const canvas = useRef<HTMLCanvasElement>(null);
  return (
    <FlamePicture
      feed={feeds.difference[widths]}
      label={`Flame graph of the difference, as wide as ${widthWords[widths]}. Arrow keys move between frames, Enter zooms, Escape goes back; the table below says the same in figures.`}
      canvas={canvas}
      shown={({ layout, comparing: { zoom, node, palette } }) => ({ layout, zoom, selection: node, colours: 'origin', difference: palette })}
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
      }}
    >
      {/* Beside each other one is enough. */}
      {(tab !== 'sides' || widths === 'b') && <ChangeLegend isNoiseGrey={!noise} />}
    </FlamePicture>
  );
}
