// SPDX-License-Identifier: Apache-2.0
/** A card a probe: figures, histogram, heat map. Only those in view have canvases and are asked for. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import type { ProbeInfo } from '../../ipc/contract.ts';
import { useSession } from '../app/session-context.ts';
import { ProbeCard } from './ProbeCard.tsx';
import './probe-cards.css';

const CARD_HEIGHT = 152;

export function ProbeCards({ probes }: { probes: readonly ProbeInfo[] }) {
  const session = useSession();
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: probes.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => CARD_HEIGHT,
    getItemKey: (index) => probes[index]!.probe,
    overscan: 1,
  });
  const items = virtual.getVirtualItems();
  const visible = items.map(({ index }) => probes[index]?.probe).filter((probe) => probe !== undefined);
  const words = visible.join(' ');
  useEffect(() => {
    session.probes.change((probing) => ({ ...probing, visible: words === '' ? [] : words.split(' ').map(Number) }));
  }, [session, words]);
  const last = probes.at(-1)?.probe;
  useEffect(() => {
    if (last !== undefined) virtual.scrollToIndex(probes.length - 1);
    // A new card comes into view; figures of the others move nothing.
  }, [last]);
  return (
    <div className="cards" ref={scroller} tabIndex={0} role="region" aria-label="Probes">
      <ul style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => (
          <li key={item.key} style={{ transform: `translateY(${item.start}px)`, height: CARD_HEIGHT }}>
            <ProbeCard info={probes[item.index]!} />
          </li>
        ))}
      </ul>
    </div>
  );
}
