// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run comparing:latencies`: how often verdicts on deciles are right, on seeded pairs of a made-up function whose true
 * latencies are known; prints tables and puts them into docs/comparing.md. About three minutes.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seededRandom } from '../../profile/comparison/distributions.ts';
import { compareLatencies, type ComparedProbe, type ProbeRun, type ShiftDifference } from '../../profile/comparison/latencies.ts';
import { askedProbe } from '../../profile/comparison/testing.ts';
import { bucketOf } from '../../profile/histogram.ts';
import { HistogramColumns } from '../../profile/histogram-columns.ts';
import { SLICE_NANOSECONDS } from '../../profile/units.ts';
import { replaceBlock } from '../accuracy/markdown.ts';

const SECONDS = 30;
const SLICES = (SECONDS * 1e9) / SLICE_NANOSECONDS;
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

function record({ quick, slow, perSecond, phaseSeconds }: Function, seed: number): ProbeRun {
  const random = seededRandom(seed);
  const columns = new HistogramColumns();
  const perSlice = (perSecond * SLICE_NANOSECONDS) / 1e9;
  let left = 0;
  let times = 1;
  let due = 0;
  for (let slice = 0; slice < SLICES; slice++) {
    if (phaseSeconds > 0 && (left -= SLICE_NANOSECONDS / 1e9) <= 0) [left, times] = [-Math.log(1 - random()) * phaseSeconds, random() < 0.5 ? 1.5 : 1];
    // Calls come as they come.
    for (due += perSlice * (0.5 + random()); due >= 1; due--) columns.add(slice, bucketOf(Math.floor((random() < 6 / 7 ? quick : slow) * times * (0.7 + 0.6 * random()))), 1);
  }
  return { probes: [askedProbe('f')], range: { from: 0, to: SLICES }, columns: () => columns, isNarrowed: false };
}

const compared = (a: Function, b: Function, seed: number): ComparedProbe => compareLatencies([record(a, 2 * seed)], [record(b, 2 * seed + 1)]).compared[0]!;
const isSure = ({ verdict }: ShiftDifference): boolean => verdict === 'grew' || verdict === 'shrank';
const all = ({ deciles, p99, perSecond }: ComparedProbe): ShiftDifference[] => [...deciles, ...(p99 ? [p99] : []), perSecond];
const percent = (part: number, of: number): string => `${((100 * part) / of).toFixed(1)} %`;
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function falseAlarms(pairs: number): string {
  const rates = [50, 500];
  const lines = [row(['phases', ...rates.map((rate) => `${rate} calls a second: any false alarm (goal <= 5 %)`)]), row(['---', ...rates.map(() => '---')])];
  for (const phaseSeconds of [0, 0.1, 0.5, 1, 3]) {
    const cells = rates.map((perSecond, place) => {
      const of: Function = { ...ordinary, perSecond, phaseSeconds };
      const alarmed = Array.from({ length: pairs }, (_, pair) => compared(of, of, FIRST_SEED + pair + place * pairs)).filter((probe) => all(probe).some(isSure));
      return percent(alarmed.length, pairs);
    });
    lines.push(row([phaseSeconds === 0 ? 'none' : `${phaseSeconds} s`, ...cells]));
    console.error(lines.at(-1));
  }
  return lines.join('\n');
}

/** Only the slow calls take longer, so that the last decile alone is to say so. */
function power(pairs: number): string {
  const rates = [50, 200, 1_000];
  const lines = [row(['the slow calls', ...rates.map((rate) => `${rate.toLocaleString('en')} calls a second`)]), row(['---', ...rates.map(() => '---')])];
  for (const times of [1.1, 1.2, 1.5, 3]) {
    const cells = rates.map((perSecond, place) => {
      const before: Function = { ...ordinary, perSecond, phaseSeconds: 0 };
      const found = Array.from({ length: pairs }, (_, pair) => compared(before, { ...before, slow: ordinary.slow * times }, FIRST_SEED + pair + place * pairs));
      const isRight = ({ deciles }: ComparedProbe): boolean => deciles.at(-1)!.verdict === 'grew';
      const wrong = found.filter(({ deciles }) => deciles.slice(0, 8).some(isSure)).length;
      return `${percent(found.filter(isRight).length, pairs)}${wrong > 0 ? `; another accused in ${percent(wrong, pairs)}` : ''}`;
    });
    lines.push(row([`${times} times as long`, ...cells]));
    console.error(lines.at(-1));
  }
  return lines.join('\n');
}

const { values } = parseArgs({ options: { pairs: { type: 'string', default: '200' } } });
const document = join(import.meta.dirname, '../../docs/comparing.md');
replaceBlock(document, 'latency-alarms', falseAlarms(Number(values.pairs)));
replaceBlock(document, 'latency-power', power(Number(values.pairs)));
