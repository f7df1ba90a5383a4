// SPDX-License-Identifier: Apache-2.0
/** What the colours say. */
import { useEffect, useRef } from 'react';
import { frameColour } from '../../profile/colours.ts';
import { FrameCategory } from '../../profile/schema.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { FLAG_PROCESS } from '../worker/protocol.ts';
import { shownTheme } from './palette.ts';
import { originNames } from './tooltip.ts';

const shown: readonly FrameCategory[] = [
  FrameCategory.user,
  FrameCategory.library,
  FrameCategory.kernel,
  FrameCategory.inlined,
  FrameCategory.jit,
  FrameCategory.interpreted,
  FrameCategory.unresolved,
];

export function Legend() {
  const session = useSession();
  const list = useRef<HTMLUListElement>(null);
  // Where the leaves are there is room.
  const below = useApp((state) => state.layout === 'icicle');
  useEffect(() => {
    // Only origins that the picture has; set past React, since pictures come several times a second.
    const mark = () => {
      const picture = session.feeds.picture.latest;
      // The first frame is the root, which has no origin; neither have processes.
      const present = new Set<number>();
      for (let frame = 1; picture !== null && frame < picture.count; frame++) {
        if ((picture.flags[frame]! & FLAG_PROCESS) === 0) present.add(picture.category[frame]!);
      }
      for (const item of list.current?.querySelectorAll<HTMLElement>('li') ?? []) {
        const category = Number(item.dataset['category']) as FrameCategory;
        item.hidden = !present.has(category);
        item.querySelector('i')!.style.background = frameColour(category, 'main', shownTheme());
      }
    };
    mark();
    const themes = new MutationObserver(mark);
    themes.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    const end = session.feeds.picture.listen(mark);
    return () => {
      themes.disconnect();
      end();
    };
  }, [session]);
  return (
    <ul className={below ? 'legend below' : 'legend'} ref={list} aria-label="Colours by origin">
      {shown.map((category) => (
        <li key={category} data-category={category}>
          <i aria-hidden />
          {originNames[category]}
        </li>
      ))}
    </ul>
  );
}
