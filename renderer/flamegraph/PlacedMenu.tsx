// SPDX-License-Identifier: Apache-2.0
/** A menu at a place of the page, which a picture's frame was asked for: by the right mouse button or the menu key. */
import { DropdownMenu } from 'radix-ui';
import type { ReactNode } from 'react';
import type { NodeIndex } from '../worker/protocol.ts';
import '../parts/menu.css';

export interface MenuPlace {
  node: NodeIndex;
  /** CSS pixels of the page. */
  x: number;
  y: number;
}

interface Props {
  place: MenuPlace;
  close(): void;
  focusBack(): void;
  children: ReactNode;
}

export function PlacedMenu({ place, close, focusBack, children }: Props) {
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
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
