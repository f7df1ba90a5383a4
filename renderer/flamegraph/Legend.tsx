// SPDX-License-Identifier: Apache-2.0
/** What the colours say, and the choice of what they say. */
import { ChevronDown } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { useEffect, useState } from 'react';
import type { LegendEntry } from '../../profile/colour-words.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { legendEntries } from './legend-entries.ts';
import { shownTheme, type ColourMode } from './palette.ts';
import { MenuCheck } from '../parts/MenuCheck.tsx';
import '../parts/menu.css';
import './legend.css';

const modes: readonly { mode: ColourMode; title: string; short: string; what: string }[] = [
  { mode: 'origin', title: 'Origin', short: 'by origin', what: 'Program, libraries, kernel, inlined, JIT' },
  { mode: 'module', title: 'Module', short: 'by module', what: 'One colour for each executable and library' },
  { mode: 'unnamed', title: 'Only what has no name', short: 'unnamed only', what: 'Everything else is grey' },
];

export function Legend() {
  const colours = useApp((state) => state.colours);
  const entries = useEntries(colours);
  // Where the leaves are there is room.
  const below = useApp((state) => state.layout === 'icicle');
  return (
    <div className={below ? 'legend below' : 'legend'}>
      <ul aria-label="Colours">
        {entries.map(({ name, colour }) => (
          <li key={name}>
            <i aria-hidden style={{ background: colour }} />
            {name}
          </li>
        ))}
      </ul>
      <ColourMenu />
    </div>
  );
}

function ColourMenu() {
  const session = useSession();
  const colours = useApp((state) => state.colours);
  // Known here, so that the landmark is looked for when it is there.
  const [open, setOpen] = useState(false);
  const shown = modes.find(({ mode }) => mode === colours)!;
  return (
    <DropdownMenu.Root modal={false} open={open} onOpenChange={setOpen}>
      <DropdownMenu.Trigger asChild>
        <button className="menu-button" aria-label={`Colours: ${shown.short}`} title="What the colours say">
          {shown.short}
          <ChevronDown size={12} aria-hidden />
        </button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal container={document.querySelector('main')}>
        <DropdownMenu.Content className="menu" align="end" sideOffset={6} aria-label="Colours by">
          <DropdownMenu.RadioGroup value={colours} onValueChange={(mode) => session.setColours(mode as ColourMode)}>
            {modes.map(({ mode, title, what }) => (
              <DropdownMenu.RadioItem key={mode} value={mode}>
                <MenuCheck title={title} what={what} />
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

/** Pictures come several times a second, their colours change seldom. */
function useEntries(colours: ColourMode): LegendEntry[] {
  const session = useSession();
  const [entries, setEntries] = useState<LegendEntry[]>([]);
  useEffect(() => {
    const read = () => {
      const picture = session.feeds.picture.latest;
      const next = picture === null ? [] : legendEntries(picture, colours, shownTheme());
      setEntries((before) => (isSame(before, next) ? before : next));
    };
    read();
    const themes = new MutationObserver(read);
    themes.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    const end = session.feeds.picture.listen(read);
    return () => {
      themes.disconnect();
      end();
    };
  }, [session, colours]);
  return entries;
}

function isSame(a: readonly LegendEntry[], b: readonly LegendEntry[]): boolean {
  return a.length === b.length && a.every(({ name, colour }, at) => name === b[at]!.name && colour === b[at]!.colour);
}
