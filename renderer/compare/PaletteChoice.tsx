// SPDX-License-Identifier: Apache-2.0
/** The colours of what grew and what shrank, the same in every picture of a difference. */
import { DIFFERENCE_PALETTES, type DifferencePalette } from '../../profile/comparison/difference-colours.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';

export function PaletteChoice() {
  const { compare: actions } = useSession();
  const palette = useApp((state) => state.comparing.palette);
  return (
    <select aria-label="Colours" title="Colours of what grew and what shrank" value={palette} onChange={(event) => actions.change((before) => ({ ...before, palette: event.target.value as DifferencePalette }))}>
      {DIFFERENCE_PALETTES.map((each) => (
        <option key={each} value={each}>
          {each === 'orange-blue' ? 'orange, blue' : 'red, blue'}
        </option>
      ))}
    </select>
  );
}
