// SPDX-License-Identifier: Apache-2.0
/** What can be done with one frame of two sides. */
import { Copy, ExternalLink, Layers, Scale, Search, Undo2, ZoomIn } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { Width } from '../../profile/comparison/difference-tree.ts';
import { copyText } from '../app/clipboard.ts';
import { searchPatternFor } from '../app/search-pattern.ts';
import { useSession } from '../app/session-context.ts';
import { useApp } from '../app/store.ts';
import { frameOf, rowStarts, stackOf } from '../flamegraph/geometry.ts';
import { PlacedMenu, type MenuPlace } from '../flamegraph/PlacedMenu.tsx';
import { functionAt } from './comparing.ts';

interface Props {
  place: MenuPlace;
  widths: Width;
  close(): void;
  focusBack(): void;
}

export function DifferenceMenu({ place, widths, close, focusBack }: Props) {
  const { compare, feeds, store } = useSession();
  const result = useApp((state) => state.comparing.result);
  const picture = feeds.difference[widths].latest;
  const frame = picture === null ? -1 : frameOf(picture, place.node);
  if (picture === null || frame < 0) return null;
  const nameOf = (at: number): string => picture.names[picture.name[at]!] ?? '';
  const one = functionAt(result, picture, place.node);
  const stack = () => stackOf(picture, rowStarts(picture), frame).slice(1).map(nameOf);
  return (
    <PlacedMenu place={place} close={close} focusBack={focusBack}>
      <DropdownMenu.Item onSelect={() => compare.zoomTo(place.node)}>
        <ZoomIn size={14} /> Focus: zoom to this frame
      </DropdownMenu.Item>
      <DropdownMenu.Item onSelect={() => compare.zoomTo(0)}>
        <Undo2 size={14} /> Reset zoom
      </DropdownMenu.Item>
      <DropdownMenu.Separator />
      <DropdownMenu.Item disabled={one === undefined} onSelect={() => one && compare.change((before) => ({ ...before, query: searchPatternFor(one.name) }))}>
        <Search size={14} /> Search for this function, and list it alone
      </DropdownMenu.Item>
      <DropdownMenu.Item onSelect={() => void copyText(store, nameOf(frame), 'the name')}>
        <Copy size={14} /> Copy name
      </DropdownMenu.Item>
      <DropdownMenu.Item onSelect={() => void copyText(store, stack().join('\n'), 'the stack')}>
        <Layers size={14} /> Copy stack
      </DropdownMenu.Item>
      <DropdownMenu.Item onSelect={() => void copyText(store, `${nameOf(frame)}: ${picture.words?.[frame] ?? ''}`, 'what changed')}>
        <Scale size={14} /> Copy what changed
      </DropdownMenu.Item>
      <DropdownMenu.Separator />
      {(['a', 'b'] as const).map((side) => (
        <DropdownMenu.Item key={side} disabled={one === undefined || one.total[side] === 0} onSelect={() => one && void compare.showIn(side, one)}>
          <ExternalLink size={14} /> Show in the recording of {side.toUpperCase()}
        </DropdownMenu.Item>
      ))}
    </PlacedMenu>
  );
}
