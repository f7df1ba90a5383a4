// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { profileFromText } from '../testing.ts';
import { compare, type Comparison, type FunctionDifference } from './comparison.ts';
import { onlyThreads, runOf, type Run, type Side } from './sides.ts';
import { asRun, drawProgram, inlinedAway, ofOneRun, record, recordWhole, slowed, trueShares, without, type Program } from './testing.ts';

const side = (text: string): Side => ({ runs: [asRun(profileFromText(text))] });
const named = ({ functions }: Comparison, name: string): FunctionDifference => functions.find((each) => each.name === name)!;
const isSure = ({ total }: FunctionDifference): boolean => total.verdict !== 'unchanged' && total.verdict !== 'unclear';

describe('shares', () => {
  test('are of each side’s own total, recursion once', () => {
    const found = compare(side('main;f;f;g 30\nmain;h 70'), side('main;f;g 40\nmain;h 160'));
    expect(named(found, 'f').total).toMatchObject({ a: 30, b: 20, delta: -10 });
    expect(named(found, 'f').self).toMatchObject({ a: 0, b: 0 });
    expect(named(found, 'g').self).toMatchObject({ a: 30, b: 20 });
    expect(named(found, 'main').total).toMatchObject({ a: 100, b: 100 });
  });

  test('by the other normalisations are in percent of A’s total, the rate divided out', () => {
    const a = { runs: [asRun(profileFromText('main;f 100\nmain;g 100'), { seconds: 10, frequencyHz: 99 })] };
    const b = { runs: [asRun(profileFromText('main;f 400\nmain;g 100'), { seconds: 20, frequencyHz: 198 })] };
    const shares = (normalisation: 'none' | 'duration' | 'total') => {
      const found = compare(a, b, { normalisation });
      return [named(found, 'f').total.b, named(found, 'g').total.b, found.all.b].map((share) => Math.round(share * 100) / 100);
    };
    // Twice the rate halves what a sample stands for; twice the time halves it again by duration.
    expect(shares('none')).toEqual([100, 25, 125]);
    expect(shares('duration')).toEqual([50, 12.5, 62.5]);
    expect(shares('total')).toEqual([80, 20, 100]);
    expect(() => compare(a, b, { normalisation: 'cpu' })).toThrow('no CPU times');
  });

  test('are matched by name and module, across builds', () => {
    const found = compare(side('main;parse.constprop.0;libz.so.1.2+0x10 50\nmain 50'), side('main;parse.isra.1;libz.so.1.3+0x90 50\nmain 50'));
    expect(found.functions.map(({ name, total }) => [name, total.a, total.b])).toEqual(
      expect.arrayContaining([['parse', 50, 50], ['libz.so (no name)', 50, 50]]),
    );
  });
});

describe('verdicts', () => {
  const lines = (counts: Record<string, number>): string => Object.entries(counts).map(([stack, count]) => `${stack} ${count}`).join('\n');

  test('of the same samples: everything unchanged, and said so', () => {
    const run = record(drawProgram(1, { share: 0.1 }), { seed: 1, seconds: 10 });
    const found = compare({ runs: [run] }, { runs: [run] });
    expect(found.isSame).toBe(true);
    expect(found.notes[0]).toBe('Both sides hold the same samples: nothing changed.');
    expect(found.functions.every(({ total, self }) => total.verdict === 'unchanged' && self.verdict === 'unchanged')).toBe(true);
    expect(found.functions.every(({ total }) => total.low === 0 && total.high === 0)).toBe(true);
  });

  test('a run that stands twice on a side is refused, and a copy of one is told', () => {
    const [first, second, third] = [1, 2, 3].map((seed) => record(drawProgram(1, { share: 0.1 }), { seed, seconds: 10 })) as [Run, Run, Run];
    const others = { runs: [second, third] };
    expect(() => compare({ runs: [first, second, first] }, others)).toThrow(/^seed 1 stands on one side more than once/);
    expect(() => compare(others, { runs: [third, third] })).toThrow(/^seed 3 stands/);
    // On both sides it may stand, and so may two of its parts on one.
    expect(compare({ runs: [first, second] }, { runs: [first, third] }).notes.join()).not.toMatch(/same samples/);
    const half = { ...first, filter: { ...first.filter, range: { from: 0, to: 250 } } };
    expect(() => compare({ runs: [first, half] }, others)).not.toThrow();
    const copy = { ...first, tables: { ...first.tables }, label: 'copy' };
    expect(compare({ runs: [first, second, copy] }, others).notes).toContainEqual(expect.stringMatching(/^The same samples as another run of the side: copy\. A copy says nothing/));
  });

  test('a host that is not known is no other host', () => {
    const [known, unknown] = [side('main;f 10'), { runs: [{ ...asRun(profileFromText('main;f 12')), host: '', kernel: '' }] }];
    expect(compare(known, unknown).notes).toContain('The host of B is not known.');
    expect(compare(known, unknown).notes.join()).not.toMatch(/Different (hosts|kernels)/);
    expect(compare(unknown, unknown).notes.join()).not.toMatch(/host/);
    expect(compare(known, { runs: [{ ...unknown.runs[0]!, host: 'other' }] }).notes).toContain('Different hosts: host in A, other in B.');
  });

  test('without a time, counting alone decides', () => {
    const found = compare(side(lines({ 'main;f': 400, 'main;g': 600, 'main;old': 50 })), side(lines({ 'main;f': 520, 'main;g': 600, 'main;fresh': 50 })));
    expect(named(found, 'f').total.verdict).toBe('grew');
    expect(named(found, 'old').total.verdict).toBe('vanished');
    expect(named(found, 'fresh').total.verdict).toBe('new');
    expect(named(found, 'main').total.verdict).toBe('unchanged');
    expect(named(found, 'f').total.low).toBeGreaterThan(0);
  });

  test('few samples cannot tell, and it is said how many more would', () => {
    const found = compare(side(lines({ 'main;f': 4, 'main;g': 96 })), side(lines({ 'main;f': 8, 'main;g': 92 })));
    const { verdict, more } = named(found, 'f').total;
    expect(verdict).toBe('unclear');
    // Of 10 s: the noise must shrink to less than a third.
    expect(more).toBeGreaterThan(20);
    expect(more).toBeLessThan(500);
  });

  test('the largest sure change comes first', () => {
    const found = compare(side(lines({ 'main;f': 400, 'main;g': 600 })), side(lines({ 'main;f': 700, 'main;g': 600, 'main;h': 3 })));
    expect(isSure(found.functions[0]!)).toBe(true);
  });
});

describe('several runs', () => {
  const runs = (program: Program, seeds: readonly number[]): Side => ({ runs: seeds.map((seed) => record(program, { seed, seconds: 10, cpus: 4 })) });

  test('three a side: the spread between them is the noise', () => {
    const program = drawProgram(3, { share: 0.2, phaseSeconds: 0.1 });
    const found = compare(runs(program, [1, 2, 3, 4, 5]), runs(slowed(program, 'subject', 1.5), [6, 7, 8, 9, 10]));
    expect(found.noise).toBe('between');
    expect(named(found, 'subject').total.verdict).toBe('grew');
    expect(found.notes.some((note) => note.includes('Fewer than three'))).toBe(false);
  });

  test('three a side are enough for what doubled, or is new: all functions tell how runs differ', () => {
    const program = drawProgram(5, { share: 0.1, phaseSeconds: 0.1 });
    const drawn = (each: Program, first: number): Side => ({
      runs: [0, 1, 2].map((index) => record(ofOneRun(each, 0.05, first + index), { seed: first + index, seconds: 10 })),
    });
    expect(named(compare(drawn(program, 1), drawn(slowed(program, 'subject', 2), 4)), 'subject').total.verdict).toBe('grew');
    expect(named(compare(drawn(without(program, 'subject'), 1), drawn(program, 4)), 'subject').total.verdict).toBe('new');
    expect(compare(drawn(program, 1), drawn(program, 4)).functions.filter(isSure)).toEqual([]);
  });

  test('runs that differ among themselves hide what within one would be sure', () => {
    const quiet = drawProgram(3, { share: 0.2, phaseSeconds: 0.1 });
    const drifting = [0.6, 1, 1.6].map((times, index) => record(slowed(quiet, 'subject', times), { seed: index + 1, seconds: 10, cpus: 4 }));
    const after = [0.8, 1.3, 2].map((times, index) => record(slowed(quiet, 'subject', times), { seed: index + 4, seconds: 10, cpus: 4 }));
    expect(named(compare({ runs: drifting }, { runs: after }), 'subject').total.verdict).toBe('unclear');
    expect(named(compare({ runs: [drifting[0]!] }, { runs: [after[2]!] }), 'subject').total.verdict).toBe('grew');
  });

  test('two a side fall back to what varied within, and say so', () => {
    const program = drawProgram(3, { share: 0.2, phaseSeconds: 0.1 });
    const found = compare(runs(program, [1, 2]), runs(program, [3]));
    expect(found.noise).toBe('within');
    expect(found.notes.some((note) => note.includes('Fewer than three runs a side'))).toBe(true);
  });
});

describe('whole runs of a command', () => {
  /** Three phases of a second, each of one algorithm. */
  const speed = (...algorithms: string[]): Program => ({
    phases: algorithms.length,
    leaves: algorithms.map((name, phase) => ({ name, caller: 'speed', costs: algorithms.map((_, at) => (at === phase ? 1 : 0)) })),
  });
  const [before, after] = [speed('sha256', 'aes', 'md5'), speed('sha512', 'aes', 'md5')];
  const whole = (program: Program, seed: number) => recordWhole(ofOneRun(program, 0.03, seed), { seed, rounds: 1, visits: 1 });

  test('their phases are their own schedule: what is missing from one is gone', () => {
    const found = compare({ runs: [whole(before, 1)] }, { runs: [whole(after, 2)] });
    expect(named(found, 'sha256').total.verdict).toBe('vanished');
    expect(named(found, 'sha512').total.verdict).toBe('new');
    expect(isSure(named(found, 'aes'))).toBe(false);
    expect(found.notes.join(' ')).toContain('Whole runs of a command');
  });

  test('by the same work it is the cost that counts, not the rate of a busy CPU', () => {
    const slow = { ...before, leaves: before.leaves.map((leaf) => ({ ...leaf, costs: leaf.costs.map((cost) => 1.8 * cost) })) };
    const [a, b] = [{ runs: [whole(before, 1)] }, { runs: [whole(slow, 2)] }];
    expect(compare(a, b, { normalisation: 'none' }).all.verdict).toBe('grew');
    // It was as busy; of one run a side that is not sure.
    expect(compare(a, b, { normalisation: 'duration' }).all).toMatchObject({ verdict: 'unclear', a: expect.closeTo(100, 9) });
  });

  test('of a part of a longer life, one stretch may be chance, and that is said', () => {
    const part = (program: Program, seed: number) => ({ ...whole(program, seed), isWhole: false });
    const found = compare({ runs: [part(before, 1)] }, { runs: [part(after, 2)] });
    expect(named(found, 'sha256').total).toMatchObject({ verdict: 'unclear', why: { kind: 'stretches', side: 'a', stretches: 1 } });
    expect(found.notes.join(' ')).toContain('whole runs of a command that ends by itself');
    // Also then no interval leaves what is possible.
    for (const { total } of found.functions) expect(Math.max(Math.abs(total.low), Math.abs(total.high))).toBeLessThanOrEqual(100);
  });

  test('a range of one is none', () => {
    const { tables } = whole(before, 1);
    const recorded = { question: 'on-cpu', frequencyHz: 99, durationNs: 3e9, label: 'x', host: 'one', kernel: '6.18', isWhole: true } as const;
    expect(runOf(tables, recorded).isWhole).toBe(true);
    expect(runOf(tables, recorded, { range: { from: 0, to: 50 }, hiddenThreads: [] }).isWhole).toBe(false);
  });
});

describe('what is refused, and what is noted', () => {
  const recorded = { frequencyHz: 99, durationNs: 1e10, label: 'x', host: 'one', kernel: '6.18' };

  test('recordings without samples, of other questions', () => {
    expect(() => compare(side('main 1'), side(''))).toThrow('holds no samples');
    const waits = runOf(profileFromText('main 1'), { ...recorded, question: 'off-cpu' });
    expect(() => compare(side('main 1'), { runs: [waits] })).toThrow('on-cpu and x off-cpu, which count samples and nanoseconds');
    const outside = asRun(profileFromText('main 1'));
    expect(() => compare({ runs: [{ ...outside, filter: { range: { from: 5, to: 9 }, hiddenThreads: [] } }] }, side('main 1'))).toThrow(
      'no samples to compare',
    );
  });

  test('other hosts and rates, a renamed program, nothing in common', () => {
    const run = asRun(profileFromText('main;f 10'));
    const { notes } = compare({ runs: [run] }, { runs: [{ ...run, host: 'other', frequencyHz: 49 }] });
    expect(notes.join(' ')).toContain('Different hosts: host in A, other in B.');
    expect(notes.join(' ')).toContain('99 Hz in A, 49 Hz in B');
    expect(compare(side('a;b 10'), side('c;d 10')).notes.join(' ')).toContain('no function in common');
  });

  test('a rate that is not known makes no nonsense of the figures', () => {
    const known = asRun(profileFromText('main;f 60\nmain;g 40'));
    const unknown = asRun(profileFromText('main;f 20\nmain;g 80'), { frequencyHz: 0 });
    const found = compare({ runs: [unknown] }, { runs: [known] });
    for (const { total } of found.functions) for (const value of [total.a, total.b, total.low, total.high, total.p]) expect(value).toSatisfy(Number.isFinite);
    expect(found.functions.find(({ name }) => name === 'f')!.total).toMatchObject({ a: 20, b: 60 });
    expect(found.notes.join(' ')).toContain('not known in A');
    expect(compare({ runs: [unknown] }, { runs: [known] }, { normalisation: 'none' }).notes.join(' ')).toContain('only shares of the total');
  });

  test('threads can be chosen', () => {
    const tables = profileFromText('main 1');
    expect(onlyThreads(tables, [0])).toEqual([]);
    expect(onlyThreads(tables, [])).toEqual([0]);
  });
});

test('a renamed function is suggested by its neighbours, and counted as none', () => {
  const before = 'main;load;parse_old;read 300\nmain;load;parse_old;alloc 100\nmain;draw 600';
  const found = compare(side(before), side(before.replaceAll('parse_old', 'parse_new')));
  expect(found.renames).toMatchObject([{ from: 'parse_old', to: 'parse_new' }]);
  expect(named(found, 'parse_old').total.verdict).toBe('vanished');
  const other = compare(side(before), side('main;load;read 300\nmain;load;alloc 100\nmain;draw;shade 600'));
  expect(other.renames).toEqual([]);
});

/** A short draw of what `npm run comparing:truth` measures at length. */
describe('truth, over seeded pairs of known programs', () => {
  const PAIRS = 6;
  const judged = (seed: number, change: (program: Program) => readonly [Program, Program]) => {
    const [before, after] = change(drawProgram(seed, { share: 0.08, phaseSeconds: 0.1 }));
    const found = compare({ runs: [record(before, { seed: 2 * seed, seconds: 20, cpus: 4 })] }, { runs: [record(after, { seed: 2 * seed + 1, seconds: 20, cpus: 4 })] });
    const [was, is] = [trueShares(before), trueShares(after)];
    const wrong = found.functions.filter((each) => {
      const truth = (is.get(each.name) ?? 0) - (was.get(each.name) ?? 0);
      return isSure(each) && (Math.abs(truth) < 1e-9 || Math.sign(truth) !== Math.sign(each.total.delta));
    });
    return { verdict: named(found, 'subject').total.verdict, isFalse: wrong.length > 0 };
  };

  test.each([
    ['none', (program: Program) => [program, program] as const, null],
    ['one half slower', (program: Program) => [program, slowed(program, 'subject', 1.5)] as const, 'grew'],
    ['one inlined away', (program: Program) => [program, inlinedAway(program, 'subject')] as const, 'vanished'],
    ['one new', (program: Program) => [without(program, 'subject'), program] as const, 'new'],
  ])('%s', (_name, change, verdict) => {
    const found = Array.from({ length: PAIRS }, (_, index) => judged(index + 1, change));
    expect(found.filter(({ isFalse }) => isFalse).length).toBeLessThanOrEqual(1);
    if (verdict) expect(found.filter((each) => each.verdict === verdict).length).toBeGreaterThanOrEqual(PAIRS - 1);
  }, 60_000);
});
