// SPDX-License-Identifier: Apache-2.0
/** Verdicts on pairs of programs whose truth is known, and tables of how often they are right. */
import { compare, type Difference } from '../../profile/comparison/comparison.ts';
import type { Normalisation } from '../../profile/comparison/normalisation.ts';
import type { Run } from '../../profile/comparison/sides.ts';
import { inlinedAway, slowed, trueShares, without, type Program } from '../../profile/comparison/testing.ts';

export type Pair<P extends Program = Program> = readonly [before: P, after: P];

export const kinds: Readonly<Record<string, { change: <P extends Program>(program: P) => Pair<P>; verdict: Difference['verdict'] | null }>> = {
  'no change': { change: (program) => [program, program], verdict: null },
  'one function 20 % slower': { change: (program) => [program, slowed(program, 'subject', 1.2)], verdict: 'grew' },
  'twice as slow': { change: (program) => [program, slowed(program, 'subject', 2)], verdict: 'grew' },
  'one inlined away': { change: (program) => [program, inlinedAway(program, 'subject')], verdict: 'vanished' },
  'one new': { change: (program) => [without(program, 'subject'), program], verdict: 'new' },
};

const isSure = ({ verdict }: Difference): boolean => verdict !== 'unchanged' && verdict !== 'unclear';

interface Judged {
  /** Functions whose truth did not change, or the other way, and that are said to have changed. */
  accused: number;
  innocent: number;
  verdict: Difference['verdict'] | undefined;
}

/** How pairs are recorded, and what is true of them. */
export interface Recorded<P extends Program = Program> {
  /** Recordings of one side. @param before the program without the change, which sets how much is asked of both */
  record: (program: P, seed: number, before: P) => Run[];
  /** By function; shares where it is not given. */
  truth?: (program: P, before: P) => Map<string, number>;
  normalisation?: Normalisation;
}

export function judge<P extends Program>([before, after]: Pair<P>, seed: number, { record, truth = trueShares, normalisation = 'total' }: Recorded<P>): Judged {
  const { functions } = compare({ runs: record(before, 2 * seed, before) }, { runs: record(after, 2 * seed + 1, before) }, { normalisation });
  const [was, is] = [truth(before, before), truth(after, before)];
  const change = (name: string): number => (is.get(name) ?? 0) - (was.get(name) ?? 0);
  const isInnocent = (name: string): boolean => Math.abs(change(name)) < 1e-9;
  return {
    accused: functions.filter(({ name, total }) => isSure(total) && (isInnocent(name) || Math.sign(change(name)) !== Math.sign(total.delta))).length,
    innocent: functions.filter(({ name }) => isInnocent(name)).length,
    verdict: functions.find(({ name }) => name === 'subject')?.total.verdict,
  };
}

export const percent = (part: number, all: number): string => (all > 0 ? `${((100 * part) / all).toFixed(1)} %` : '-');
export const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const found = ['twice as slow', 'one inlined away', 'one new'];

/** The cells of one row: of all kinds of pairs, how many have a false alarm, and how often each change is found. */
function alarms<P extends Program>(pairs: number, seed: number, draw: (seed: number) => P, recorded: Recorded<P>): string[] {
  let [all, alarmed, accused, innocent] = [0, 0, 0, 0];
  const cells: string[] = [];
  for (const [kind, { change, verdict }] of Object.entries(kinds)) {
    const judged = Array.from({ length: pairs }, (_, pair) => judge(change(draw(seed + all + pair)), seed + all + pair, recorded));
    all += pairs;
    alarmed += judged.filter((each) => each.accused > 0).length;
    for (const each of judged) [accused, innocent] = [accused + each.accused, innocent + each.innocent];
    if (found.includes(kind)) cells.push(percent(judged.filter((each) => each.verdict === verdict).length, pairs));
  }
  return [String(all), percent(alarmed, all), percent(accused, innocent), ...cells];
}

export interface Row<P extends Program = Program> extends Recorded<P> {
  words: string[];
  draw: (seed: number) => P;
}

export function table<P extends Program>(first: string[], rows: readonly Row<P>[], pairs: number, seed: number): string {
  const heads = [...first, 'pairs', 'with any false alarm (goal <= 5 %)', 'of all innocent functions', ...found.map((kind) => `found: ${kind}`)];
  const lines = [row(heads), row(heads.map(() => '---'))];
  rows.forEach(({ words, draw, ...recorded }, index) => {
    lines.push(row([...words, ...alarms(pairs, seed + index * 10_000, draw, recorded)]));
    console.error(lines.at(-1));
  });
  return lines.join('\n');
}
