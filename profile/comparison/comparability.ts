// SPDX-License-Identifier: Apache-2.0
/** May two sides be compared, and what is to be known before one believes what comes out. */
import { unitOf } from '../questions.ts';
import type { Comparison, FunctionDifference } from './comparison.ts';
import type { Normalisation } from './normalisation.ts';
import type { RenamedProgram } from './renamed-programs.ts';
import type { Run, Side } from './sides.ts';
import { RUN_TO_RUN } from './whole-runs.ts';

/** What was refused, and what to do. */
export interface Refusal {
  code: string;
  message: string;
  remedy: string;
}

export function refusalOf(a: Side, b: Side, normalisation: Normalisation): Refusal | null {
  const runs = [...a.runs, ...b.runs];
  const [first] = a.runs;
  const twice = [a, b].flatMap(repeated)[0];
  if (twice) {
    return {
      code: 'sameRunTwice',
      message: `${twice.label} stands on one side more than once: how much runs differ can only be seen in different ones.`,
      remedy: 'Name each recording of a side once.',
    };
  }
  const empty = runs.find(({ tables }) => tables.samples.length === 0);
  if (empty) {
    return {
      code: 'nothingToCompare',
      message: `${empty.label} holds no samples, so there is nothing to compare.`,
      remedy: empty.question === 'probes' ? 'Recordings of probes have histograms: compare those.' : 'Record again while the program works.',
    };
  }
  const other = runs.find(({ question }) => question !== first!.question);
  if (other) {
    const units = unitOf(first!.question) === unitOf(other.question) ? '' : `, which count ${unitOf(first!.question)} and ${unitOf(other.question)}`;
    return {
      code: 'differentQuestions',
      message: `${first!.label} answers the question ${first!.question} and ${other.label} ${other.question}${units}: a difference would mean nothing.`,
      remedy: 'Compare recordings of the same question.',
    };
  }
  if (normalisation === 'duration' || normalisation === 'none') {
    const timeless = runs.find(({ durationNs }) => !(durationNs > 0));
    if (timeless && normalisation === 'duration') {
      return { code: 'noDuration', message: `${timeless.label} does not say how long it took.`, remedy: 'Compare by total instead.' };
    }
  }
  const unaccounted = normalisation === 'cpu' ? runs.find(({ cpuTimeNs }) => !(cpuTimeNs > 0)) : undefined;
  if (unaccounted) {
    return {
      code: 'noCpuTime',
      message: `${unaccounted.label} has no CPU times by the kernel's accounting.`,
      remedy: 'Compare by total instead, or by duration.',
    };
  }
  return null;
}

/** Runs of a side that are one of those before them. */
function repeated({ runs }: Side): Run[] {
  const isSame = (one: Run, other: Run): boolean => one.tables === other.tables && JSON.stringify(one.filter) === JSON.stringify(other.filter);
  return runs.filter((run, at) => runs.findIndex((other) => isSame(run, other)) < at);
}

export interface Found {
  normalisation: Normalisation;
  noise: Comparison['noise'];
  isSame: boolean;
  /** Runs that hold the same samples as another one of their side. */
  alike: readonly Run[];
  /** Both sides are whole runs of a command. */
  isWhole: boolean;
  renamed: readonly RenamedProgram[];
  functions: readonly FunctionDifference[];
}

/** Distinct values of runs that say one, in words. */
function words(runs: readonly Run[], of: (run: Run) => string | number): string {
  return [...new Set(runs.map(of))].filter((value) => value !== '').join(', ');
}

export function notesOf(a: Side, b: Side, { normalisation, noise, isSame, alike, isWhole, renamed, functions }: Found): string[] {
  const notes: string[] = [];
  if (isSame) notes.push('Both sides hold the same samples: nothing changed.');
  if (alike.length > 0) {
    const copies = [...new Set(alike.map(({ label }) => label))].join(', ');
    notes.push(`The same samples as another run of the side: ${copies}. A copy says nothing of how much runs differ, and makes all look surer than it is.`);
  }
  const differs = (what: string, of: (run: Run) => string | number): boolean => {
    const [inA, inB] = [words(a.runs, of), words(b.runs, of)];
    const isOther = inA !== inB && inA !== '' && inB !== '';
    if (isOther) notes.push(`${what}: ${inA} in A, ${inB} in B.`);
    return isOther;
  };
  // Another tool's file may not say it, which makes no other host of it.
  const nameless = (['a', 'b'] as const).filter((side) => ({ a, b })[side].runs.some(({ host }) => host === ''));
  if (nameless.length === 1) notes.push(`The host of ${nameless[0]!.toUpperCase()} is not known.`);
  if (differs('Different hosts', ({ host }) => host)) notes.push('Other processors, caches and clocks change shares, too, not only the program.');
  differs('Different kernels', ({ kernel }) => kernel);
  differs('Different sampling rates, which are divided out', ({ frequencyHz }) => (frequencyHz > 0 ? `${frequencyHz} Hz` : 'not known'));
  if (normalisation !== 'total' && [...a.runs, ...b.runs].some(({ question, frequencyHz }) => unitOf(question) === 'samples' && !(frequencyHz > 0))) {
    notes.push('How often was sampled is not known of all of them: only shares of the total can be compared then.');
  }
  for (const program of renamed) notes.push(`The program is called ${program.a} in A and ${program.b} in B; it is taken for the same.`);
  if (functions.length > 0 && functions.every(({ total }) => !(total.a > 0 && total.b > 0))) {
    notes.push('The two sides have no function in common: they may be of different programs, or one has no names.');
  }
  const unnamed = functions.filter(({ name }) => name.endsWith('(no name)')).reduce((most, { self }) => Math.max(most, self.a, self.b), 0);
  if (unnamed >= 5) notes.push('Much of this has no names. Such code is compared by module alone, since addresses change with every build.');
  if (normalisation === 'total' && functions.some(({ total }) => total.verdict === 'grew' || total.verdict === 'new')) {
    notes.push('Shares are of each side’s own total: where one function grows, untouched ones shrink.');
  }
  if (noise === 'within' && !isSame && isWhole) {
    notes.push(
      'Whole runs of a command: that it does one thing after the other is its own schedule, and counts as no noise.',
      `How much two runs of the same differ is not known of fewer than three a side; ${100 * RUN_TO_RUN} % of what each function costs is assumed. On a busy machine it is more.`,
    );
  } else if (noise === 'within' && !isSame) {
    const several = a.runs.length > 1 || b.runs.length > 1;
    notes.push(
      several
        ? 'Fewer than three runs a side: how much runs differ is not known, and the intervals are of what varied within them.'
        : 'One run a side: how much two runs of the same differ is not known, and the intervals are of what varied within each.',
    );
    if (functions.some(({ total }) => total.why?.kind === 'stretches')) {
      notes.push('What came on one side only, in few stretches of time, may be chance: a longer recording would tell, or whole runs of a command that ends by itself.');
    }
  }
  return notes;
}
