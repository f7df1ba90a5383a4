// SPDX-License-Identifier: Apache-2.0
/** The functions and lines of a Python program in its stacks, as the program's own clock and source say. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli, samplingObstacle } from '../../main/cli/testing.ts';
import { interpreters, type Interpreter } from './interpreters.ts';
import { countBy, read, type Sampled } from './recorded.ts';

const obstacle = samplingObstacle();
if (obstacle) console.log(`test/python/frames: skipped, ${obstacle}`);
const program = resolve(import.meta.dirname, '../programs/run-time/known.py');
const folder = mkdtempSync(join(tmpdir(), 'emberscope-python-'));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** Of CPU time: above 400 Hz there is an event per thread, whatever else is recorded at the time. */
const FREQUENCY = 999;
let count = 0;

async function record(...args: string[]): Promise<Sampled[]> {
  const file = join(folder, `${++count}.ember`);
  const { code, errors } = await runCli(['record', '--frequency', String(FREQUENCY), '--output', file, ...args], { XDG_STATE_HOME: join(folder, 'state') });
  expect(code, errors).toBe(0);
  return read(file, 'known.py', join(folder, 'state'));
}

async function recordRunning(path: string): Promise<Sampled[]> {
  const child = spawn(path, [program, 'shares', '3.5'], { stdio: 'ignore' });
  children.push(child);
  await once(child, 'spawn');
  await new Promise((done) => setTimeout(done, 500));
  return record('--pid', String(child.pid));
}

/** By what is done to the interpreter, longest first. */
const ways = {
  running: recordRunning,
  launched: (path) => record('--', path, program, 'shares', '2'),
  threads: (path) => record('--', path, program, 'threads', '2'),
  whole: (path) => record('--stack-depth', '1023', '--', path, program, 'deep', '1'),
  cut: (path) => record('--', path, program, 'deep', '1.5'),
  forked: (path) => record('--', path, program, 'fork', '1.5'),
  namespace: (path) => record('--', 'unshare', '--pid', '--fork', '--mount-proc', path, program, 'shares', '1'),
} as const satisfies Record<string, (path: string) => Promise<Sampled[]>>;
type Way = keyof typeof ways;

/** Two at a time: each keeps one CPU busy, and what it shows is of its own CPU time. */
async function recordAll(path: string): Promise<Record<Way, Sampled[]>> {
  const waiting = Object.keys(ways) as Way[];
  const recorded: Partial<Record<Way, Sampled[]>> = {};
  const work = async (): Promise<void> => {
    for (let way = waiting.shift(); way; way = waiting.shift()) recorded[way] = await ways[way](path);
  };
  await Promise.all([work(), work()]);
  return recorded as Record<Way, Sampled[]>;
}

const sum = (rows: readonly Sampled[]) => rows.reduce((all, { samples }) => all + samples, 0);
/** What begins or ends an interpreter, and the moments between two functions. */
const burning = (rows: readonly Sampled[]) => rows.filter(({ chain }) => chain.endsWith(';burn') || chain === 'burn');

/** Line of the source that is marked so. */
function lineOf(mark: string): number {
  const at = readFileSync(program, 'utf8').split('\n').findIndex((line) => line.endsWith(`# line: ${mark}`));
  expect(at, mark).toBeGreaterThan(0);
  return at + 1;
}

/** Chain -> percent of all burning. Since 3.12, a comprehension is a part of its function. */
function expectedShares({ version }: Interpreter): Record<string, number> {
  const comprehension = version === '3.11' ? 'comprehend;comprehend.<locals>.<listcomp>' : 'comprehend';
  return {
    plain: 25,
    'nested;nested.<locals>.inside': 20,
    'Shop.sell': 10,
    'by_key;key_of': 15,
    'consume;produce': 10,
    [comprehension]: 10,
    'recurse;recurse;recurse;recurse': 5,
    fail: 5,
  };
}

function expectShares(rows: readonly Sampled[], interpreter: Interpreter): void {
  const all = sum(burning(rows));
  expect(all).toBeGreaterThan(FREQUENCY / 2);
  const seen = countBy(burning(rows), ({ chain }) => chain);
  const expected = Object.entries(expectedShares(interpreter));
  const known = expected.map(([functions]) => `<module>;main;shares;${functions};burn`);
  // Every sample is in one of them, but for one in a thousand that may meet a call being made.
  const strange = [...seen].filter(([chain]) => !known.includes(chain));
  expect(strange.reduce((others, [, samples]) => others + samples, 0), JSON.stringify(strange)).toBeLessThanOrEqual(all / 1000 + 1);
  expected.forEach(([functions, percent], i) => {
    const share = percent / 100;
    const noise = Math.max(0.03, 4 * Math.sqrt((share * (1 - share)) / all));
    expect(Math.abs((seen.get(known[i]!) ?? 0) / all - share), functions).toBeLessThan(noise);
  });
}

describe.skipIf(obstacle)('frames of a Python program', () => {
  for (const interpreter of interpreters()) {
    const { path, version } = interpreter;
    describe(`${version}: ${path}`, () => {
      let recorded: Record<Way, Sampled[]>;
      beforeAll(async () => {
        recorded = await recordAll(path);
      });

      test('are there in full, at their lines, in their shares, when it is launched', () => {
        const shares = recorded.launched;
        expectShares(shares, interpreter);
        const plain = burning(shares).filter(({ chain }) => chain === '<module>;main;shares;plain;burn');
        const lines = countBy(plain, ({ lines }) => lines.slice(2, 4).join(' '));
        expect([...lines.keys()]).toEqual([`${lineOf('shares')} ${lineOf('plain')}`]);
        const nested = burning(shares).filter(({ chain }) => chain.includes('nested.<locals>.inside'));
        expect(new Set(nested.map(({ lines }) => lines[3]))).toEqual(new Set([lineOf('nested')]));
        // Nearly all of its time is the inner loop's.
        const hot = sum(burning(shares).filter(({ lines }) => Math.abs(lines.at(-1)! - lineOf('burn')) <= 1));
        expect(hot / sum(burning(shares))).toBeGreaterThan(0.8);
      });

      test('stand between the interpreter and what called it', () => {
        const sorted = burning(recorded.launched).filter(({ chain }) => chain.includes('by_key'));
        expect(sorted.length).toBeGreaterThan(0);
        for (const { all } of sorted) {
          const place = (name: string) => all.indexOf(name);
          const sort = all.findIndex((name) => name.startsWith('list_sort'));
          // C calls Python calls C calls Python: each by its own call of the interpreter.
          expect(place('_PyEval_EvalFrameDefault'), all.join(';')).toBe(place('by_key') + 1);
          expect(all.lastIndexOf('_PyEval_EvalFrameDefault')).toBe(place('burn') + 1);
          expect(place('PyEval_EvalCode')).toBeLessThan(place('<module>'));
          expect(sort).toBeGreaterThan(place('by_key'));
          expect(place('key_of')).toBeGreaterThan(sort);
        }
      });

      test('are there when it was running before', () => {
        expectShares(recorded.running, interpreter);
      });

      test('are each thread’s own', () => {
        const rows = burning(recorded.threads);
        const functions = new Map<number, Set<string>>();
        for (const { tid, chain } of rows) functions.set(tid, (functions.get(tid) ?? new Set()).add(chain));
        expect([...functions.values()].map((chains) => [...chains].join(' ')).sort()).toEqual(['work_one;burn', 'work_one;burn', 'work_two;burn', 'work_two;burn']);
        const one = sum(rows.filter(({ chain }) => chain === 'work_one;burn')) / sum(rows);
        expect(Math.abs(one - 0.5)).toBeLessThan(0.1);
      });

      test('go on in a forked child', () => {
        const rows = burning(recorded.forked);
        expect(sum(rows)).toBeGreaterThan(FREQUENCY / 2);
        const chains = countBy(rows, ({ chain }) => chain);
        expect([...chains.keys()][0]).toBe('<module>;main;fork;child;burn');
        expect(chains.get('<module>;main;fork;child;burn')! / sum(rows)).toBeGreaterThan(0.998);
        expect(rows[0]!.all).toEqual(expect.arrayContaining(['BaseProcess.start', 'Popen._launch', 'BaseProcess._bootstrap']));
      });

      test('are there in a pid namespace, where the thread has another number', () => {
        const rows = burning(recorded.namespace);
        expect(sum(rows)).toBeGreaterThan(FREQUENCY / 4);
        expect(rows.every(({ chain }) => chain.startsWith('<module>;main;shares;'))).toBe(true);
      });

      test('are as many as there are, down to the depth that was asked for', () => {
        const whole = burning(recorded.whole);
        expect([...countBy(whole, ({ chain }) => chain).keys()]).toEqual([`<module>;main;deep;${'down;'.repeat(301)}burn`]);
        const cut = burning(recorded.cut);
        expect(sum(cut)).toBeGreaterThan(FREQUENCY / 2);
        for (const { chain, all } of cut) {
          // And what the kernel was doing.
          expect(all.length).toBeGreaterThanOrEqual(127);
          expect(chain.split(';').length).toBeGreaterThan(100);
          expect(chain).toMatch(/^(down;)+burn$/);
        }
      });
    });
  }
});
