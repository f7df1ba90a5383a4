// SPDX-License-Identifier: Apache-2.0
/** What the colours of a difference say. */
import { useSyncExternalStore } from 'react';
import { CHANGE_STEPS, changeColour } from '../../profile/comparison/difference-colours.ts';
import { useApp } from '../app/store.ts';
import { shownTheme } from '../flamegraph/palette.ts';
import './change-legend.css';

const entries: readonly { title: string; steps: readonly number[] }[] = [
  { title: 'shrank', steps: [-(CHANGE_STEPS - 1), -3, -1] },
  { title: 'the same', steps: [0] },
  { title: 'grew', steps: [1, 3, CHANGE_STEPS - 1] },
  { title: 'new', steps: [CHANGE_STEPS] },
  { title: 'vanished', steps: [-CHANGE_STEPS] },
];

function followTheme(told: () => void): () => void {
  const themes = new MutationObserver(told);
  themes.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return () => themes.disconnect();
}

/** @param isNoiseGrey what may be noise has the colour of what is the same */
export function ChangeLegend({ isNoiseGrey }: { isNoiseGrey: boolean }) {
  const palette = useApp((state) => state.comparing.palette);
  const isBelow = useApp((state) => state.layout === 'icicle');
  const theme = useSyncExternalStore(followTheme, shownTheme);
  return (
    <ul className={isBelow ? 'change-legend below' : 'change-legend'} aria-label="Colours" title="The strongest colours are of what is twice or half as much, and more">
      {entries.map(({ title, steps }) => (
        <li key={title}>
          <span aria-hidden>
            {steps.map((step) => (
              <i key={step} style={{ background: changeColour(step, palette, theme) }} />
            ))}
          </span>
          {title === 'the same' && isNoiseGrey ? 'the same, or noise' : title}
        </li>
      ))}
    </ul>
  );
}
