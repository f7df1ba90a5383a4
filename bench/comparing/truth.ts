// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run comparing:truth`: how often verdicts are right, on seeded pairs of programs whose true shares are known
 * (profile/comparison/testing.ts); prints tables and puts them into docs/comparing.md. `--help` says how to ask for some of them.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compare, type Difference } from '../../profile/comparison/comparison.ts';
import { drawProgram, inlinedAway, ofOneRun, record, recordWhole, slowed, trueShares, without, type Program } from '../../profile/comparison/testing.ts';
import type { Run } from '../../profile/comparison/sides.ts';
import { replaceBlock } from '../accuracy/markdown.ts';

const SECONDS = 30;
const FREQUENCY = 99;
/** The same programs and recordings in every run. */
const FIRST_SEED = 1_000;

type Pair = readonly [before: Program, after: Program];

const kinds: Readonly<Record<string, { change: (program: Program) => Pair; verdict: Difference['verdict'] | null }>> = {
  'no change': { change: (program) => [program, program], verdict: null },
  'one function 20 % slower': { change: (program) => [program, slowed(program, 'subject', 1.2)], verdict: 'grew' },
  'twice as slow': { change: (program) => [program, slowed(program, 'subject', 2)], verdict: 'grew' },
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

/** Recordings of one side. */
type Recorder = (program: Program, seed: number) => Run[];

const ofCpus = (cpus: number): Recorder => (program, seed) => [record(program, { seed, seconds: SECONDS, frequencyHz: FREQUENCY, cpus })];

function judge([before, after]: Pair, seed: number, recorder: Recorder): Judged {
  const { functions } = compare({ runs: recorder(before, 2 * seed) }, { runs: recorder(after, 2 * seed + 1) });
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

const found = ['twice as slow', 'one inlined away', 'one new'];

/** The cells of one row: of all kinds of pairs, how many have a false alarm, and how often each change is found. */
function alarms(pairs: number, seed: number, draw: (seed: number) => Program, recorder: Recorder): string[] {
  let [all, alarmed, accused, innocent] = [0, 0, 0, 0];
  const cells: string[] = [];
  for (const [kind, { change, verdict }] of Object.entries(kinds)) {
    const judged = Array.from({ length: pairs }, (_, pair) => judge(change(draw(seed + all + pair)), seed + all + pair, recorder));
    all += pairs;
    alarmed += judged.filter((each) => each.accused > 0).length;
    for (const each of judged) [accused, innocent] = [accused + each.accused, innocent + each.innocent];
    if (found.includes(kind)) cells.push(percent(judged.filter((each) => each.verdict === verdict).length, pairs));
  }
  return [String(all), percent(alarmed, all), percent(accused, innocent), ...cells];
}

function table(first: string[], rows: readonly { words: string[]; draw: (seed: number) => Program; recorder: Recorder }[], pairs: number, seed: number): string {
  const heads = [...first, 'pairs', 'with any false alarm (goal <= 5 %)', 'of all innocent functions', ...found.map((kind) => `found: ${kind}`)];
  const lines = [row(heads), row(heads.map(() => '---'))];
  rows.forEach(({ words, draw, recorder }, index) => {
    lines.push(row([...words, ...alarms(pairs, seed + index * 10_000, draw, recorder)]));
    console.error(lines.at(-1));
  });
  return lines.join('\n');
}

function falseAlarms(pairs: number): string {
  const rows = [0.1, 0.5, 1, 3, 10].map((phaseSeconds) => ({
    words: [`${phaseSeconds} s`],
    draw: (seed: number) => drawProgram(seed, { share: 0.02, phaseSeconds }),
    recorder: ofCpus(1),
  }));
  return table(['phases'], rows, pairs, FIRST_SEED);
}

/** Each program goes through its four phases in order, so often; what each function costs in each phase is another in every run. */
function wholeRuns(pairs: number): string {
  const rows = [1, 4].flatMap((visits) =>
    [0, 0.02, 0.05, 0.1].map((spread) => ({
      words: [visits === 1 ? 'once' : `${visits} times`, `${100 * spread} %`],
      draw: (seed: number) => drawProgram(seed, { share: 0.02, phaseSeconds: 1 }),
      recorder: ((program, seed) => [recordWhole(ofOneRun(program, spread, seed), { seed, rounds: SECONDS / 4, visits })]) satisfies Recorder,
    })),
  );
  return table(['each phase comes', 'runs differ by'], rows, pairs, FIRST_SEED + 200_000);
}

function severalRuns(pairs: number): string {
  const rows = [3, 5, 10].flatMap((runs) =>
    [0.02, 0.1].map((spread) => ({
      words: [String(runs), `${100 * spread} %`],
      draw: (seed: number) => drawProgram(seed, { share: 0.1, phaseSeconds: 0.1 }),
      recorder: ((program, seed) =>
        Array.from({ length: runs }, (_, run) => record(ofOneRun(program, spread, seed * 16 + run), { seed: seed * 16 + run, seconds: SECONDS / 3 }))) satisfies Recorder,
    })),
  );
  return table(['runs a side', 'runs differ by'], rows, pairs, FIRST_SEED + 400_000);
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
      const verdicts = Array.from({ length: pairs }, () => judge(kinds['one function 20 % slower']!.change(drawProgram(++seed, { share, phases: 1 })), seed, ofCpus(count)).verdict);
      return percent(verdicts.filter((verdict) => verdict === 'grew').length, pairs);
    });
    lines.push(row([`${Math.round(share * 100)} %`, ...cells]));
    console.error(lines.at(-1));
  }
  return lines.join('\n');
}

const parts: Readonly<Record<string, (pairs: number) => string>> = { 'false-alarms': falseAlarms, 'whole-runs': wholeRuns, 'several-runs': severalRuns, power };

const { values, positionals } = parseArgs({ allowPositionals: true, options: { pairs: { type: 'string', default: '60' }, print: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
if (values.help) {
  console.log(`comparing:truth [--pairs N] [--print] [${Object.keys(parts).join('|')} ...]\nAll of it at 60 pairs a kind takes some three minutes and a half. --print leaves docs/comparing.md as it is.`);
  process.exit();
}
const root = join(import.meta.dirname, '..', '..');
for (const part of positionals.length > 0 ? positionals : Object.keys(parts)) {
  const text = parts[part]!(Number(values.pairs));
  console.log(`\n${text}`);
  if (!values.print) replaceBlock(join(root, 'docs', 'comparing.md'), part, text);
}
