// SPDX-License-Identifier: Apache-2.0
/**
 * Comparing two recordings of 100,000 stacks and a million samples each, after they were opened: the verdicts of all
 * functions, and the tree of both sides. Goal: verdicts in 300 ms.
 *
 *     node bench/comparing.ts [stacks] [samples]
 */
import { compare } from '../profile/comparison/comparison.ts';
import { DifferenceTree } from '../profile/comparison/difference-tree.ts';
import { seededRandom } from '../profile/comparison/distributions.ts';
import { runOf, type Run } from '../profile/comparison/sides.ts';
import { SampleKind } from '../profile/schema.ts';
import { createTables } from '../profile/tables.ts';
import { NONE } from '../profile/units.ts';
import { againstGoal, median, printTable } from './table.ts';

const FUNCTIONS = 4_000;
const DEPTH = 30;
const SECONDS = 60;
const GOAL_MILLISECONDS = 300;
const ROUNDS = 7;

/** Stacks that leave older ones somewhere on their way, and samples spread over a minute. */
function recording(seed: number, stacks: number, samples: number): Run {
  const random = seededRandom(seed);
  const tables = createTables();
  const { strings, functions, frames, symbols } = tables;
  for (let row = 0; row < FUNCTIONS; row++) {
    const name = strings.append({ text: `namespace_${row % 37}::function_${row.toString(36)}` });
    functions.append({ name, module: NONE, file: 0, line: 0 });
    frames.append({ module: NONE, offset: row * 64, category: 0 });
    symbols.append({ frame: row, depth: 0, function: row, file: 0, line: 0 });
  }
  const depths: number[] = [];
  const leaves: number[] = [];
  for (let stack = 0; stack < stacks; stack++) {
    let at = stack === 0 ? NONE : leaves[Math.floor(random() * stack)]!;
    const depth = Math.max(4, Math.round(DEPTH + (random() + random() - 1) * 20));
    const keep = Math.floor(depth * Math.sqrt(random()));
    while (at !== NONE && depths[at]! > keep) at = tables.stacks.columns.prefix[at]!;
    for (let made = at === NONE ? 0 : depths[at]!; made < depth; made++) {
      at = tables.stacks.append({ prefix: at, frame: Math.floor(random() ** 3 * FUNCTIONS), end: 0 });
      depths[at] = made + 1;
    }
    leaves.push(at);
  }
  tables.processes.append({ tgid: 1, parent: NONE, name: 0, start: 0 });
  tables.threads.append({ process: 0, tid: 1, name: 0 });
  for (let sample = 0; sample < samples; sample++) {
    const slice = Math.floor((sample * SECONDS * 50) / samples);
    tables.samples.append({ slice, thread: 0, stack: leaves[Math.floor(random() ** 2 * stacks)]!, kind: SampleKind.onCpu, weight: 1 });
  }
  return runOf(tables, { question: 'on-cpu', frequencyHz: 99, durationNs: SECONDS * 1e9, label: `seed ${seed}`, host: 'host', kernel: '' });
}

/** `cpu`: milliseconds of CPU time, which other work on the computer does not lengthen as it does the wall clock's. */
function timed<T>(work: () => T): { value: T; milliseconds: number; cpu: number } {
  const began = performance.now();
  const before = process.cpuUsage();
  const value = work();
  const { user, system } = process.cpuUsage(before);
  return { value, milliseconds: performance.now() - began, cpu: (user + system) / 1000 };
}

const stacks = Number(process.argv[2] ?? 100_000);
const samples = Number(process.argv[3] ?? 1_000_000);
const [a, b] = [{ runs: [recording(1, stacks, samples)] }, { runs: [recording(2, stacks, samples)] }];
const verdicts: number[] = [];
const trees: number[] = [];
const cpu = { verdicts: [] as number[], trees: [] as number[] };
for (let round = 0; round < ROUNDS; round++) {
  const { value, ...verdict } = timed(() => compare(a, b));
  const tree = timed(() => new DifferenceTree(a, b, value));
  verdicts.push(verdict.milliseconds);
  trees.push(tree.milliseconds);
  cpu.verdicts.push(verdict.cpu);
  cpu.trees.push(tree.cpu);
}
printTable(`${stacks.toLocaleString('en')} stacks, ${samples.toLocaleString('en')} samples, ${FUNCTIONS.toLocaleString('en')} functions a side; ms, median of ${ROUNDS}`, ['', 'first', 'CPU time', 'median'], [
  ['verdicts of all functions', verdicts[0]!.toFixed(0), median(cpu.verdicts).toFixed(0), againstGoal(median(verdicts), GOAL_MILLISECONDS, 0)],
  ['tree of both sides', trees[0]!.toFixed(0), median(cpu.trees).toFixed(0), median(trees).toFixed(0)],
]);
