// SPDX-License-Identifier: Apache-2.0
/** The difference of the chosen probe's heat maps: cells are pointed at, or walked through by keyboard. */
import { useEffect, useRef, useState } from 'react';
import type { HeatDifference } from '../../profile/comparison/heat-difference.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { followSurface } from '../histogram/follow-surface.ts';
import { usePainter } from '../painting/painter-context.ts';
import type { Surface } from '../painting/painter.ts';
import { ChangeLegend } from './ChangeLegend.tsx';
import { cellAt, cellBeside, cellBox, type CellStep, type HeatDifferenceScene } from './heat-difference-painter.ts';
import { type LatencyPictureProps, useLatencyPicture } from './LatencyCanvas.tsx';
import { cellChange, cellPlace } from './latency-words.ts';
import './heat-difference.css';

const keys: Readonly<Record<string, CellStep>> = { ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down' };

interface Pointed {
  /** Of which it is a cell: another picture has others. */
  of: HeatDifference;
  cell: number;
}

export function HeatDifferencePicture({ probe, label }: LatencyPictureProps) {
  const { compare: actions } = useSession();
  const painter = usePainter();
  const picture = useLatencyPicture(probe);
  const palette = useApp((state) => state.comparing.palette);
  const canvas = useRef<HTMLCanvasElement>(null);
  const surface = useRef<Surface<HeatDifferenceScene> | null>(null);
  const [pointed, setPointed] = useState<Pointed | null>(null);
  const { unit } = probe;
  const difference = picture?.difference ?? null;
  const cell = difference !== null && pointed?.of === difference ? pointed.cell : -1;
  useEffect(() => {
    const opened = painter.heatDifference(canvas.current!);
    surface.current = opened;
    return followSurface(canvas.current!, opened, ({ width }) => actions.resizeHeat(Math.round(width)));
  }, [painter, actions]);
  useEffect(() => surface.current?.change({ unit, difference, palette, cell }), [unit, difference, palette, cell]);
  const size = () => ({ width: canvas.current!.clientWidth, height: canvas.current!.clientHeight });
  const point = (next: number) => setPointed(difference === null || next < 0 ? null : { of: difference, cell: next });
  const move = (event: React.PointerEvent) => {
    const box = canvas.current!.getBoundingClientRect();
    if (difference !== null) point(cellAt(difference, event.clientX - box.left, event.clientY - box.top, size()));
  };
  const press = (event: React.KeyboardEvent) => {
    const step = keys[event.key];
    if (difference === null || (step === undefined && !(event.key === 'Escape' && cell >= 0))) return;
    event.preventDefault();
    // The flame graph's keys are the window's.
    event.stopPropagation();
    point(step === undefined ? -1 : cellBeside(difference, cell, step));
  };
  const words = difference === null || cell < 0 ? null : { place: cellPlace(difference, cell, unit), change: cellChange(difference, cell) };
  return (
    <div className="latency-picture heat-difference">
      <div className="cap">
        Share of the calls of B less that of A, by part of each run
        <ChangeLegend isNoiseGrey />
      </div>
      <div className="heat-difference-map">
        <canvas
          ref={canvas}
          tabIndex={0}
          role="img"
          aria-label={`${label} Arrow keys move between its cells, Escape leaves them.`}
          onPointerMove={move}
          onPointerLeave={() => point(-1)}
          onBlur={() => point(-1)}
          onKeyDown={press}
        />
        {words !== null && <Tooltip {...words} box={cellBox(difference!, cell, size())} size={size()} />}
        {picture !== null && difference === null && <p className="latency-none">Nothing was measured on one side.</p>}
      </div>
      <div className="hidden" role="status">
        {words !== null && `${words.place}: ${words.change}`}
      </div>
    </div>
  );
}

interface TooltipProps {
  place: string;
  change: string;
  box: ReturnType<typeof cellBox>;
  size: { width: number; height: number };
}

/** Below the cell or above it, where there is more room, and whole at both ends. */
function Tooltip({ place, change, box, size }: TooltipProps) {
  const middle = box.x + box.width / 2;
  const isAbove = box.y + box.height / 2 > size.height / 2;
  const style = { left: middle, transform: `translateX(-${(100 * middle) / size.width}%)`, ...(isAbove ? { top: 'auto', bottom: size.height - box.y + 6 } : { top: box.y + box.height + 6 }) };
  return (
    <div className="flame-tooltip heat-difference-tooltip" aria-hidden style={style}>
      <div className="flame-tooltip-text">{place}</div>
      <div className="flame-tooltip-detail">{change}</div>
    </div>
  );
}
