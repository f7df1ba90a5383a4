// SPDX-License-Identifier: Apache-2.0
/** `npm test`: every check that this machine can run, one after the other; then what was skipped and why. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { TALLY_FILE, type Tally } from './tally-reporter.ts';
import { timesTable, type StageTime } from './times.ts';

const HELP = `Usage: npm test [-- STAGE...]

Stages, in order:
  types      type check of every room
  lint       eslint
  imports    who may import whom
  layout     wire-layout.gen.ts agrees with wire.h
  page       page-parts.gen.ts agrees with formats/page
  paths      the paths named in the documents exist
  classes    every class of the style sheets is used
  unit       unit tests of every room
  together   real kernels under qemu, real polkit, hostile input: what need not have the machine to itself
  machine    real BPF, the command line on real programs: what measures
  e2e        the window in a real browser`;

interface Stage {
  readonly name: string;
  readonly command: readonly string[];
  /** Vitest counts its tests itself; every other stage is one check. */
  readonly counts?: boolean;
}

const vitest = (project: string): readonly string[] => [
  'vitest', 'run', '--project', project, '--reporter=default', '--reporter=./scripts/test/tally-reporter.ts',
];

const stages: readonly Stage[] = [
  { name: 'types', command: ['tsc', '-b'] },
  { name: 'lint', command: ['eslint', '.'] },
  { name: 'imports', command: ['node', 'scripts/check-imports.ts'] },
  { name: 'layout', command: ['node', 'scripts/generate-wire-layout.ts', '--check'] },
  { name: 'page', command: ['node', 'scripts/generate-page.ts', '--check'] },
  { name: 'paths', command: ['node', 'scripts/check-paths.ts'] },
  { name: 'classes', command: ['node', 'scripts/check-classes.ts'] },
  { name: 'unit', command: vitest('unit'), counts: true },
  { name: 'together', command: vitest('machine-together'), counts: true },
  { name: 'machine', command: vitest('machine'), counts: true },
  { name: 'e2e', command: vitest('e2e'), counts: true },
];

/** Of a stage that is one check, or said nothing of its tests. */
function oneCheck(passed: boolean): Tally {
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: [], again: [], files: [] };
}

function runStage(stage: Stage): { tally: Tally; time: StageTime } {
  console.log(`\n=== ${stage.name}: ${stage.command.join(' ')}`);
  rmSync(TALLY_FILE, { force: true });
  const [program = '', ...args] = stage.command;
  const began = performance.now();
  const { status, error } = spawnSync(`node_modules/.bin/${program}`, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (error) console.error(error.message);
  const seconds = (performance.now() - began) / 1000;
  console.log(`=== ${stage.name}: ${status === 0 ? 'passed' : 'FAILED'} in ${Math.round(seconds)} s`);
  const tally = stage.counts ? readTally() : oneCheck(status === 0);
  // An unhandled error fails the run although every test passed.
  if (status !== 0 && tally.failed === 0) tally.failed = 1;
  return { tally, time: { name: stage.name, seconds, files: tally.files } };
}

function readTally(): Tally {
  return existsSync(TALLY_FILE) ? (JSON.parse(readFileSync(TALLY_FILE, 'utf8')) as Tally) : oneCheck(false);
}

function main(wanted: readonly string[]): number {
  const unknown = wanted.filter((name) => !stages.some((stage) => stage.name === name));
  if (wanted.includes('--help') || unknown.length > 0) {
    console.log(HELP);
    return wanted.includes('--help') ? 0 : 2;
  }
  process.chdir(dirname(dirname(import.meta.dirname)));
  const chosen = wanted.length === 0 ? stages : stages.filter((stage) => wanted.includes(stage.name));
  const tallies = chosen.map((stage) => ({ stage, ...runStage(stage) }));
  const skipped = tallies.flatMap(({ tally }) => tally.skipped);
  if (skipped.length > 0) console.log('\nSkipped:');
  for (const { name, reason } of skipped) console.log(`  ${name}\n    ${reason}`);
  const again = tallies.flatMap(({ tally }) => tally.again);
  if (again.length > 0) console.log('\nPassed at the second try only:');
  for (const { name, reason } of again) console.log(`  ${name}\n    ${reason}`);
  console.log(`\n${timesTable(tallies.map(({ time }) => time))}`);
  const broken = tallies.filter(({ tally }) => tally.failed > 0).map(({ stage }) => stage.name);
  if (broken.length > 0) console.log(`\nFailed: ${broken.join(', ')}`);
  const sum = (count: (tally: Tally) => number): number => tallies.reduce((total, { tally }) => total + count(tally), 0);
  console.log(`\n${sum((t) => t.passed)} passed, ${sum((t) => t.failed)} failed, ${skipped.length} skipped`);
  return broken.length === 0 ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
