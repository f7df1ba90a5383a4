// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { sampleReport } from '../testing/sample-report.ts';
import { commandIn, groupsOf, isForTheDoctor, remedyPieces, reportText, summary } from './findings.ts';

test('checks stand in their groups, in order, with what of them is available', () => {
  expect(groupsOf(sampleReport).map(({ group, checks, available }) => [group, checks.length, available])).toEqual([
    ['sampling', 4, 2],
    ['tracing', 2, 1],
    ['permission', 2, 1],
    ['names', 1, 0],
    ['computer', 1, 1],
  ]);
});

test('the sentence above says whether sampling works', () => {
  expect(summary(sampleReport)).toBe('Sampling works. Of 2 things about tracing 1 is available.');
  const without = { ...sampleReport, checks: sampleReport.checks.map((check) => (check.name === 'sampling' ? { ...check, state: 'unavailable' as const } : check)) };
  expect(summary(without)).toMatch(/^Sampling does not work\./);
  expect(summary({ kernel: '', checks: [] })).toBe('Sampling does not work.');
});

test('what is to be typed can be copied, a sentence is only read', () => {
  expect(remedyPieces('Run `a b`, or `c`.')).toEqual([
    { text: 'Run ', isCommand: false },
    { text: 'a b', isCommand: true },
    { text: ', or ', isCommand: false },
    { text: 'c', isCommand: true },
    { text: '.', isCommand: false },
  ]);
  expect(commandIn('Run `a b`, or `c`.')).toBe('a b');
  expect(commandIn('Use another kernel.')).toBeNull();
});

test('a report as text has every check and its remedy', () => {
  const text = reportText(sampleReport);
  for (const { title, detail, remedy } of sampleReport.checks) for (const part of [title, detail, remedy]) expect(text).toContain(part);
});

test('failures that a computer is the cause of lead here', () => {
  for (const code of ['helperMissing', 'noAgent', 'lockdown']) expect(isForTheDoctor(code)).toBe(true);
  for (const code of ['noSuchProcess', 'diskFull', 'frequency']) expect(isForTheDoctor(code)).toBe(false);
});
