// SPDX-License-Identifier: Apache-2.0
/** What of the stacks is not shown frame by frame: the menu that says so, and the strip that nobody can overlook. */
import { ChevronDown, ListCollapse, X } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { useState } from 'react';
import { NOTHING_COLLAPSED, type Collapse } from '../../profile/collapse.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { MenuCheck } from '../parts/MenuCheck.tsx';
import '../parts/menu.css';
import './collapse.css';

const switches: readonly { name: keyof Collapse; title: string; what: string; chip: string }[] = [
  { name: 'inlined', title: 'Hide inlined functions', what: 'They count to the function into which they were inlined', chip: 'inlined functions hidden' },
  { name: 'recursion', title: 'Collapse recursion', what: 'A function that calls itself is one frame', chip: 'recursion collapsed' },
  { name: 'libraries', title: 'Collapse libraries', what: 'Frames of one library in a row are one frame', chip: 'libraries collapsed' },
  { name: 'kernel', title: 'Hide the kernel', what: 'It counts to the code that entered it', chip: 'kernel hidden' },
];

function useCollapse(): [collapse: Collapse, change: (change: Partial<Collapse>) => void] {
  const session = useSession();
  const collapse = useApp((state) => state.navigation.collapse);
  const change = (part: Partial<Collapse>) =>
    session.navigate((navigation) => ({ ...navigation, collapse: { ...navigation.collapse, ...part } }));
  return [collapse, change];
}

export function CollapseMenu() {
  const [collapse, change] = useCollapse();
  // Known here, so that the landmark is looked for when it is there.
  const [open, setOpen] = useState(false);
  const on = switches.filter(({ name }) => collapse[name]).length;
  return (
    <DropdownMenu.Root modal={false} open={open} onOpenChange={setOpen}>
      <DropdownMenu.Trigger asChild>
        <button className={`menu-button ${on > 0 ? 'on' : ''}`} aria-label={on > 0 ? `Collapse, ${on} on` : 'Collapse'} title="Show less of the stacks">
          <ListCollapse size={14} aria-hidden />
          <span className="wide-only">Collapse</span>
          {on > 0 && <b>{on}</b>}
          <ChevronDown size={13} aria-hidden />
        </button>
      </DropdownMenu.Trigger>
      {/* Within a landmark, where screen readers look. */}
      <DropdownMenu.Portal container={document.querySelector('main')}>
        <DropdownMenu.Content className="menu" align="start" sideOffset={6} aria-label="Collapse">
          {switches.map(({ name, title, what }) => (
            <DropdownMenu.CheckboxItem
              key={name}
              checked={collapse[name]}
              onCheckedChange={(checked) => change({ [name]: checked })}
              // Several are chosen together.
              onSelect={(event) => event.preventDefault()}
            >
              <MenuCheck title={title} what={what} />
            </DropdownMenu.CheckboxItem>
          ))}
          <DropdownMenu.Separator />
          <DropdownMenu.Item disabled={on === 0} onSelect={() => change(NOTHING_COLLAPSED)}>
            <span className="check" />
            Show everything
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

/** Above the picture while anything is collapsed. */
export function CollapsedStrip() {
  const [collapse, change] = useCollapse();
  const on = switches.filter(({ name }) => collapse[name]);
  if (on.length === 0) return null;
  return (
    <div className="collapsed" role="group" aria-label="Not shown frame by frame">
      <span className="collapsed-title">Shown with</span>
      {on.map(({ name, chip }) => (
        <button key={name} className="chip" aria-label={`Show again: ${chip}`} title="Show again" onClick={() => change({ [name]: false })}>
          {chip}
          <X size={12} aria-hidden />
        </button>
      ))}
      <button className="plain" onClick={() => change(NOTHING_COLLAPSED)}>
        Show everything
      </button>
    </div>
  );
}
