// SPDX-License-Identifier: Apache-2.0
/** A probe's histogram and heat map on the screen: they follow the feed past React. */
import { useEffect, useRef, useState, type RefObject } from 'react';
import type { ProbeUnit } from '../../ipc/contract.ts';
import { bucketRange } from '../../profile/histogram.ts';
import { formatCount, formatShare } from '../app/format.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { formatValue } from '../functions/durations.ts';
import { usePainter } from '../painting/painter-context.ts';
import type { Surface } from '../painting/painter.ts';
import { rangeBetween, rangeWords } from '../timeline/brush.ts';
import type { ProbePicture } from '../worker/protocol.ts';
import { followSurface } from './follow-surface.ts';
import { heatSpan } from './heat-painter.ts';
import { bucketAt, type HistogramScene } from './histogram-painter.ts';
import './caption.css';

interface Props {
  probe: number;
  unit: ProbeUnit;
  /** What a screen reader is told of the picture. */
  label: string;
}

function usePicture(probe: number, show: RefObject<(picture: ProbePicture | null) => void>): void {
  const { feeds } = useSession();
  useEffect(() => {
    const take = () => {
      const pictures = feeds.probes.latest;
      const picture = pictures?.probes.find((each) => each.probe === probe);
      // A picture that is not wanted any more stays as it was.
      if (pictures === null || picture !== undefined) show.current(picture ?? null);
    };
    take();
    return feeds.probes.listen(take);
  }, [feeds, probe, show]);
}

export function HistogramCanvas({ probe, unit, label }: Props) {
  const painter = usePainter();
  const canvas = useRef<HTMLCanvasElement>(null);
  const surface = useRef<Surface<HistogramScene> | null>(null);
  const latest = useRef<ProbePicture | null>(null);
  const [hover, setHover] = useState('');
  const isNarrowed = useApp(({ screen, probing }) => screen === 'functions' && (probing.range !== null || probing.thread !== null));
  const show = useRef((picture: ProbePicture | null) => {
    latest.current = picture;
    const marks = picture === null ? [] : [{ label: 'p50', value: picture.p50 }, { label: 'p90', value: picture.p90 }, { label: 'p99', value: picture.p99 }];
    surface.current?.change({ histogram: picture?.histogram ?? null, marks });
  });
  useEffect(() => {
    const element = canvas.current!;
    const opened = painter.histogram(element);
    surface.current = opened;
    opened.change({ unit, hover: -1, outline: null });
    show.current(latest.current);
    return followSurface(element, opened, () => undefined);
  }, [painter, unit]);
  usePicture(probe, show);
  const move = (event: React.PointerEvent) => {
    const picture = latest.current;
    const box = canvas.current!.getBoundingClientRect();
    const at = picture === null ? -1 : bucketAt(picture.histogram, event.clientX - box.left, box.width);
    surface.current?.change({ hover: at });
    setHover(picture === null || at < 0 ? '' : bucketWords(picture, at, unit));
  };
  const leave = () => {
    surface.current?.change({ hover: -1 });
    setHover('');
  };
  return (
    <>
      <p className="cap">{hover !== '' ? hover : isNarrowed ? 'in the chosen time or thread' : 'since it was attached'}</p>
      <canvas ref={canvas} role="img" aria-label={label} onPointerMove={move} onPointerLeave={leave} />
    </>
  );
}

/** "3.1 µs to 3.3 µs: 1,204 calls, 6.2%" */
function bucketWords({ histogram, measured }: ProbePicture, at: number, unit: ProbeUnit): string {
  const { low, high } = bucketRange(histogram.buckets[at]!);
  const values = high - low <= 1 ? formatValue(low, unit) : `${formatValue(low, unit)} to ${formatValue(high, unit)}`;
  const count = histogram.counts[at]!;
  return `${values}: ${formatCount(count)} ${count === 1 ? 'call' : 'calls'}, ${formatShare(count, measured, 1)}`;
}

export function HeatCanvas({ probe, unit, label }: Props) {
  const session = useSession();
  const painter = usePainter();
  const canvas = useRef<HTMLCanvasElement>(null);
  const surface = useRef<ReturnType<typeof painter.heat> | null>(null);
  const latest = useRef<ProbePicture | null>(null);
  const held = useRef<number | null>(null);
  const range = useApp((state) => state.probing.range);
  const newest = useApp((state) => state.probing.newest);
  const isFollowed = useApp((state) => state.screen === 'functions');
  const sliceEnd = () => session.feeds.probes.latest?.sliceEnd ?? 0;
  const show = useRef((picture: ProbePicture | null) => {
    latest.current = picture;
    const { newest: shown } = session.store.getState().probing;
    surface.current?.change({ heat: picture?.heat ?? null, sliceEnd: sliceEnd(), newest: isFollowed ? shown : picture === null ? null : shown ?? null });
  });
  useEffect(() => {
    const element = canvas.current!;
    const opened = painter.heat(element);
    surface.current = opened;
    opened.change({ unit, range: null });
    show.current(latest.current);
    return followSurface(element, opened, ({ width }) => {
      const { columns } = session.store.getState().probing;
      if (width > 0 && Math.abs(columns - width) > 1) session.probes.change((probing) => ({ ...probing, columns: width }));
    });
  }, [painter, session, unit]);
  usePicture(probe, show);
  useEffect(() => surface.current?.change({ range: isFollowed ? range : null, newest }), [range, newest, isFollowed]);

  const setRange = (next: typeof range) => session.probes.change((probing) => ({ ...probing, range: next }));
  const sliceUnder = (event: React.PointerEvent) => {
    const box = canvas.current!.getBoundingClientRect();
    const span = heatSpan(sliceEnd(), newest);
    return span.from + ((event.clientX - box.left) / Math.max(1, box.width)) * (span.to - span.from);
  };
  const press = (event: React.PointerEvent) => {
    if (event.button !== 0 || sliceEnd() === 0) return;
    canvas.current!.setPointerCapture(event.pointerId);
    held.current = sliceUnder(event);
  };
  const move = (event: React.PointerEvent) => {
    if (held.current === null) return;
    const slice = sliceUnder(event);
    const span = heatSpan(sliceEnd(), newest);
    const pixels = (Math.abs(slice - held.current) / (span.to - span.from)) * canvas.current!.clientWidth;
    if (pixels >= 3) setRange(rangeBetween(held.current, slice, 0, sliceEnd()));
  };
  const keys = (event: React.KeyboardEvent) => {
    const span = heatSpan(sliceEnd(), newest);
    const step = Math.max(1, Math.round((span.to - span.from) / 30));
    const direction = event.key === 'ArrowLeft' ? -step : event.key === 'ArrowRight' ? step : 0;
    if (event.key === 'Escape' && range !== null) setRange(null);
    else if (direction === 0) return;
    else if (range === null) setRange(rangeBetween(sliceEnd() - step * 3, sliceEnd(), 0, sliceEnd()));
    else if (event.shiftKey) setRange(rangeBetween(range.from, range.to + direction, 0, sliceEnd()));
    else setRange(rangeBetween(range.from + direction, range.to + direction, 0, sliceEnd()));
    event.preventDefault();
    event.stopPropagation();
  };
  const words = range === null ? 'all of it' : rangeWords(range, 0);
  return (
    <canvas
      ref={canvas}
      tabIndex={0}
      role="slider"
      aria-label={`${label} Arrows choose the time that counts, Shift makes it longer or shorter, Escape clears it.`}
      aria-valuenow={range?.from ?? 0}
      aria-valuemin={0}
      aria-valuetext={words}
      onPointerDown={press}
      onPointerMove={move}
      onPointerUp={() => (held.current = null)}
      onPointerCancel={() => (held.current = null)}
      onDoubleClick={() => setRange(null)}
      onKeyDown={keys}
    />
  );
}
