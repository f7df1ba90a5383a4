// SPDX-License-Identifier: Apache-2.0
/** Which calls of a probe are looked at: all of them, or those of one group or thread. */
import type { PartChoice, PartKind } from '../../profile/comparison/probe-parts.ts';
import { displayName, formatCount } from '../app/format.ts';
import { useSession } from '../app/session-context.ts';
import type { ShownPart } from './latency-view.ts';
import './latency-part.css';

const kinds: readonly { kind: PartKind; title: string }[] = [
  { kind: 'group', title: 'One group' },
  { kind: 'thread', title: 'Threads of one name' },
];

interface Props {
  /** Key of the probe (latency-view.ts). */
  probe: string;
  choices: readonly PartChoice[];
  chosen: ShownPart | null;
}

export function PartChoiceList({ probe, choices, chosen }: Props) {
  const { compare: actions } = useSession();
  if (choices.length === 0) return null;
  const valueOf = ({ kind, name }: Pick<PartChoice, 'kind' | 'name'>): string => `${kind} ${name}`;
  const choose = (value: string) => {
    const part = choices.find((choice) => valueOf(choice) === value);
    actions.change((before) => ({ ...before, part: part === undefined ? null : { probe, kind: part.kind, name: part.name } }));
  };
  return (
    <select className="latency-part" data-probe={probe} aria-label="Calls" title="Compare all calls, or those of one group or thread" value={chosen === null ? '' : valueOf(chosen)} onChange={(event) => choose(event.target.value)}>
      <option value="">all calls</option>
      {kinds.map(({ kind, title }) => {
        const ofKind = choices.filter((choice) => choice.kind === kind);
        if (ofKind.length === 0) return null;
        return (
          <optgroup key={kind} label={title}>
            {ofKind.map((choice) => (
              <option key={choice.name} value={valueOf(choice)}>
                {displayName(choice.name, 60)} (A {formatCount(choice.a)}, B {formatCount(choice.b)})
              </option>
            ))}
          </optgroup>
        );
      })}
    </select>
  );
}
