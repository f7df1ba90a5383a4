// SPDX-License-Identifier: Apache-2.0
/** The chosen probe's histograms over each other, and a side's heat map: the pictures of the Functions screen, of two sides. */
import { useEffect, useRef, useState } from 'react';
import type { ComparedProbe } from '../../profile/comparison/latencies.ts';
import { bucketRange } from '../../profile/histogram.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { followSurface } from '../histogram/follow-surface.ts';
import type { HeatScene } from '../histogram/heat-painter.ts';
import { bucketAt, type HistogramScene } from '../histogram/histogram-painter.ts';
import { usePainter } from '../painting/painter-context.ts';
import type { Surface } from '../painting/painter.ts';
import type { Histogram, LatencyPicture } from '../worker/protocol.ts';
import type { SideName } from './comparing.ts';
import { probeKey, scaledHistogram } from './latency-view.ts';
import { heightWords, valuesWords } from './latency-words.ts';
import '../histogram/caption.css';

/** The newest picture of the probe; null: it has not come yet. */
export function useLatencyPicture(probe: ComparedProbe): LatencyPicture | null {
  const { feeds } = useSession();
  const [picture, setPicture] = useState(feeds.latency.latest);
  useEffect(() => {
    setPicture(feeds.latency.latest);
    return feeds.latency.listen(setPicture);
  }, [feeds]);
  return picture !== null && probeKey(picture) === probeKey(probe) ? picture : null;
}

export interface LatencyPictureProps {
  probe: ComparedProbe;
  /** What a screen reader is told. */
  label: string;
}

export function OverlaidHistograms({ probe, label }: LatencyPictureProps) {
  const painter = usePainter();
  const picture = useLatencyPicture(probe);
  const heights = useApp((state) => state.comparing.heights);
  const canvas = useRef<HTMLCanvasElement>(null);
  const surface = useRef<Surface<HistogramScene> | null>(null);
  const [hover, setHover] = useState('');
  const { unit, a, b, perSecond } = probe;
  const scaled = (side: SideName): Histogram | null =>
    picture && scaledHistogram(picture.histograms[side], { count: probe[side].count, perSecond: perSecond[side] }, heights);
  useEffect(() => {
    const opened = painter.histogram(canvas.current!);
    surface.current = opened;
    opened.change({ hover: -1 });
    return followSurface(canvas.current!, opened, () => undefined);
  }, [painter]);
  useEffect(() => {
    const marks = [
      { label: 'A p50', value: a.p50 },
      { label: 'B p50', value: b.p50 },
      { label: 'A p99', value: a.p99 },
      { label: 'B p99', value: b.p99 },
    ].sort((one, other) => one.value - other.value);
    surface.current?.change({ unit, marks, histogram: scaled('b'), outline: scaled('a') });
  });
  const move = (event: React.PointerEvent) => {
    const box = canvas.current!.getBoundingClientRect();
    const at = picture === null ? -1 : bucketAt(picture.histograms.b, event.clientX - box.left, box.width);
    surface.current?.change({ hover: at });
    if (at < 0) return setHover('');
    const { low, high } = bucketRange(picture!.histograms.b.buckets[at]!);
    setHover(`${valuesWords(low, high, unit)}: A ${heightWords(scaled('a')!.counts[at]!, heights)}, B ${heightWords(scaled('b')!.counts[at]!, heights)}`);
  };
  const leave = () => {
    surface.current?.change({ hover: -1 });
    setHover('');
  };
  return (
    <div className="latency-picture histogram">
      <p className="cap">
        {hover !== '' ? (
          hover
        ) : (
          <>
            <i className="key-a" aria-hidden /> A <i className="key-b" aria-hidden /> B, {heights === 'share' ? 'of each side’s calls' : 'calls a second'}
          </>
        )}
      </p>
      <canvas ref={canvas} role="img" aria-label={label} onPointerMove={move} onPointerLeave={leave} />
    </div>
  );
}

export function SideHeat({ probe, label, side }: LatencyPictureProps & { side: SideName }) {
  const { compare: actions } = useSession();
  const painter = usePainter();
  const picture = useLatencyPicture(probe);
  const runs = useApp((state) => state.comparing[side].length);
  const canvas = useRef<HTMLCanvasElement>(null);
  const surface = useRef<Surface<HeatScene> | null>(null);
  const { unit } = probe;
  useEffect(() => {
    const opened = painter.heat(canvas.current!);
    surface.current = opened;
    opened.change({ range: null, newest: null });
    return followSurface(canvas.current!, opened, ({ width }) => actions.resizeHeat(Math.round(width)));
  }, [painter, actions]);
  useEffect(() => surface.current?.change({ unit, heat: picture?.heats[side] ?? null, sliceEnd: picture?.sliceEnd ?? 0 }), [picture, unit, side]);
  return (
    <div className="latency-picture heat">
      <p className="cap">
        {side.toUpperCase()} over time{runs > 1 ? `, the first of ${runs} runs` : ''}
      </p>
      <canvas ref={canvas} role="img" aria-label={label} />
    </div>
  );
}
