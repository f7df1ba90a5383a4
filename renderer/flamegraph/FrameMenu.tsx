// SPDX-License-Identifier: Apache-2.0
/** What can be done with one frame of the shown recording. */
import { Copy, Layers, Search, ZoomIn, Undo2 } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { copyText } from '../app/clipboard.ts';
import { ROOT, zoomTo } from '../app/navigation.ts';
import { searchPatternFor } from '../app/search-pattern.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { PlacedMenu, type MenuPlace } from './PlacedMenu.tsx';

export function FrameMenu({ place, close, focusBack }: { place: MenuPlace | null; close(): void; focusBack(): void }) {
  const session = useSession();
  const details = useApp((state) => state.details);
  // The details of the frame come from the worker a moment after the menu has opened.
  const known = place !== null && details?.node === place.node ? details : null;
  if (place === null) return null;
  return (
    <PlacedMenu place={place} close={close} focusBack={focusBack}>
      <DropdownMenu.Item onSelect={() => session.navigate((navigation) => zoomTo(navigation, place.node))}>
        <ZoomIn size={14} /> Focus: zoom to this frame
      </DropdownMenu.Item>
      <DropdownMenu.Item onSelect={() => session.navigate((navigation) => zoomTo(navigation, ROOT))}>
        <Undo2 size={14} /> Reset zoom
      </DropdownMenu.Item>
      <DropdownMenu.Separator />
      <DropdownMenu.Item
        disabled={known === null}
        onSelect={() =>
          known !== null && session.navigate((navigation) => ({ ...navigation, pattern: searchPatternFor(known.name) }))
        }
      >
        <Search size={14} /> Search for this function
      </DropdownMenu.Item>
      <DropdownMenu.Item
        disabled={known === null}
        onSelect={() => known !== null && void copyText(session.store, known.name, 'the name')}
      >
        <Copy size={14} /> Copy name
      </DropdownMenu.Item>
      <DropdownMenu.Item
        disabled={known === null}
        onSelect={() => known !== null && void copyText(session.store, known.stack.join('\n'), 'the stack')}
      >
        <Layers size={14} /> Copy stack
      </DropdownMenu.Item>
    </PlacedMenu>
  );
}
