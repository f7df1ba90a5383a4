// SPDX-License-Identifier: Apache-2.0
/**
 * Comparing two recordings of 100,000 stacks and a million samples each: the verdicts of all functions, and the picture of both
 * sides' tree, against Google's pprof with the same two profiles. The stacks of the two have nothing but their outermost frames
 * in common, which is the most that there can be to do.
 *
 * What a recording's functions weigh hangs on nothing else, and is counted once, when its rows have come: the window does it
 * while the other side is chosen and opened. Goal: 300 ms of CPU time for verdicts and picture of two that are counted. What a
 * comparison takes that has to count both, too, is told beside it.
 *
 *     node bench/comparing.ts [stacks] [samples]
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toPprof } from '../formats/write/pprof.ts';
import type { RecordingId } from '../ipc/contract.ts';
import { compare } from '../profile/comparison/comparison.ts';
import { CountedRuns } from '../profile/comparison/counted-runs.ts';
import { sureOf } from '../profile/comparison/difference-colours.ts';
import { DifferenceTree, type DifferenceTreeOptions, type Width } from '../profile/comparison/difference-tree.ts';
import { runOf, type Run } from '../profile/comparison/sides.ts';
import { createTables, rowCounts, segmentsSince } from '../profile/tables.ts';
import type { ComparedRun, DifferenceView } from '../renderer/worker/compare-protocol.ts';
import { differencePicture } from '../renderer/worker/difference-picture.ts';
import { Replica } from '../renderer/worker/replica.ts';
import { ShownComparison } from '../renderer/worker/shown-comparison.ts';
import { ShownLatencies } from '../renderer/worker/shown-latencies.ts';
import type { Post } from '../renderer/worker/shown-recording.ts';
import { deepStacks, FUNCTIONS, SECONDS } from './deep-stacks.ts';
import { againstGoal, median, printTable } from './table.ts';

const GOAL_MILLISECONDS = 300;
const ROUNDS = 7;
/** pprof takes several seconds. */
const PPROF_ROUNDS = 2;
const GO = '/usr/bin/go';
const VIEW: DifferenceView = { widths: ['b'], inverted: false, width: 1600, zoom: 0, query: '', noise: false };
const COUNTED = 'counting a recording, once, when its rows have come';
const VERDICTS = 'verdicts of all functions of two that are counted';
const PICTURE = 'the picture, 1,600 pixels as wide as B';
const TOGETHER = 'verdicts and picture';
const FIRST = 'the same where both have to be counted first';
const AGAIN = 'verdicts and picture by another normalisation';
const PPROF = 'pprof -top -diff_base';

function recording(seed: number, stacks: number, samples: number): Run {
  return runOf(deepStacks(seed, stacks, samples), { question: 'on-cpu', frequencyHz: 99, durationNs: SECONDS * 1e9, label: `seed ${seed}`, host: 'host', kernel: '' });
}

interface Taken {
  milliseconds: number;
  /** Milliseconds of CPU time, which other work on the computer does not lengthen as it does the wall clock's. */
  cpu: number;
}

function timed<T>(work: () => T): Taken & { value: T } {
  const began = performance.now();
  const before = process.cpuUsage();
  const value = work();
  const { user, system } = process.cpuUsage(before);
  return { value, milliseconds: performance.now() - began, cpu: (user + system) / 1000 };
}

/** From the view that is sent to the worker to the picture that it posts, as the window asks: for the picture when the verdicts
 * came. Milliseconds, of the first comparison and by another normalisation. */
async function untilPicture(replicas: readonly Replica[]): Promise<{ first: number; again: number }> {
  let began = performance.now();
  const runOfReplica = ({ recording }: Replica): ComparedRun => ({ recording, label: `${recording}`, range: null, hiddenThreads: [] });
  const [a, b] = replicas.map(runOfReplica) as [ComparedRun, ComparedRun];
  const replicaOf = (id: RecordingId): Replica | undefined => replicas.find(({ recording }) => recording === id);
  let first: number | null = null;
  return new Promise((drawn) => {
    const post: Post = (message) => {
      if (message.type === 'comparison') setImmediate(() => shown.draw(VIEW));
      if (message.type !== 'differencePictures') return;
      const took = performance.now() - began;
      if (first === null) {
        first = took;
        began = performance.now();
        shown.draw(null);
        return shown.show({ a: [a], b: [b], normalisation: 'duration' });
      }
      shown.end();
      drawn({ first, again: took });
    };
    const shown = new ShownComparison({ a: [a], b: [b], normalisation: 'total' }, replicaOf, post, null, new ShownLatencies(replicaOf, () => [], post, null));
  });
}

function replicaOf({ tables, durationNs, frequencyHz, label }: Run, id: RecordingId): Replica {
  const replica = new Replica(id);
  const state = { kind: 'finished', reason: 'asked', message: '' } as const;
  const settings = { frequency: frequencyHz, children: true, kernelStacks: true };
  replica.info = { id, target: label, question: 'on-cpu', frequencyHz, startedAt: 0, host: 'host', kernel: '', cpus: 4, settings, state, savedAs: null };
  const figures = { durationNs, ledger: { fired: 0, notOurs: 0, stored: 0, lost: 0 }, overhead: { bpfNs: 0, helperCpuNs: 0 } };
  const rows = { id, segments: segmentsSince(tables, rowCounts(createTables())), sliceEnd: SECONDS * 50, figures };
  replica.append(rows, performance.timeOrigin + performance.now());
  return replica;
}

/** Google's pprof, which reads both files, too: milliseconds of CPU time and on the clock. Null: it is not installed. */
function pprof(folder: string, ...args: string[]): Taken | null {
  if (!existsSync(GO)) return null;
  const began = performance.now();
  const command = [GO, 'tool', 'pprof', '-top', '-symbolize=none', '-nodecount=100000', ...args];
  const answer = spawnSync('bash', ['-c', 'TIMEFORMAT="%3U %3S"; time "$@" >/dev/null 2>&1', 'bash', ...command], { encoding: 'utf8', env: { ...process.env, PPROF_BINARY_PATH: join(folder, 'none'), HOME: folder } });
  if (answer.status !== 0) throw new Error(`${command.join(' ')}: ${answer.stderr}`);
  const cpu = answer.stderr.trim().split(' ').reduce((sum, seconds) => sum + Number(seconds) * 1000, 0);
  return { cpu, milliseconds: performance.now() - began };
}

const stacks = Number(process.argv[2] ?? 100_000);
const samples = Number(process.argv[3] ?? 1_000_000);
const [a, b] = [{ runs: [recording(1, stacks, samples)] }, { runs: [recording(2, stacks, samples)] }];
const replicas = [...a.runs, ...b.runs].map(replicaOf);
const folder = mkdtempSync(join(tmpdir(), 'emberscope-bench-comparing-'));
const measured = new Map<string, Record<keyof Taken, number[]>>();
const sum = (...parts: readonly Taken[]): Taken => ({ cpu: parts.reduce((all, { cpu }) => all + cpu, 0), milliseconds: parts.reduce((all, { milliseconds }) => all + milliseconds, 0) });
const take = (what: string, { cpu, milliseconds }: Taken): void => {
  let known = measured.get(what);
  if (!known) measured.set(what, (known = { cpu: [], milliseconds: [] }));
  known.cpu.push(cpu);
  known.milliseconds.push(milliseconds);
};
try {
  const files = [...a.runs, ...b.runs].map(({ tables, label, question, frequencyHz, durationNs, host, kernel }, side) => {
    const file = join(folder, `${'ab'[side]!}.pb`);
    writeFileSync(file, toPprof(tables, { target: label, question, frequencyHz, startedAt: 0, durationNs, host, kernel }));
    return file;
  }) as [string, string];
  for (let round = 0; round < ROUNDS; round++) {
    const counted = new CountedRuns();
    const one = timed(() => counted.of(a.runs));
    const other = timed(() => counted.of([...a.runs, ...b.runs]));
    const { value: comparison, ...verdicts } = timed(() => compare(a, b, { counted }));
    const draw = (options: DifferenceTreeOptions, widths: Width, of = comparison) =>
      timed(() => differencePicture(new DifferenceTree(of, options), sureOf(of), { ...VIEW, inverted: options.inverted ?? false }, widths, VIEW.width, 1));
    const picture = draw({}, 'b');
    for (const each of [one, other]) take(COUNTED, each);
    take(VERDICTS, verdicts);
    take(PICTURE, picture);
    take(TOGETHER, sum(verdicts, picture));
    take(FIRST, sum(one, other, verdicts, picture));
    const { value: again, ...verdictsAgain } = timed(() => compare(a, b, { counted, normalisation: 'duration' }));
    take(AGAIN, sum(verdictsAgain, draw({}, 'b', again)));
    take('the picture as wide as the larger side', draw({}, 'larger'));
    take('the picture inverted', draw({ inverted: true }, 'b'));
    const { first, again: anew } = await untilPicture(replicas);
    take('the worker, from being asked to the first picture, counting both', { cpu: NaN, milliseconds: first });
    take('the worker, from another normalisation to its picture', { cpu: NaN, milliseconds: anew });
    if (round >= PPROF_ROUNDS) continue;
    const theirs = pprof(folder, '-diff_base', files[0], files[1]);
    if (theirs) take(PPROF, theirs);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
printTable(
  `${stacks.toLocaleString('en')} stacks, ${samples.toLocaleString('en')} samples, ${FUNCTIONS.toLocaleString('en')} functions a side; ms, median of ${ROUNDS}`,
  ['', 'first', 'CPU time', 'on the clock'],
  [...measured].map(([what, { cpu, milliseconds }]) => [
    what,
    milliseconds[0]!.toFixed(0),
    Number.isNaN(cpu[0]) ? '' : what === TOGETHER ? againstGoal(median(cpu), GOAL_MILLISECONDS, 0) : median(cpu).toFixed(0),
    median(milliseconds).toFixed(0),
  ]),
);
const theirs = measured.get(PPROF);
const ratio = (of: keyof Taken): string => (median(theirs![of]) / median(measured.get(FIRST)![of])).toFixed(1);
console.log(theirs ? `\npprof takes ${ratio('cpu')} x the CPU time of a first comparison, ${ratio('milliseconds')} x on the clock; reading is in it.` : "\nskipped: Go's pprof (golang-go) is not installed");
