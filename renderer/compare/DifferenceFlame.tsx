// SPDX-License-Identifier: Apache-2.0
/** The flame graph of two sides: as wide as A, as B, or as the larger; what grew is orange, what shrank blue, noise grey. */
import { useEffect, useRef } from 'react';
import type { Width } from '../../profile/comparison/difference-tree.ts';
import { useSession } from '../app/session-context.ts';
import { FlameCanvas } from '../flamegraph/flame-canvas.ts';
import { usePainter } from '../painting/painter-context.ts';
import type { NodeIndex, Picture } from '../worker/protocol.ts';
import '../flamegraph/flamegraph.css';

const widthWords: Readonly<Record<Width, string>> = { a: 'A', b: 'B', larger: 'the larger side' };

export function DifferenceFlame({ widths }: { widths: Width }) {
  const session = useSession();
  const painter = usePainter();
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const spacer = useRef<HTMLDivElement>(null);
  const tooltip = useRef<HTMLDivElement>(null);
  const text = useRef<HTMLDivElement>(null);
  const detail = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const { store, feeds, compare } = session;
    const feed = feeds.difference[widths];
    const elements = { scroller: scroller.current!, canvas: canvas.current!, spacer: spacer.current!, tooltip: tooltip.current!, tooltipText: text.current!, tooltipDetail: detail.current! };
    const flame = new FlameCanvas(elements, feed, painter, {
      resized: (width) => compare.resize(width),
      drawn: () => undefined,
      picked(node, merged) {
        compare.zoomTo(node);
        if (!merged && feed.latest) compare.select(functionAt(feed.latest, node));
      },
    });
    const show = () => {
      const { layout, comparing } = store.getState();
      flame.show({ layout, zoom: comparing.zoom, selection: null, colours: 'origin', difference: comparing.palette });
    };
    show();
    const end = store.subscribe(show);
    const themes = new MutationObserver(() => flame.restyle());
    themes.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      themes.disconnect();
      end();
      flame.end();
    };
  }, [session, painter, widths]);
  return (
    <div className="flame" data-widths={widths}>
      <div className="flame-scroller" ref={scroller}>
        <canvas ref={canvas} tabIndex={0} role="img" aria-label={`Flame graph of the difference, as wide as ${widthWords[widths]}. Click zooms, Escape and Backspace go back; the table below says the same in figures.`} data-picture="" />
        <div ref={spacer} />
      </div>
      <div className="flame-tooltip" ref={tooltip} hidden>
        <div className="flame-tooltip-text" ref={text} />
        <div className="flame-tooltip-detail" ref={detail} />
      </div>
    </div>
  );
}

/** Name and module of a node; null: it is not in the picture, or no code. */
function functionAt({ node: nodes, name, module, names, count }: Picture, node: NodeIndex): { name: string; module: string } | null {
  const frame = nodes.subarray(0, count).indexOf(node);
  if (frame < 0 || name[frame]! < 0 || !module || module[frame]! < 0) return null;
  return { name: names[name[frame]!]!, module: names[module[frame]!]! };
}
