// SPDX-License-Identifier: Apache-2.0
/** Within a menu's item that is chosen or not: the mark, a title, and what it means. */
import { Check } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import './menu.css';

export function MenuCheck({ title, what }: { title: string; what: string }) {
  return (
    <>
      <span className="check">
        <DropdownMenu.ItemIndicator>
          <Check size={14} />
        </DropdownMenu.ItemIndicator>
      </span>
      <span>
        {title}
        <small>{what}</small>
      </span>
    </>
  );
}
