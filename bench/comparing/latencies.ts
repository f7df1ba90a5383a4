// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run comparing:latencies`: how often verdicts on deciles are right, on seeded pairs of a made-up function whose true
 * latencies are known; prints tables and puts them into docs/comparing.md. About two minutes. `--help` says how to ask for some of them.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seededRandom } from '../../profile/comparison/distributions.ts';
import { compareLatencies, type ComparedProbe, type ProbeRun, type ShiftDifference } from '../../profile/comparison/latencies.ts';
import { askedProbe, normal } from '../../profile/comparison/testing.ts';
import { bucketOf } from '../../profile/histogram.ts';
import { HistogramColumns } from '../../profile/histogram-columns.ts';
import { SLICE_NANOSECONDS } from '../../profile/units.ts';
import { replaceBlock } from '../accuracy/markdown.ts';

const SECONDS = 30;
const FIRST_SEED = 1_000;

interface Function {
  /** Values of one call in nanoseconds: six of seven are quick. */
  quick: number;
  slow: number;
  perSecond: number;
  /** How long a phase goes on, on average, in half of which all takes half as long again; 0: there are none. */
  phaseSeconds: number;
}

const ordinary = { quick: 100_000, slow: 1_000_000 };

function record({ quick, slow, perSecond, phaseSeconds }: Function, seed: number, seconds = SECONDS): ProbeRun {
  const random = seededRandom(seed);
  const columns = new HistogramColumns();
  const slices = (seconds * 1e9) / SLICE_NANOSECONDS;
  const perSlice = (perSecond * SLICE_NANOSECONDS) / 1e9;
  let left = 0;
  let times = 1;
  let due = 0;
  for (let slice = 0; slice < slices; slice++) {
    if (phaseSeconds > 0 && (left -= SLICE_NANOSECONDS / 1e9) <= 0) [left, times] = [-Math.log(1 - random()) * phaseSeconds, random() < 0.5 ? 1.5 : 1];
    // Calls come as they come.
    for (due += perSlice * (0.5 + random()); due >= 1; due--) columns.add(slice, bucketOf(Math.floor((random() < 6 / 7 ? quick : slow) * times * (0.7 + 0.6 * random()))), 1);
  }
  return { probes: [askedProbe('f')], range: { from: 0, to: slices }, columns: () => columns, isNarrowed: false };
}

const compared = (a: Function, b: Function, seed: number): ComparedProbe => compareLatencies([record(a, 2 * seed)], [record(b, 2 * seed + 1)]).compared[0]!;
const isSure = ({ verdict }: ShiftDifference): boolean => verdict === 'grew' || verdict === 'shrank';
const figures = ({ deciles, p99, perSecond }: ComparedProbe): ShiftDifference[] => [...deciles, ...(p99 ? [p99] : []), perSecond];
const percent = (part: number, of: number): string => `${((100 * part) / of).toFixed(1)} %`;
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function falseAlarms(pairs: number): string {
  const rates = [50, 500];
  const lines = [row(['phases', ...rates.map((rate) => `${rate} calls a second: any false alarm (goal <= 5 %)`)]), row(['---', ...rates.map(() => '---')])];
  for (const phaseSeconds of [0, 0.1, 0.5, 1, 3, 10]) {
    const cells = rates.map((perSecond, place) => {
      const of: Function = { ...ordinary, perSecond, phaseSeconds };
      const alarmed = Array.from({ length: pairs }, (_, pair) => compared(of, of, FIRST_SEED + pair + place * pairs)).filter((probe) => figures(probe).some(isSure));
      return percent(alarmed.length, pairs);
    });
    lines.push(row([phaseSeconds === 0 ? 'none' : `${phaseSeconds} s`, ...cells]));
    console.error(lines.at(-1));
  }
  return lines.join('\n');
}

/** Of pairs of which only the slow calls take longer: how many say so of the last decile, and of which others. */
function found(probes: readonly ComparedProbe[]): string {
  const isRight = ({ deciles }: ComparedProbe): boolean => deciles.at(-1)!.verdict === 'grew';
  const wrong = probes.filter(({ deciles }) => deciles.slice(0, 8).some(isSure)).length;
  return `${percent(probes.filter(isRight).length, probes.length)}${wrong > 0 ? `; another accused in ${percent(wrong, probes.length)}` : ''}`;
}

function power(pairs: number): string {
  const rates = [50, 200, 1_000];
  const lines = [row(['the slow calls', 'phases', ...rates.map((rate) => `${rate.toLocaleString('en')} calls a second`)]), row(['---', '---', ...rates.map(() => '---')])];
  for (const [times, phaseSeconds] of [[1.1, 0], [1.2, 0], [1.5, 0], [3, 0], [3, 0.5], [3, 3]] as const) {
    const cells = rates.map((perSecond, place) => {
      const before: Function = { ...ordinary, perSecond, phaseSeconds };
      return found(Array.from({ length: pairs }, (_, pair) => compared(before, { ...before, slow: ordinary.slow * times }, FIRST_SEED + pair + place * pairs)));
    });
    lines.push(row([`${times} times as long`, phaseSeconds === 0 ? 'none' : `${phaseSeconds} s`, ...cells]));
    console.error(lines.at(-1));
  }
  return lines.join('\n');
}

/** As one run of it is: all of its calls take so many times as long. */
function ofOneRun(of: Function, spread: number, seed: number): Function {
  const times = Math.exp(spread * normal(seededRandom(seed ^ 0x2545f491)));
  return { ...of, quick: of.quick * times, slow: of.slow * times };
}

function severalRuns(pairs: number): string {
  const heads = ['runs a side', 'runs differ by', 'any false alarm (goal <= 5 %)', 'found: the slow calls take 1.5 times as long', 'found: 3 times as long'];
  const lines = [row(heads), row(heads.map(() => '---'))];
  const before: Function = { ...ordinary, perSecond: 200, phaseSeconds: 0.1 };
  for (const runs of [3, 5]) {
    for (const spread of [0.02, 0.1]) {
      const side = (of: Function, seed: number): ProbeRun[] => Array.from({ length: runs }, (_, run) => record(ofOneRun(of, spread, seed * 16 + run), seed * 16 + run, SECONDS / 3));
      const drawn = (times: number, count: number): ComparedProbe[] =>
        Array.from({ length: count }, (_, pair) => compareLatencies(side(before, 2 * (FIRST_SEED + pair)), side({ ...before, slow: before.slow * times }, 2 * (FIRST_SEED + pair) + 1)).compared[0]!);
      const alarmed = drawn(1, pairs / 2).filter((probe) => figures(probe).some(isSure)).length;
      lines.push(row([String(runs), `${100 * spread} %`, percent(alarmed, pairs / 2), ...[1.5, 3].map((times) => found(drawn(times, pairs / 4)))]));
      console.error(lines.at(-1));
    }
  }
  return lines.join('\n');
}

const parts: Readonly<Record<string, (pairs: number) => string>> = { 'latency-alarms': falseAlarms, 'latency-power': (pairs) => power(pairs / 2), 'latency-runs': severalRuns };

const { values, positionals } = parseArgs({ allowPositionals: true, options: { pairs: { type: 'string', default: '200' }, print: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
if (values.help) {
  console.log(`comparing:latencies [--pairs N] [--print] [${Object.keys(parts).join('|')} ...]\n--print leaves docs/comparing.md as it is.`);
  process.exit();
}
for (const part of positionals.length > 0 ? positionals : Object.keys(parts)) {
  const text = parts[part]!(Number(values.pairs));
  console.log(`\n${text}`);
  if (!values.print) replaceBlock(join(import.meta.dirname, '../../docs/comparing.md'), part, text);
}
