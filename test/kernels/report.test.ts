// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { failed, unavailable, works, type Feature, type Verdict } from './feature.ts';
import { problemsOf, type Outcome } from './matrix.ts';
import { page, textTable } from './report.ts';

function feature(name: string): Feature {
  return { name, short: true, run: () => Promise.resolve(works('')) };
}

function ran(kernel: string, verdicts: Record<string, Verdict>): Outcome {
  const tried = Object.entries(verdicts).map(([name, verdict]) => ({ feature: feature(name), verdict, seconds: 2 }));
  return { kind: 'ran', series: { kernel, suite: 'a suite' }, release: `${kernel}.1-cloud`, tried, console: '', bootSeconds: 6 };
}

const OUTCOMES: readonly Outcome[] = [
  ran('5.10', { kprobe: works('25 calls'), multi: unavailable('too | old') }),
  ran('7.2', { kprobe: failed('24 calls'), multi: works('') }),
  { kind: 'skipped', series: { kernel: '6.1', suite: 'bookworm' }, reason: 'no network' },
];

it('names what failed, and nothing else, as a problem', () => {
  expect(problemsOf(OUTCOMES)).toEqual(['7.2: kprobe: 24 calls']);
});

it('shows a row for each feature, a column for each kernel, and why', () => {
  const text = textTable(OUTCOMES);
  expect(text).toMatch(/^kprobe +works +FAILED$/m);
  expect(text).toMatch(/^multi +not available +works$/m);
  expect(text).toContain('multi (2 s): not available: too | old');
  expect(text).toContain('6.1  skipped: no network');
});

it('writes a page whose tables hold together whatever a reason says', () => {
  const text = page(OUTCOMES);
  expect(text).toContain('| kprobe | works | FAILED |');
  expect(text).toContain('| multi | not available | too \\| old |');
  expect(text).toContain('6.1 was not tried: no network.');
});
