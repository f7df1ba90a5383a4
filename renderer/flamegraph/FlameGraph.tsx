// SPDX-License-Identifier: Apache-2.0
/** The flame graph of the shown recording: its zoom and selection, the menu of a frame, and what a screen reader is told. */
import { useRef, useState, type ReactNode } from 'react';
import { displayName, formatShare } from '../app/format.ts';
import { formatWeight } from '../app/questions.ts';
import { useUnit } from '../app/use-unit.ts';
import { backOut, undoZoom, zoomTo } from '../app/navigation.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import type { NodeIndex } from '../worker/protocol.ts';
import { FlamePicture } from './FlamePicture.tsx';
import { FrameMenu } from './FrameMenu.tsx';
import type { MenuPlace } from './PlacedMenu.tsx';

/** `children` lie over the picture: a legend, a word while there is nothing to draw. */
export function FlameGraph({ children }: { children: ReactNode }) {
  const session = useSession();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [menu, setMenu] = useState<MenuPlace | null>(null);
  const layout = useApp((state) => state.layout);
  const details = useApp((state) => state.details);
  const unit = useUnit();
  // Said once a selection, and not again with every update.
  const [announced, setAnnounced] = useState<{ node: NodeIndex | null; text: string }>({ node: null, text: '' });
  if (announced.node !== (details?.node ?? null)) {
    const text =
      details === null
        ? ''
        : `${displayName(details.name, 200)}, ${formatWeight(details.total, unit)}, ${formatShare(details.total, details.rootTotal)}`;
    setAnnounced({ node: details?.node ?? null, text });
  }
  const select = (node: NodeIndex) => session.navigate((navigation) => ({ ...navigation, selection: node }));

  return (
    <FlamePicture
      feed={session.feeds.picture}
      label={`${layout === 'flame' ? 'Flame' : 'Icicle'} graph. Arrow keys move between frames, Enter zooms, Escape goes back, question mark lists all keys.`}
      canvas={canvas}
      shown={({ layout: shown, navigation, colours }) => ({ layout: shown, zoom: navigation.zoom, selection: navigation.selection, colours })}
      isQuiet={menu !== null}
      actions={{
        resized: (width) => session.resize(width),
        drawn: ({ revision }) => session.engine.drawn(revision),
        picked: (node, merged) => session.navigate((navigation) => zoomTo(merged ? navigation : { ...navigation, selection: node }, node)),
        select,
        zoomTo: (node) => session.navigate((navigation) => zoomTo(navigation, node)),
        undoZoom: () => session.navigate(undoZoom),
        back: () => session.navigate(backOut),
        openMenu(node, x, y) {
          select(node);
          setMenu({ node, x, y });
        },
      }}
    >
      {children}
      <div className="hidden" role="status" data-testid="selected-frame">
        {announced.text}
      </div>
      <FrameMenu place={menu} close={() => setMenu(null)} focusBack={() => canvas.current?.focus({ preventScroll: true })} />
    </FlamePicture>
  );
}
