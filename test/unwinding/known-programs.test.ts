// SPDX-License-Identifier: Apache-2.0
/** Programs without frame pointers whose stacks are known (test/programs/stock), through the command line. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { samplingObstacle } from '../../main/cli/testing.ts';
import { StackEnd } from '../../profile/schema.ts';
import { SLICE_NANOSECONDS } from '../../profile/units.ts';
import { chainOf, chainsOf, judge, type Expected } from './chains.ts';
import { brokenPlaces, readRecording, record, weightOf, type Recorded, type RecordedStack } from './recorded-stacks.ts';

const COMPILERS = ['gcc', 'clang'];
const FREQUENCY = 1999;
const SLICES_A_SECOND = 1e9 / SLICE_NANOSECONDS;
/** There are more programs than CPUs: who records them must not wait for them. */
const NICE = ['-n', '19'];
const POINTS = 0.03;
/** Where there are so few samples that chance alone may exceed three points. */
const STANDARD_DEVIATIONS = 4;
const COMPLETE = 0.995;
const STORM_FREQUENCY = 399;
/** Milliseconds of a new program's CPU time without a way to walk its stack; 2 on an idle machine. */
const MAPPED_WITHIN = 8;
/** Of loops between the functions that are known, and of what libc does now and then. */
const STRANGERS = 0.005;
/** Samples that may be broken or strange however few there are. */
const FEW = 2;
/** Seconds. Unwind tables need a moment of CPU time, and there are more busy threads than CPUs here. */
const SETTLED = 3;

/** From the entry of the program to main. */
const TO_MAIN = '_start;<libc>;main';
const below = (...chain: string[]): string => [TO_MAIN, ...chain].join(';');
/** A chain below main: `rest` is a pattern. */
const fits = (rest: string): RegExp => new RegExp(`^${TO_MAIN};${rest}$`);

const calls: Expected = [
  [below('serve', 'large_frame'), 0.1],
  [below('serve', 'large_frame', 'bottom'), 0.2],
  [below('serve', 'variable_frame'), 0.1],
  [below('serve', 'variable_frame', 'bottom'), 0.1],
  [below('serve', 'aligned_frame'), 0.1],
  [below('serve', 'aligned_frame', 'bottom'), 0.2],
  [below('serve', 'many_arguments'), 0.2],
];
const signals: Expected = [
  [fits('interrupted(;step)?'), null],
  [fits('interrupted(;step)?;<libc>;on_signal(;handle)?'), null],
];

/** Program and its arguments -> where its time must be. */
const attached: Readonly<Record<string, Expected>> = {
  calls,
  'calls-nonpie': calls,
  'calls-static': calls,
  'calls-static-pie': calls,
  signals,
  'signals alternate': signals,
  'recursion 100': [[below(...Array<string>(100).fill('descend'), 'reach_bottom'), 1]],
  jumps: [
    [below('first'), 0.2],
    [below('second'), 0.2],
    [below('third'), 0.2],
    [below('last_call', 'never_returns'), 0.4],
  ],
  clock: [[fits('read_clock(;<unnamed>|(;<libc>)?(;<vdso>)?)'), 1]],
  plt: [[fits('through_table(;nothing|;<unnamed>)?'), 1]],
  plug: [
    [below('run_plugged', 'plugged', 'plugged_leaf'), 0.5],
    [below('alone'), 0.5],
    [fits('run_plugged;<libc>'), null],
  ],
  coroutine: [
    [below('outside'), 0.5],
    ['<libc>;inside;inside_leaf', 0.5],
  ],
  'threads 3': [
    [below('turn'), 0.25],
    ['<libc>;run;turn', 0.75],
  ],
  templates: [
    [below('run_inlined'), null],
    [fits('sort_names.*'), null],
    [fits('catch_again.*'), null],
  ],
};

const obstacle = samplingObstacle();
const folder = mkdtempSync(join(tmpdir(), 'unwinding-'));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const program = (name: string, compiler: string): string => `build/programs/stock-${name}${compiler && `-${compiler}`}`;

function start(words: string, compiler: string): ChildProcess {
  const [name = '', ...args] = words.split(' ');
  if (name === 'plug') args.push(`${program('library', compiler)}.so`);
  const child = spawn('nice', [...NICE, program(name, compiler), ...args], { stdio: 'ignore' });
  children.push(child);
  return child;
}

interface Together {
  recorded: Recorded;
  /** The stacks of one of them. */
  of: (words: string) => RecordedStack[];
}

/** All of them at the same time, under one recording. */
async function recordTogether(words: readonly string[], compiler: string, seconds: number, { settled = SETTLED, more = [] as string[] } = {}): Promise<Together> {
  const started = words.map((each) => start(each, compiler));
  try {
    await delay(300);
    const file = join(folder, `${words[0]!.replaceAll(' ', '-')}-${compiler}.ember`);
    const pids = started.map(({ pid }) => pid).join(',');
    await record(file, ['--pid', pids, '--frequency', `${FREQUENCY}`, '--seconds', `${seconds}`, ...more], folder);
    const recorded = await readRecording(file, folder, settled * SLICES_A_SECOND);
    return { recorded, of: (name) => recorded.stacks.filter(({ tgid }) => tgid === started[words.indexOf(name)]!.pid) };
  } finally {
    for (const child of started) child.kill('SIGKILL');
  }
}

const shown = (chains: ReadonlyMap<string, number>): string => [...chains].slice(0, 8).map(([chain, weight]) => `\n  ${weight}  ${chain}`).join('');

function expectComplete(stacks: readonly RecordedStack[]): void {
  const walked = stacks.filter(({ end }) => end !== null);
  const broken = walked.filter(({ end }) => end !== StackEnd.outermost);
  const most = Math.max((1 - COMPLETE) * weightOf(walked), FEW);
  expect(weightOf(broken), `of ${weightOf(walked)}; ${brokenPlaces(stacks).join(', ')}:${shown(chainsOf(broken))}`).toBeLessThanOrEqual(most);
}

/** Without those that went astray while libgcc made its caller's registers its own: then its frame is the caller's in
 * part, and perf goes astray there as well. */
function withoutChanging(stacks: readonly RecordedStack[]): RecordedStack[] {
  return stacks.filter((stack) => !/^(?!_start;)(.*;)?_Unwind_(Resume|RaiseException)(;[^;]*)?$/.test(chainOf(stack)));
}

function expectChains(stacks: readonly RecordedStack[], expected: Expected): void {
  const { counts, strangers, samples } = judge(stacks, expected);
  const strange = [...strangers.values()].reduce((sum, weight) => sum + weight, 0);
  expect(samples).toBeGreaterThan(100);
  expect.soft(strange, `unexpected, of ${samples}:${shown(strangers)}`).toBeLessThanOrEqual(Math.max(STRANGERS * samples, FEW));
  expected.forEach(([chain, share], row) => {
    const seen = counts[row]! / samples;
    if (share === null) return;
    const chance = STANDARD_DEVIATIONS * Math.sqrt((share * (1 - share)) / samples);
    expect.soft(Math.abs(seen - share), `${String(chain)}: ${seen.toFixed(3)} seen, ${share} designed`).toBeLessThanOrEqual(Math.max(POINTS, chance));
  });
}

function suite(compiler: string): void {
  let together: Together;
  beforeAll(async () => {
    together = await recordTogether([...Object.keys(attached), 'no-cfi'], compiler, 11);
  });

  for (const [words, expected] of Object.entries(attached)) {
    test(`${words}: complete, and as designed`, () => {
      const stacks = withoutChanging(together.of(words));
      expectComplete(stacks);
      expectChains(stacks, expected);
    });
  }

  test('a handler runs inside of what it interrupted, wherever that was', () => {
    for (const words of ['signals', 'signals alternate']) {
      const { counts, samples } = judge(together.of(words), [[/;<libc>;on_signal;handle$/, null], [/;step;<libc>;on_signal;handle$/, null]]);
      expect(counts[0]! + counts[1]!).toBeGreaterThan(samples / 10);
    }
  });

  test('exceptions are complete while libgcc unwinds them itself', () => {
    const { counts } = judge(together.of('templates'), [[/;catch_again(;descend[^;]*){4};__cxa_throw;_Unwind_RaiseException/, null]]);
    expect(counts[0]).toBeGreaterThan(10);
  });

  test('code without unwind information ends its stack, and is named as the reason', () => {
    const stacks = together.of('no-cfi');
    const inside = stacks.filter(({ frames }) => frames.some(({ name }) => name === 'hand_written'));
    const outside = stacks.filter((stack) => !inside.includes(stack));
    expectComplete(outside);
    expect(weightOf(inside)).toBeGreaterThan(weightOf(stacks) / 4);
    for (const { end, weight } of inside) {
      if (weight > 2) expect(end).toBe(StackEnd.noRow);
    }
    const { brokenIn } = together.recorded.summary.stacks;
    const named = brokenIn.find(({ module, end }) => end === 'noRow' && module?.endsWith(`stock-no-cfi-${compiler}`));
    expect(named?.samples).toBeGreaterThan(0.99 * weightOf(inside));
  });

  test('deep recursion: whole up to 1,023 frames, and cut there', async () => {
    const { of } = await recordTogether(['recursion 200', 'recursion 900', 'recursion 5000'], compiler, 5, { more: ['--stack-depth', '1023'] });
    for (const depth of [200, 900]) {
      const stacks = of(`recursion ${depth}`);
      expectComplete(stacks);
      expectChains(stacks, [[below(...Array<string>(depth).fill('descend'), 'reach_bottom'), 1]]);
    }
    const stacks = of('recursion 5000');
    expect(weightOf(stacks.filter(({ end }) => end === StackEnd.depthLimit)) / weightOf(stacks)).toBeGreaterThan(COMPLETE);
    expectChains(stacks, [
      [[...Array<string>(1022).fill('descend'), 'reach_bottom'].join(';'), 1],
      [Array<string>(1023).fill('descend').join(';'), null],
    ]);
  });

  test('from the first sample on, where there is CPU time for it', async () => {
    const child = start('calls', compiler);
    await delay(300);
    const file = join(folder, `first-${compiler}.ember`);
    await record(file, ['--pid', `${child.pid}`, '--frequency', `${FREQUENCY}`, '--seconds', '2'], folder);
    child.kill('SIGKILL');
    expectComplete((await readRecording(file, folder)).stacks);
  });

  test('65 threads', async () => {
    const { of } = await recordTogether(['threads 64'], compiler, 8, { settled: 5 });
    const stacks = of('threads 64');
    expectComplete(stacks);
    expectChains(stacks, [
      [below('turn'), 1 / 65],
      ['<libc>;run;turn', 64 / 65],
    ]);
  });
}

/** The stacks of a storm's children, all of them or only the settled ones. */
type Children = (from: number) => Promise<RecordedStack[]>;

async function storm(compiler: string, kind: string, count: number, steps: number): Promise<Children> {
  const file = join(folder, `${kind}-${compiler}.ember`);
  // At a frequency up to 400 Hz no child is too short-lived to be seen.
  const args = ['--frequency', `${STORM_FREQUENCY}`, '--', 'nice', ...NICE, program('storm', compiler), kind, `${count}`, `${steps}`];
  await record(file, args, folder);
  return async (from) => {
    const { stacks } = await readRecording(file, folder, from * SLICES_A_SECOND);
    return stacks.filter(({ frames }) => frames.some(({ name }) => name === 'child_work'));
  };
}

/** One child at a time keeps one CPU busy: both compilers' programs run beside each other. */
function storms(kind: string, count: number, steps: number, check: (children: Children) => Promise<void>): void {
  let recorded: readonly Children[];
  beforeAll(async () => {
    recorded = await Promise.all(COMPILERS.map((compiler) => storm(compiler, kind, count, steps)));
  });
  test.each(COMPILERS.map((compiler, at) => [compiler, at] as const))('by %s', (_, at) => check(recorded[at]!));
}

for (const compiler of COMPILERS) {
  const name = `programs by ${compiler}, without frame pointers`;
  if (obstacle === null) describe(name, () => suite(compiler));
  else test(name, ({ skip }) => skip(obstacle));
}

describe.skipIf(obstacle !== null)('a storm of 1,000 processes that fork: each as its parent', () => {
  // Some 8 ms each on a quick machine: a storm must outlast what is left out at its beginning.
  storms('fork', 1000, 9_000_000, async (children) => {
    const stacks = await children(SETTLED);
    expect(new Set(stacks.map(({ tgid }) => tgid)).size).toBeGreaterThan(150);
    expectComplete(stacks);
    expectChains(stacks, [[below('storm', 'child_work'), 1]]);
  });
});

describe.skipIf(obstacle !== null)('a storm of 400 processes that exec: each has its mappings within milliseconds', () => {
  const count = 400;
  storms('exec', count, 14_000_000, async (children) => {
    const early = weightOf((await children(0)).filter(({ end }) => end === StackEnd.noMapping));
    const milliseconds = (early / STORM_FREQUENCY / count) * 1000;
    expect(milliseconds).toBeLessThan(MAPPED_WITHIN);
    const mapped = (await children(SETTLED)).filter(({ end }) => end !== StackEnd.noMapping);
    expectComplete(mapped);
    expectChains(mapped, [[below('child_work'), 1]]);
  });
});

test('a program in Rust: complete, and as designed', async ({ skip }) => {
  if (obstacle !== null) return skip(obstacle);
  if (!existsSync(program('crab', ''))) return skip('rustc is not installed');
  const { of } = await recordTogether(['crab'], '', 6);
  const stacks = of('crab');
  const whole = withoutChanging(stacks);
  expect(weightOf(whole) / weightOf(stacks)).toBeGreaterThan(0.9);
  expectComplete(whole);
  expectChains(whole, [
    [/;crab::main;(<crab::Crab as crab::Animal>::climb;){3}crab::pinch$/, null],
    [/;crab::main;.*_Unwind_/, null],
    [/;crab::(main|catch_again)(;.*)?$/, null],
  ]);
});
