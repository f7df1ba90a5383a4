// SPDX-License-Identifier: Apache-2.0
/** The flame graph's place on the screen: canvas, tooltip, menu, keys, and what a screen reader is told. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { displayName, formatShare } from '../app/format.ts';
import { formatWeight } from '../app/questions.ts';
import { useUnit } from '../app/use-unit.ts';
import { backOut, ROOT, undoZoom, zoomTo } from '../app/navigation.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { useCommands } from '../app/use-commands.ts';
import { usePainter } from '../painting/painter-context.ts';
import { shownNode, type NodeIndex } from '../worker/protocol.ts';
import { FlameCanvas } from './flame-canvas.ts';
import { FrameMenu, type MenuPlace } from './FrameMenu.tsx';
import { matchAfter, stepTo, zoomInTarget, type Direction } from './steps.ts';
import './flamegraph.css';

/** `children` lie over the picture: a legend, a word while there is nothing to draw. */
export function FlameGraph({ children }: { children: ReactNode }) {
  const session = useSession();
  const painter = usePainter();
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const spacer = useRef<HTMLDivElement>(null);
  const tooltip = useRef<HTMLDivElement>(null);
  const text = useRef<HTMLDivElement>(null);
  const detail = useRef<HTMLDivElement>(null);
  const flame = useRef<FlameCanvas | null>(null);
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

  useEffect(() => {
    const { store, engine, feeds } = session;
    const picture = new FlameCanvas(
      {
        scroller: scroller.current!,
        canvas: canvas.current!,
        spacer: spacer.current!,
        tooltip: tooltip.current!,
        tooltipText: text.current!,
        tooltipDetail: detail.current!,
      },
      feeds.picture,
      painter,
      {
        resized: (width) => session.resize(width),
        drawn: ({ revision }) => engine.drawn(revision),
        picked: (node, merged) =>
          session.navigate((navigation) => zoomTo(merged ? navigation : { ...navigation, selection: node }, node)),
      },
    );
    flame.current = picture;
    const show = () => {
      const { layout: shown, navigation, colours } = store.getState();
      picture.show({ layout: shown, zoom: navigation.zoom, selection: navigation.selection, colours });
    };
    show();
    const end = store.subscribe(show);
    const themes = new MutationObserver(() => picture.restyle());
    themes.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      themes.disconnect();
      end();
      picture.end();
      flame.current = null;
    };
  }, [session, painter]);

  const select = (node: NodeIndex | null) => {
    if (node === null) return;
    session.navigate((navigation) => ({ ...navigation, selection: node }));
    flame.current?.reveal(node);
  };
  const zoom = (node: NodeIndex | null | undefined) => {
    if (node != null) session.navigate((navigation) => zoomTo(navigation, node));
  };
  const selection = () => {
    const { selection: node } = session.store.getState().navigation;
    const picture = flame.current?.picture;
    return node === null || picture == null ? node : shownNode(picture, node);
  };
  const move = (direction: Direction) => () => {
    const picture = flame.current?.picture;
    if (picture == null) return;
    select(stepTo(picture, flame.current!.starts, selection(), direction, session.store.getState().layout));
  };
  const match = (step: -1 | 1) => () => {
    const picture = flame.current?.picture;
    if (picture != null) select(matchAfter(picture, selection(), step));
  };
  const openMenu = (node: NodeIndex, x: number, y: number) => {
    session.navigate((navigation) => ({ ...navigation, selection: node }));
    setMenu({ node, x, y });
  };

  useCommands({
    up: move('up'),
    down: move('down'),
    left: move('left'),
    right: move('right'),
    nextMatch: match(1),
    previousMatch: match(-1),
    zoomToSelection: () => zoom(selection()),
    zoomIn: () => {
      const picture = flame.current?.picture;
      if (picture != null) zoom(zoomInTarget(picture, flame.current!.starts, selection()));
    },
    zoomOut: () => zoom(flame.current?.picture?.path.at(-2)?.node),
    resetZoom: () => zoom(ROOT),
    undoZoom: () => session.navigate(undoZoom),
    back: () => session.navigate(backOut),
    menu: () => {
      const node = selection();
      const place = node === null ? null : flame.current?.placeOf(node);
      if (node !== null && place != null) openMenu(node, place.x, place.y);
    },
  });

  return (
    <div className="flame">
      <div className="flame-scroller" ref={scroller}>
        <canvas
          ref={canvas}
          tabIndex={0}
          role="img"
          aria-label={`${layout === 'flame' ? 'Flame' : 'Icicle'} graph. Arrow keys move between frames, Enter zooms, Escape goes back, question mark lists all keys.`}
          data-picture=""
          onContextMenu={(event) => {
            event.preventDefault();
            const hit = flame.current?.at(event.clientX, event.clientY);
            if (hit != null && !hit.merged) openMenu(hit.node, event.clientX, event.clientY);
          }}
        />
        <div ref={spacer} />
      </div>
      {children}
      <div className={`flame-tooltip ${menu === null ? '' : 'hidden'}`} ref={tooltip} hidden>
        <div className="flame-tooltip-text" ref={text} />
        <div className="flame-tooltip-detail" ref={detail} />
      </div>
      <div className="hidden" role="status" data-testid="selected-frame">
        {announced.text}
      </div>
      <FrameMenu place={menu} close={() => setMenu(null)} focusBack={() => canvas.current?.focus({ preventScroll: true })} />
    </div>
  );
}
