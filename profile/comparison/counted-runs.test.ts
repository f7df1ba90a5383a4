// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { ModuleKind } from '../schema.ts';
import { ProfileWriter } from '../testing.ts';
import { compare, type Comparison } from './comparison.ts';
import { CountedRuns } from './counted-runs.ts';
import { NORMALISATIONS } from './normalisation.ts';
import { RANDOM_RUNS, randomRun } from './random-testing.ts';
import { runOf, type Run, type Side } from './sides.ts';
import { asRun, drawProgram, record, slowed } from './testing.ts';

const said = ({ identities: _identities, sampled: _sampled, ...rest }: Comparison): Omit<Comparison, 'identities' | 'sampled'> => rest;
const side = (...runs: Run[]): Side => ({ runs });
const part = (run: Run, from: number, to: number): Run => runOf(run.tables, run, { range: { from, to }, hiddenThreads: [] });

/** As somebody says it who compares for the first time. */
function expectSame(a: Side, b: Side, counted: CountedRuns, normalisations = NORMALISATIONS.filter((each) => each !== 'cpu')): void {
  for (const normalisation of normalisations) expect(said(compare(a, b, { normalisation, counted }))).toEqual(said(compare(a, b, { normalisation })));
}

test.each(RANDOM_RUNS.map((drawn) => [JSON.stringify(drawn), drawn] as const))('what is compared again says the same: %s', (_words, drawn) => {
  const counted = new CountedRuns();
  const [one, two, three] = [1, 2, 3].map((seed) => randomRun(seed, drawn)) as [Run, Run, Run];
  expectSame(side(one), side(two), counted);
  expectSame(side(two), side(one), counted);
  expectSame(side(one), side(three), counted);
  expectSame(side(one, two), side(three), counted);
});

test('runs that were compared last are not looked at again, whatever they are called; others are let go of', () => {
  const counted = new CountedRuns();
  const [one, two, three] = [1, 2, 3].map((seed) => randomRun(seed)) as [Run, Run, Run];
  const first = counted.of([one, two]);
  const again = counted.of([{ ...two, label: 'another' }, one]);
  expect([again[0] === first[1], again[1] === first[0]]).toEqual([true, true]);
  expect(counted.of([one, three])[0]).toBe(first[0]);
  expect(counted.of([two])[0]).not.toBe(first[1]);
  counted.of([]);
  expect(counted.of([two])[0]).not.toBe(again[0]);
});

test('parts of one recording, its rows when more came, and late names', () => {
  const program = drawProgram(3, { share: 0.1 });
  const [before, after] = [record(program, { seed: 1, seconds: 20 }), record(slowed(program, 'subject', 2), { seed: 2, seconds: 20 })];
  const counted = new CountedRuns();
  const halves = [side(part(before, 0, 500)), side(part(before, 500, 1000))] as const;
  expectSame(...halves, counted);
  expectSame(side(part(before, 0, 400)), halves[1], counted);
  expectSame(side(before), side(after), counted);
  const { samples, symbols, functions, strings } = after.tables;
  for (let row = 0; row < 500; row++) samples.append({ slice: 900, thread: 0, stack: 2, kind: samples.columns.kind[0]!, weight: 1 });
  expectSame(side(before), side(after), counted);
  const named = functions.append({ name: strings.append({ text: 'found late' }), module: 0, file: 0, line: 0 });
  symbols.append({ frame: 2, depth: 0, function: named, file: 0, line: 0 });
  const late = compare(side(before), side(after), { counted });
  expect(late.functions.map(({ name }) => name)).toContain('found late');
  expect(said(late)).toEqual(said(compare(side(before), side(after))));
});

test('two functions of a run that are one in the comparison are counted as one', () => {
  // `load` of the program calls that of a library with the program's new name.
  const written = (program: string, stacks: string[][]): Run => {
    const writer = new ProfileWriter();
    writer.thread(1, 'program');
    const modules = [writer.module(`/usr/bin/${program}`, ModuleKind.executable), writer.module('/usr/lib/server-new', ModuleKind.library)];
    const frames = new Map<string, number>();
    const frameOf = (text: string): number => {
      let frame = frames.get(text);
      if (frame === undefined) {
        const [place, name] = text.split('!') as [string, string];
        const module = modules[Number(place)]!;
        frames.set(text, (frame = writer.frame(module, frames.size * 16)));
        writer.symbol(frame, name, 0, module);
      }
      return frame;
    };
    for (let row = 0; row < 420; row++) writer.sample(writer.stack(stacks[row % stacks.length]!.map(frameOf)), 1, row);
    return asRun(writer.tables);
  };
  const [a, b] = [written('server', [['0!main', '0!load', '1!load'], ['0!main', '0!load'], ['0!main'], ['0!main']]), written('server-new', [['0!main', '0!load'], ['0!main']])];
  const counted = new CountedRuns();
  expectSame(side(a), side(b), counted);
  expectSame(side(b), side(a), counted);
  const load = compare(side(a), side(b), { counted }).functions.find(({ name }) => name === 'load')!;
  expect([load.total.a, load.self.a]).toEqual([50, 50]);
});
