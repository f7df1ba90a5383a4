// SPDX-License-Identifier: Apache-2.0
/** How often verdicts are right that are not on shares of the whole: recordings whose load varies (profile/comparison/load-testing.ts). */
import { recordLoad, recordWaits, recordWholeLoad, roundsPerSecond, trueRates, type Load } from '../../profile/comparison/load-testing.ts';
import { drawProgram, ofOneRun, trueCosts, type Program } from '../../profile/comparison/testing.ts';
import { table, type Row } from './judging.ts';

const SECONDS = 30;
const FIRST_SEED = 600_000;

interface Words extends Load {
  words: string;
}

const busy: Words = { words: '1 CPU, always busy', cpus: 1, busy: [1, 1, 1, 1], varies: 0, stretchSeconds: 1 };
const byPhase: Words = { words: '1 CPU, 30 to 60 % by phase', cpus: 1, busy: [0.3, 0.4, 0.5, 0.6], varies: 0, stretchSeconds: 1 };
const restless: Words = { words: '4 CPUs, 15 to 60 % by phase, half more or less for 0.5 s', cpus: 4, busy: [0.15, 0.3, 0.45, 0.6], varies: 0.5, stretchSeconds: 0.5 };
const drifting: Words = { ...restless, words: 'the same, for 5 s at a time', stretchSeconds: 5 };

const draw = (seed: number): Program => drawProgram(seed, { share: 0.02, phaseSeconds: 1 });

/** By `none`, of runs of about 30 s of CPU time. */
export function ratesOfWholeRuns(pairs: number): string {
  const rows = [busy, byPhase, restless, drifting].flatMap((load) =>
    (load === busy ? [0, 0.05] : [0.05]).map((spread): Row => ({
      words: [load.words, `${100 * spread} %`],
      draw,
      record: (program, seed) => [recordWholeLoad(ofOneRun(program, spread, seed), load, { seed, rounds: SECONDS / 4, visits: 4 })],
      truth: (program) => trueCosts(program),
      normalisation: 'none',
    })),
  );
  return table(['load', 'runs differ by'], rows, pairs, FIRST_SEED);
}

/** Of parts of a longer life, which is asked for as much before and after. */
function served(load: Words, phaseSeconds: number, normalisation: 'duration' | 'cpu'): Row {
  const record = normalisation === 'duration' ? recordLoad : recordWaits;
  return {
    words: [load.words, `${phaseSeconds} s`],
    draw,
    record: (program, seed, before) => [record(program, load, { seed, seconds: SECONDS, phaseSeconds, perSecond: roundsPerSecond(before, load) })],
    truth: (program, before) => trueRates(program, roundsPerSecond(before, load)),
    normalisation,
  };
}

export function ratesOfParts(pairs: number): string {
  const rows = [served(byPhase, 0.5, 'duration'), served(byPhase, 3, 'duration'), ...[restless, drifting].flatMap((load) => [0.1, 0.5, 3].map((phaseSeconds) => served(load, phaseSeconds, 'duration'))), served(restless, 10, 'duration')];
  return table(['load', 'phases'], rows, pairs, FIRST_SEED + 200_000);
}

/** Seconds of waiting by the second of CPU time. */
export function ratesOfWaits(pairs: number): string {
  const rows = [served(restless, 0.5, 'cpu'), served(restless, 3, 'cpu'), served(drifting, 0.5, 'cpu')];
  return table(['load', 'phases'], rows, pairs, FIRST_SEED + 400_000);
}
