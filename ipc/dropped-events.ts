// SPDX-License-Identifier: Apache-2.0
/** Why events of probes were dropped, in words. */
import type { ProbeFigures } from './probe-contract.ts';

type Dropped = Pick<ProbeFigures, 'dropped' | 'aboveRate' | 'unsent'>;

/** "1,200 above the rate that is kept, 3 without room in the kernel's ring"; empty: none was. */
export function droppedWords({ dropped, aboveRate, unsent }: Dropped): string {
  const words = (count: number, why: string): string => (count > 0 ? `${count.toLocaleString('en')} ${why}` : '');
  return [words(aboveRate, 'above the rate that is kept'), words(dropped - aboveRate - unsent, 'without room in the kernel’s ring'), words(unsent, 'not taken in time by the engine')]
    .filter((part) => part !== '')
    .join(', ');
}

/** Of several probes together. */
export function droppedOf(figures: readonly Dropped[]): Dropped {
  const sum = (figure: keyof Dropped): number => figures.reduce((all, each) => all + each[figure], 0);
  return { dropped: sum('dropped'), aboveRate: sum('aboveRate'), unsent: sum('unsent') };
}
