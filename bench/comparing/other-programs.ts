// SPDX-License-Identifier: Apache-2.0
/** How often verdicts are right of programs on which no threshold was chosen (profile/comparison/other-testing.ts). */
import { drawOtherProgram, recordOther, type OtherProgram, type OtherRecording } from '../../profile/comparison/other-testing.ts';
import { trueCosts, trueShares } from '../../profile/comparison/testing.ts';
import { table, type Row } from './judging.ts';

const SECONDS = 30;
const FIRST_SEED = 1_600_000;

export function otherPrograms(pairs: number): string {
  const of = (words: string, recording: Omit<OtherRecording, 'seed' | 'seconds'>): Row<OtherProgram> => ({
    words: [words, recording.isWhole ? 'once' : `${recording.phaseSeconds} s`],
    draw: (seed) => drawOtherProgram(seed, 0.02),
    record: (program, seed) => [recordOther(program, { ...recording, seed, seconds: SECONDS })],
    // What is asked of it stays, and with it what everything else costs a second.
    truth: recording.busy === undefined ? trueShares : (program) => trueCosts(program),
    normalisation: recording.busy === undefined ? 'total' : 'duration',
  });
  const rows = [
    ...[0.5, 3].map((phaseSeconds) => of('parts, by `total`', { phaseSeconds })),
    of('parts of 4 CPUs, by `total`', { phaseSeconds: 0.5, cpus: 4 }),
    of('whole runs, by `total`', { phaseSeconds: 5, isWhole: true }),
    ...[0.5, 3].map((phaseSeconds) => of('parts of 4 CPUs half busy, by `duration`', { phaseSeconds, cpus: 4, busy: 0.5 })),
  ];
  return table(['recordings', 'phases'], rows, pairs, FIRST_SEED);
}
