// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run comparing:truth`: how often verdicts are right, on seeded pairs of programs whose true shares are known
 * (profile/comparison/testing.ts); prints tables and puts them into docs/comparing.md. About ten minutes.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compare, type Difference } from '../../profile/comparison/comparison.ts';
import { drawProgram, inlinedAway, record, slowed, trueShares, without, type Program } from '../../profile/comparison/testing.ts';
import { replaceBlock } from '../accuracy/markdown.ts';

const SECONDS = 30;
const FREQUENCY = 99;
/** The same programs and recordings in every run. */
const FIRST_SEED = 1_000;

type Pair = readonly [before: Program, after: Program];

const kinds: Readonly<Record<string, { change: (program: Program) => Pair; verdict: Difference['verdict'] | null }>> = {
  'no change': { change: (program) => [program, program], verdict: null },
  'one function 20 % slower': { change: (program) => [program, slowed(program, 'subject', 1.2)], verdict: 'grew' },
  'one inlined away': { change: (program) => [program, inlinedAway(program, 'subject')], verdict: 'vanished' },
  'one new': { change: (program) => [without(program, 'subject'), program], verdict: 'new' },
};

const isSure = ({ verdict }: Difference): boolean => verdict !== 'unchanged' && verdict !== 'unclear';

interface Judged {
  /** Functions whose true share did not change, or the other way, and that are said to have changed. */
  accused: number;
  innocent: number;
  verdict: Difference['verdict'] | undefined;
}

function judge([before, after]: Pair, seed: number, cpus: number): Judged {
  const sampling = { seconds: SECONDS, frequencyHz: FREQUENCY, cpus };
  const { functions } = compare({ runs: [record(before, { ...sampling, seed: 2 * seed })] }, { runs: [record(after, { ...sampling, seed: 2 * seed + 1 })] });
  const [was, is] = [trueShares(before), trueShares(after)];
  const truth = (name: string): number => (is.get(name) ?? 0) - (was.get(name) ?? 0);
  const wrong = functions.filter(({ name, total }) => {
    const change = truth(name);
    return isSure(total) && (Math.abs(change) < 1e-9 || Math.sign(change) !== Math.sign(total.delta));
  });
  return {
    accused: wrong.length,
    innocent: functions.filter(({ name }) => Math.abs(truth(name)) < 1e-9).length,
    verdict: functions.find(({ name }) => name === 'subject')?.total.verdict,
  };
}

const percent = (part: number, all: number): string => (all > 0 ? `${((100 * part) / all).toFixed(1)} %` : '-');
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function falseAlarms(pairs: number): string {
  const lines = [
    row(['phases', 'pairs', 'with any false alarm (goal <= 5 %)', 'of all innocent functions', 'the change is found, of 2 % of the whole']),
    row(['---', '---', '---', '---', '---']),
  ];
  let seed = FIRST_SEED;
  for (const phaseSeconds of [0.1, 0.5, 1]) {
    const words = `${phaseSeconds} s`;
    let [alarmed, accused, innocent] = [0, 0, 0];
    const found: string[] = [];
    for (const [kind, { change, verdict }] of Object.entries(kinds)) {
      const judged = Array.from({ length: pairs }, () => judge(change(drawProgram(++seed, { share: 0.02, phaseSeconds })), seed, 1));
      alarmed += judged.filter((each) => each.accused > 0).length;
      for (const each of judged) [accused, innocent] = [accused + each.accused, innocent + each.innocent];
      if (verdict) found.push(`${kind}: ${percent(judged.filter((each) => each.verdict === verdict).length, pairs)}`);
    }
    lines.push(row([words, String(pairs * Object.keys(kinds).length), percent(alarmed, pairs * Object.keys(kinds).length), percent(accused, innocent), found.join('; ')]));
    console.error(lines.at(-1));
  }
  return lines.join('\n');
}

/** Without phases, so that the arithmetic beside it holds. */
function power(pairs: number): string {
  const cpus = [1, 4, 16, 32];
  const lines = [
    row(['share of the function', ...cpus.map((count) => `${count} busy CPU${count > 1 ? 's' : ''} (${(count * SECONDS * FREQUENCY).toLocaleString('en')} samples)`)]),
    row(['---', ...cpus.map(() => '---')]),
  ];
  let seed = FIRST_SEED + 100_000;
  for (const share of [0.02, 0.05, 0.1, 0.2, 0.35, 0.5]) {
    const cells = cpus.map((count) => {
      const verdicts = Array.from({ length: pairs }, () => judge(kinds['one function 20 % slower']!.change(drawProgram(++seed, { share, phases: 1 })), seed, count).verdict);
      return percent(verdicts.filter((verdict) => verdict === 'grew').length, pairs);
    });
    lines.push(row([`${Math.round(share * 100)} %`, ...cells]));
    console.error(lines.at(-1));
  }
  return lines.join('\n');
}

const parts: Readonly<Record<string, (pairs: number) => string>> = { 'false-alarms': falseAlarms, power };

const { values, positionals } = parseArgs({ allowPositionals: true, options: { pairs: { type: 'string', default: '100' }, print: { type: 'boolean' } } });
const root = join(import.meta.dirname, '..', '..');
for (const part of positionals.length > 0 ? positionals : Object.keys(parts)) {
  const text = parts[part]!(Number(values.pairs));
  console.log(`\n${text}`);
  if (!values.print) replaceBlock(join(root, 'docs', 'comparing.md'), part, text);
}
