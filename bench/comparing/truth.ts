// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run comparing:truth`: how often verdicts are right, on seeded pairs of programs whose true shares are known
 * (profile/comparison/testing.ts); prints tables and puts them into docs/comparing.md. `--help` says how to ask for some of them.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { drawProgram, ofOneRun, record, recordWhole } from '../../profile/comparison/testing.ts';
import { replaceBlock } from '../accuracy/markdown.ts';
import { judge, kinds, percent, row, table, type Recorded } from './judging.ts';
import { otherPrograms } from './other-programs.ts';
import { ratesOfParts, ratesOfWaits, ratesOfWholeRuns } from './rates.ts';

const SECONDS = 30;
const FREQUENCY = 99;
/** The same programs and recordings in every run. */
const FIRST_SEED = 1_000;

const ofCpus = (cpus: number): Recorded['record'] => (program, seed) => [record(program, { seed, seconds: SECONDS, frequencyHz: FREQUENCY, cpus })];

function falseAlarms(pairs: number): string {
  const rows = [0.1, 0.5, 1, 3, 10].map((phaseSeconds) => ({
    words: [`${phaseSeconds} s`],
    draw: (seed: number) => drawProgram(seed, { share: 0.02, phaseSeconds }),
    record: ofCpus(1),
  }));
  return table(['phases'], rows, pairs, FIRST_SEED);
}

/** Each program goes through its four phases in order, so often; what each function costs in each phase is another in every run. */
function wholeRuns(pairs: number): string {
  const rows = [1, 4].flatMap((visits) =>
    [0, 0.02, 0.05, 0.1].map((spread) => ({
      words: [visits === 1 ? 'once' : `${visits} times`, `${100 * spread} %`],
      draw: (seed: number) => drawProgram(seed, { share: 0.02, phaseSeconds: 1 }),
      record: ((program, seed) => [recordWhole(ofOneRun(program, spread, seed), { seed, rounds: SECONDS / 4, visits })]) satisfies Recorded['record'],
    })),
  );
  return table(['each phase comes', 'runs differ by'], rows, pairs, FIRST_SEED + 200_000);
}

function severalRuns(pairs: number): string {
  const rows = [3, 5, 10].flatMap((runs) =>
    [0.02, 0.1].map((spread) => ({
      words: [String(runs), `${100 * spread} %`],
      draw: (seed: number) => drawProgram(seed, { share: 0.1, phaseSeconds: 0.1 }),
      record: ((program, seed) =>
        Array.from({ length: runs }, (_, run) => record(ofOneRun(program, spread, seed * 16 + run), { seed: seed * 16 + run, seconds: SECONDS / 3 }))) satisfies Recorded['record'],
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
      const verdicts = Array.from({ length: pairs }, () => judge(kinds['one function 20 % slower']!.change(drawProgram(++seed, { share, phases: 1 })), seed, { record: ofCpus(count) }).verdict);
      return percent(verdicts.filter((verdict) => verdict === 'grew').length, pairs);
    });
    lines.push(row([`${Math.round(share * 100)} %`, ...cells]));
    console.error(lines.at(-1));
  }
  return lines.join('\n');
}

const fewer = (pairs: number): number => Math.ceil((2 * pairs) / 3);

const parts: Readonly<Record<string, (pairs: number) => string>> = {
  'false-alarms': falseAlarms,
  'whole-runs': wholeRuns,
  'several-runs': severalRuns,
  // So many rows that fewer pairs have to do.
  'rates-whole': (pairs) => ratesOfWholeRuns(fewer(pairs)),
  'rates-parts': (pairs) => ratesOfParts(fewer(pairs)),
  'rates-waits': (pairs) => ratesOfWaits(fewer(pairs)),
  'other-programs': (pairs) => otherPrograms(fewer(pairs)),
  power,
};

const { values, positionals } = parseArgs({ allowPositionals: true, options: { pairs: { type: 'string', default: '60' }, print: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
if (values.help) {
  console.log(`comparing:truth [--pairs N] [--print] [${Object.keys(parts).join('|')} ...]\nAll of it at 60 pairs a kind takes some five minutes of one CPU. --print leaves docs/comparing.md as it is.`);
  process.exit();
}
const root = join(import.meta.dirname, '..', '..');
for (const part of positionals.length > 0 ? positionals : Object.keys(parts)) {
  const text = parts[part]!(Number(values.pairs));
  console.log(`\n${text}`);
  if (!values.print) replaceBlock(join(root, 'docs', 'comparing.md'), part, text);
}
