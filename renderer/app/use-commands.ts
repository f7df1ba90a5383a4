// SPDX-License-Identifier: Apache-2.0
/** Lets a component answer keyboard commands while it is on the screen. */
import { useEffect, useRef } from 'react';
import { commandOf, type Command, type KeyPlace } from './keys.ts';

export type CommandHandlers = Partial<Record<Command, () => void>>;

/** Marks the elements in which arrows, Enter and Space belong to the picture. */
export const PICTURE = 'data-picture';

export function placeOf(target: EventTarget | null): KeyPlace {
  if (!(target instanceof Element) || target === document.body || target.hasAttribute(PICTURE)) return 'picture';
  const field = target.closest('input, textarea, [contenteditable]');
  if (field === null) return 'elsewhere';
  return field instanceof HTMLInputElement && field.type === 'checkbox' ? 'elsewhere' : 'typing';
}

/** Dialogs and menus have the keyboard to themselves. */
function isCovered(): boolean {
  return document.querySelector('[role=dialog], [role=alertdialog], [role=menu]') !== null;
}

/** @param isAnothers the keyboard is where somebody else answers */
export function useCommands(handlers: CommandHandlers, isAnothers: () => boolean = () => false): void {
  const latest = useRef({ handlers, isAnothers });
  useEffect(() => {
    latest.current = { handlers, isAnothers };
  });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isCovered() || latest.current.isAnothers()) return;
      const command = commandOf(event, placeOf(event.target));
      const handler = command === null ? undefined : latest.current.handlers[command];
      if (handler === undefined) return;
      event.preventDefault();
      handler();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
}
