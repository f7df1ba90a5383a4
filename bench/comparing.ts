// SPDX-License-Identifier: Apache-2.0
/**
 * Comparing two recordings of 100,000 stacks and a million samples each, after they were opened: the verdicts of all
 * functions, and the tree of both sides. Goal: verdicts in 300 ms.
 *
 *     node bench/comparing.ts [stacks] [samples]
 */
import { compare } from '../profile/comparison/comparison.ts';
import { DifferenceTree } from '../profile/comparison/difference-tree.ts';
import { runOf, type Run } from '../profile/comparison/sides.ts';
import { deepStacks, FUNCTIONS, SECONDS } from './deep-stacks.ts';
import { againstGoal, median, printTable } from './table.ts';

const GOAL_MILLISECONDS = 300;
const ROUNDS = 7;

function recording(seed: number, stacks: number, samples: number): Run {
  return runOf(deepStacks(seed, stacks, samples), { question: 'on-cpu', frequencyHz: 99, durationNs: SECONDS * 1e9, label: `seed ${seed}`, host: 'host', kernel: '' });
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
  const tree = timed(() => new DifferenceTree(value));
  verdicts.push(verdict.milliseconds);
  trees.push(tree.milliseconds);
  cpu.verdicts.push(verdict.cpu);
  cpu.trees.push(tree.cpu);
}
printTable(`${stacks.toLocaleString('en')} stacks, ${samples.toLocaleString('en')} samples, ${FUNCTIONS.toLocaleString('en')} functions a side; ms, median of ${ROUNDS}`, ['', 'first', 'CPU time', 'median'], [
  ['verdicts of all functions', verdicts[0]!.toFixed(0), median(cpu.verdicts).toFixed(0), againstGoal(median(verdicts), GOAL_MILLISECONDS, 0)],
  ['tree of both sides', trees[0]!.toFixed(0), median(cpu.trees).toFixed(0), median(trees).toFixed(0)],
]);
