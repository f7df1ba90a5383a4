// SPDX-License-Identifier: Apache-2.0
/** Parts of what a probe measured: the calls of one thread, or of one group of a ready question, found again on the other side by name. */

/** group: a file, a device, a system call… */
export type PartKind = 'group' | 'thread';

export interface ProbePart {
  kind: PartKind;
  name: string;
}

export interface PartCalls extends ProbePart {
  calls: number;
}

/** A part that can be chosen, and the calls of each side. */
export interface PartChoice extends ProbePart {
  a: number;
  b: number;
}

/** By kind: a list is chosen from, not read through. */
const MOST_PARTS = 60;

export const isSamePart = (one: ProbePart, other: ProbePart): boolean => one.kind === other.kind && one.name === other.name;

/** What both sides have first, and of that the most called. A kind with a single part is none: it is everything. */
export function partChoices(a: readonly PartCalls[], b: readonly PartCalls[]): PartChoice[] {
  const found = new Map<string, PartChoice>();
  for (const [side, parts] of [['a', a], ['b', b]] as const) {
    for (const { kind, name, calls } of parts) {
      const key = `${kind} ${name}`;
      let choice = found.get(key);
      if (!choice) found.set(key, (choice = { kind, name, a: 0, b: 0 }));
      choice[side] += calls;
    }
  }
  const isShared = (choice: PartChoice): number => (choice.a > 0 && choice.b > 0 ? 1 : 0);
  return (['group', 'thread'] as const).flatMap((kind) => {
    const ofKind = [...found.values()].filter((choice) => choice.kind === kind);
    if (ofKind.length < 2) return [];
    ofKind.sort((one, other) => isShared(other) - isShared(one) || other.a + other.b - one.a - one.b || (one.name < other.name ? -1 : 1));
    return ofKind.slice(0, MOST_PARTS);
  });
}
