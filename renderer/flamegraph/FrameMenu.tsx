// SPDX-License-Identifier: Apache-2.0
/** What can be done with one frame: opened by the right mouse button or the menu key. */
import { Copy, Layers, Search, ZoomIn, Undo2 } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { copyText } from '../app/clipboard.ts';
import { ROOT, zoomTo } from '../app/navigation.ts';
import { searchPatternFor } from '../app/search-pattern.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import type { NodeIndex } from '../worker/protocol.ts';
import '../parts/menu.css';

export interface MenuPlace {
  node: NodeIndex;
  /** CSS pixels of the page. */
  x: number;
  y: number;
}

export function FrameMenu({ place, close, focusBack }: { place: MenuPlace | null; close(): void; focusBack(): void }) {
  const session = useSession();
  const details = useApp((state) => state.details);
  // The details of the frame come from the worker a moment after the menu has opened.
  const known = place !== null && details?.node === place.node ? details : null;
  if (place === null) return null;
  return (
    <DropdownMenu.Root open modal={false} onOpenChange={(open) => !open && close()}>
      <DropdownMenu.Trigger asChild>
        <span
          className="menu-anchor"
          aria-hidden
          tabIndex={-1}
          style={{ transform: `translate(${place.x}px, ${place.y}px)` }}
        />
      </DropdownMenu.Trigger>
      {/* Within a landmark, where screen readers look. */}
      <DropdownMenu.Portal container={document.querySelector('main')}>
        <DropdownMenu.Content
          className="menu"
          align="start"
          sideOffset={2}
          aria-label="Frame"
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            focusBack();
          }}
        >
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
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
