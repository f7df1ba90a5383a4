// SPDX-License-Identifier: Apache-2.0
/** A flame graph's canvas, tooltip and keys; what it shows, and what a click or a key does, is said by who uses it. */
import { useEffect, useRef, type ReactNode, type RefObject } from 'react';
import type { Feed } from '../app/feed.ts';
import { ROOT } from '../app/navigation.ts';
import { useSession } from '../app/session-context.ts';
import type { AppState } from '../app/store.ts';
import { PICTURE, useCommands } from '../app/use-commands.ts';
import { usePainter } from '../painting/painter-context.ts';
import { shownNode, type NodeIndex, type Picture } from '../worker/protocol.ts';
import { FlameCanvas, type FlameEvents, type Shown } from './flame-canvas.ts';
import { matchAfter, stepTo, zoomInTarget, type Direction } from './steps.ts';
import './flamegraph.css';

export interface FlameActions extends FlameEvents {
  select(node: NodeIndex): void;
  zoomTo(node: NodeIndex): void;
  undoZoom(): void;
  /** What Esc does. */
  back(): void;
  /** Asked for with the right mouse button or a key, CSS pixels of the page; absent: there is none. */
  openMenu?(node: NodeIndex, x: number, y: number): void;
}

interface Props {
  feed: Feed<Picture>;
  /** What a screen reader is told. */
  label: string;
  shown(state: AppState): Shown;
  actions: FlameActions;
  /** The tooltip would cover something else. */
  isQuiet?: boolean;
  /** What is selected elsewhere is scrolled to. */
  follows?: boolean;
  canvas: RefObject<HTMLCanvasElement | null>;
  /** They lie over the picture. */
  children?: ReactNode;
}

export function FlamePicture({ feed, label, shown, actions, isQuiet = false, follows = false, canvas, children }: Props) {
  const session = useSession();
  const painter = usePainter();
  const scroller = useRef<HTMLDivElement>(null);
  const spacer = useRef<HTMLDivElement>(null);
  const tooltip = useRef<HTMLDivElement>(null);
  const text = useRef<HTMLDivElement>(null);
  const detail = useRef<HTMLDivElement>(null);
  const flame = useRef<FlameCanvas | null>(null);
  const latest = useRef({ shown, actions, follows });
  useEffect(() => {
    latest.current = { shown, actions, follows };
  });

  useEffect(() => {
    const elements = { scroller: scroller.current!, canvas: canvas.current!, spacer: spacer.current!, tooltip: tooltip.current!, tooltipText: text.current!, tooltipDetail: detail.current! };
    const picture = new FlameCanvas(elements, feed, painter, {
      resized: (width) => latest.current.actions.resized(width),
      drawn: (drawn) => latest.current.actions.drawn(drawn),
      picked: (node, merged) => latest.current.actions.picked(node, merged),
    });
    flame.current = picture;
    let selected: NodeIndex | null = null;
    const show = () => {
      const now = latest.current.shown(session.store.getState());
      picture.show(now);
      if (latest.current.follows && now.selection !== selected && now.selection !== null) picture.reveal(now.selection);
      selected = now.selection;
    };
    show();
    const end = session.store.subscribe(show);
    const themes = new MutationObserver(() => picture.restyle());
    themes.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      themes.disconnect();
      end();
      picture.end();
      flame.current = null;
    };
  }, [session, painter, feed, canvas]);

  const shownNow = () => shown(session.store.getState());
  const select = (node: NodeIndex | null) => {
    if (node === null) return;
    actions.select(node);
    flame.current?.reveal(node);
  };
  const zoom = (node: NodeIndex | null | undefined) => {
    if (node != null) actions.zoomTo(node);
  };
  const selection = () => {
    const { selection: node } = shownNow();
    const picture = flame.current?.picture;
    return node === null || picture == null ? node : shownNode(picture, node);
  };
  const move = (direction: Direction) => () => {
    const picture = flame.current?.picture;
    if (picture != null) select(stepTo(picture, flame.current!.starts, selection(), direction, shownNow().layout));
  };
  const match = (step: -1 | 1) => () => {
    const picture = flame.current?.picture;
    if (picture != null) select(matchAfter(picture, selection(), step));
  };
  // Of several pictures the one that has the keyboard, and else the first.
  const isAnothers = () => document.activeElement !== canvas.current && document.activeElement?.hasAttribute(PICTURE) === true;
  useCommands(
    {
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
      undoZoom: actions.undoZoom,
      back: actions.back,
      ...(actions.openMenu && {
        menu: () => {
          const node = selection();
          const place = node === null ? null : flame.current?.placeOf(node);
          if (node !== null && place != null) actions.openMenu?.(node, place.x, place.y);
        },
      }),
    },
    isAnothers,
  );

  return (
    <div className="flame">
      <div className="flame-scroller" ref={scroller}>
        <canvas
          ref={canvas}
          tabIndex={0}
          role="img"
          aria-label={label}
          data-picture=""
          onContextMenu={(event) => {
            if (!actions.openMenu) return;
            event.preventDefault();
            const hit = flame.current?.at(event.clientX, event.clientY);
            if (hit != null && !hit.merged) actions.openMenu(hit.node, event.clientX, event.clientY);
          }}
        />
        <div ref={spacer} />
      </div>
      {children}
      <div className={`flame-tooltip ${isQuiet ? 'hidden' : ''}`} ref={tooltip} hidden>
        <div className="flame-tooltip-text" ref={text} />
        <div className="flame-tooltip-detail" ref={detail} />
      </div>
    </div>
  );
}
