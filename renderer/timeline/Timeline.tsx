// SPDX-License-Identifier: Apache-2.0
/** CPU over time, with the brush: drag to narrow, double-click or Esc to clear. */
import { X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useSession } from '../app/session-context.ts';
import { useApp, type AppState } from '../app/store.ts';
import { token } from '../flamegraph/palette.ts';
import { usePainter } from '../painting/painter-context.ts';
import { gripAt, movedRange, rangeBetween, rangeWords, resizedRange, shownSpan, sliceAt, type Grip, type Range } from './brush.ts';
import './timeline.css';

/** A press that moves less is a click. */
const DRAG_PIXELS = 3;
const cursors: Record<Grip, string> = { new: 'crosshair', move: 'grab', from: 'ew-resize', to: 'ew-resize' };

const isGrowing = ({ recording }: AppState): boolean => recording?.state.kind !== 'finished';

interface Drag {
  grip: Grip;
  startX: number;
  startSlice: number;
  range: Range | null;
  moved: boolean;
}

export function Timeline() {
  const session = useSession();
  const painter = usePainter();
  const canvas = useRef<HTMLCanvasElement>(null);
  const drag = useRef<Drag | null>(null);
  const range = useApp((state) => state.navigation.range);
  const setRange = (next: Range | null) => session.navigate((navigation) => ({ ...navigation, range: next }));
  const timeline = () => session.feeds.timeline.latest;

  useEffect(() => {
    const element = canvas.current!;
    const surface = painter.timeline(element);
    const show = () => {
      const { navigation, recording } = session.store.getState();
      surface.change({ timeline: session.feeds.timeline.latest, range: navigation.range, cpus: recording?.cpus ?? 1, isGrowing: isGrowing(session.store.getState()) });
    };
    const restyle = () => {
      const colours = { column: token('--accent'), line: token('--line'), text: token('--dim'), brush: token('--text') };
      surface.change({ colours, font: `10.5px ${token('--sans')}` });
    };
    const observer = new ResizeObserver(() =>
      surface.resize({ width: element.clientWidth, height: element.clientHeight, ratio: window.devicePixelRatio || 1 }),
    );
    observer.observe(element, { box: 'device-pixel-content-box' });
    const themes = new MutationObserver(restyle);
    themes.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    const ends = [
      session.feeds.timeline.listen(show),
      session.store.subscribe((state, before) => {
        if (state.navigation.range !== before.navigation.range || state.recording !== before.recording) show();
      }),
    ];
    show();
    restyle();
    return () => {
      observer.disconnect();
      themes.disconnect();
      for (const end of ends) end();
      surface.close();
    };
  }, [session, painter]);

  const place = (event: React.PointerEvent) => {
    const box = canvas.current!.getBoundingClientRect();
    return { x: event.clientX - box.left, width: box.width };
  };
  const press = (event: React.PointerEvent) => {
    const shown = timeline();
    if (shown === null || event.button !== 0) return;
    const { x, width } = place(event);
    const span = shownSpan(shown.firstSlice, shown.sliceEnd, isGrowing(session.store.getState()));
    canvas.current!.setPointerCapture(event.pointerId);
    drag.current = { grip: gripAt(x, range, width, span), startX: x, startSlice: sliceAt(x, width, span), range, moved: false };
  };
  const move = (event: React.PointerEvent) => {
    const shown = timeline();
    if (shown === null) return;
    const { x, width } = place(event);
    const span = shownSpan(shown.firstSlice, shown.sliceEnd, isGrowing(session.store.getState()));
    const held = drag.current;
    if (held === null) {
      canvas.current!.style.cursor = cursors[gripAt(x, range, width, span)];
      return;
    }
    if (!held.moved && Math.abs(x - held.startX) < DRAG_PIXELS) return;
    held.moved = true;
    const slice = sliceAt(x, width, span);
    const { firstSlice, sliceEnd } = shown;
    if (held.grip === 'new' || held.range === null) setRange(rangeBetween(held.startSlice, slice, firstSlice, sliceEnd));
    else if (held.grip === 'move') setRange(movedRange(held.range, slice - held.startSlice, firstSlice, sliceEnd));
    else setRange(rangeBetween(held.grip === 'from' ? held.range.to : held.range.from, slice, firstSlice, sliceEnd));
  };
  const keys = (event: React.KeyboardEvent) => {
    const shown = timeline();
    if (shown === null || event.altKey || event.ctrlKey || event.metaKey) return;
    const step = Math.max(1, Math.round((shown.sliceEnd - shown.firstSlice) / 50));
    const direction = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
    const { firstSlice, sliceEnd } = shown;
    if (event.key === 'Escape' && range !== null) setRange(null);
    else if (direction === 0) return;
    // The first press takes the newest tenth.
    else if (range === null) setRange(rangeBetween(sliceEnd - step * 5, sliceEnd, firstSlice, sliceEnd));
    else if (event.shiftKey) setRange(resizedRange(range, direction * step, sliceEnd));
    else setRange(movedRange(range, direction * step, firstSlice, sliceEnd));
    event.preventDefault();
  };

  const words = range === null ? '' : rangeWords(range, timeline()?.firstSlice ?? 0);
  return (
    <section className="time" aria-label="Time line">
      <canvas
        ref={canvas}
        tabIndex={0}
        role="slider"
        aria-label="Time range that counts. Arrows move it, Shift with arrows makes it longer or shorter, Escape clears it."
        aria-valuetext={words || 'all of the recording'}
        aria-valuenow={range?.from ?? 0}
        aria-valuemin={0}
        onPointerDown={press}
        onPointerMove={move}
        onPointerUp={() => (drag.current = null)}
        onPointerCancel={() => (drag.current = null)}
        onDoubleClick={() => setRange(null)}
        onKeyDown={keys}
      />
      {range !== null && (
        <div className="time-range">
          <span role="status">{words}</span>
          <button className="plain" aria-label="Clear the time range" title="Clear (Esc, double-click)" onClick={() => setRange(null)}>
            <X size={13} />
          </button>
        </div>
      )}
    </section>
  );
}
