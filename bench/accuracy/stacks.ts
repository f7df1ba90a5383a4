// SPDX-License-Identifier: Apache-2.0
/** How many stacks of the distribution's programs reach the bottom, and whether perf finds the same callers. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { brokenPlaces, completeShare, weightOf } from '../../test/unwinding/recorded-stacks.ts';
import { packageOf, startStock, stockPrograms, type StockProgram } from '../../test/unwinding/stock-programs.ts';
import { againstGoal } from './goals.ts';
import { agreement, edgesOf, type Agreement } from './edges.ts';
import { count, markdownTable, percent } from './markdown.ts';
import { ObjectFiles } from './object-files.ts';
import { FREQUENCY, ourStacks, perfStacks, reachedEntry, recordSideBySide } from './side-by-side.ts';

const COMPLETE_GOAL = 0.995;
const EDGES_GOAL = 0.99;
/** Share of samples that must have callers before any code made at run time, through which perf cannot walk. */
const COMPARABLE = 0.2;

interface Measured {
  complete: string[];
  edges: string[];
  /** Edges that one side lacks. */
  notes: string[];
}

const text = (edges: Agreement['missing']): string => edges.slice(0, 4).map(({ edge, samples }) => `\`${edge}\` (${samples})`).join(', ');

async function measure(program: StockProgram, seconds: number, folder: string, files: ObjectFiles): Promise<Measured> {
  const child = startStock(program);
  try {
    await delay(program.settle * 1000);
    const path = realpathSync(`/proc/${child.pid}/exe`);
    const { recorded, perfs } = await recordSideBySide(child.pid!, seconds, folder);
    const theirs = await perfStacks(perfs, files);
    const ours = ourStacks(recorded.stacks);
    const [ourEdges, perfEdges] = [edgesOf(ours), edgesOf(theirs.stacks)];
    const { reached, all } = reachedEntry(recorded.stacks, files);
    const forward = agreement(ourEdges, all, perfEdges, theirs.stacks.length);
    const backward = agreement(perfEdges, theirs.stacks.length, ourEdges, all);
    const comparable = ours.reduce((sum, { functions, weight }) => sum + (functions.length > 1 ? weight : 0), 0);
    const goal = (share: number): string => (comparable < COMPARABLE * all ? 'not comparable' : againstGoal(share, EDGES_GOAL));
    return {
      complete: [
        `${program.name} (${packageOf(path) || path})`, count(weightOf(recorded.stacks)),
        program.without === null ? againstGoal(completeShare(recorded.stacks), COMPLETE_GOAL) : percent(completeShare(recorded.stacks), 1),
        percent(reached, all), percent(theirs.complete, theirs.stacks.length),
        [...brokenPlaces(recorded.stacks).slice(0, 4), ...(program.without ? [program.without] : [])].join('; ') || '-',
      ],
      edges: [
        program.name, count(forward.edges), percent(forward.found, 1), goal(forward.foundBeyondNoise),
        count(backward.edges), percent(backward.found, 1), goal(backward.foundBeyondNoise),
        percent(theirs.sameNames, theirs.bothNamed),
      ],
      notes: [
        ...(forward.missing.length > 0 ? [`- ${program.name}, not in perf's: ${text(forward.missing)}`] : []),
        ...(backward.missing.length > 0 ? [`- ${program.name}, not in ours: ${text(backward.missing)}`] : []),
        ...[...theirs.otherNames].sort((a, b) => b[1] - a[1]).slice(0, 3).map(([names, frames]) => `- ${program.name}, perf's name is ${names} (${frames} frames)`),
      ],
    };
  } finally {
    child.kill('SIGKILL');
  }
}

/** @param seconds of each program @returns Markdown */
export async function measureStacks(seconds: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'accuracy-'));
  const files = new ObjectFiles();
  const { programs, absent } = stockPrograms();
  const measured: Measured[] = [];
  try {
    for (const program of programs) {
      console.error(`  ${program.name}`);
      measured.push(await measure(program, seconds, folder, files));
    }
  } finally {
    files.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return [
    `${seconds} s each at ${FREQUENCY} Hz, from the first sample after attaching.`,
    '',
    markdownTable(['program', 'samples', 'complete (goal 99.5 %)', 'outermost frame is an entry', "perf dwarf's", 'what broke, in which module'], measured.map(({ complete }) => complete)),
    '',
    markdownTable(
      ['program', 'our caller edges', "found in perf's", 'beyond noise (goal 99 %)', "perf's edges", 'found in ours', 'beyond noise (goal 99 %)', 'same names'],
      measured.map(({ edges }) => edges),
    ),
    '',
    ...measured.flatMap(({ notes }) => notes),
    ...absent.map((name) => `- ${name} is not installed: not measured`),
  ].join('\n');
}
