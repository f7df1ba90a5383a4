// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { isSamePart, partChoices, type PartCalls } from './probe-parts.ts';

const group = (name: string, calls: number): PartCalls => ({ kind: 'group', name, calls });
const thread = (name: string, calls: number): PartCalls => ({ kind: 'thread', name, calls });

test('parts of both sides by name, runs together, what both have first', () => {
  expect(partChoices([group('sda', 5), group('sdb', 900), group('sda', 3)], [group('sda', 7), group('sdc', 2)])).toEqual([
    { kind: 'group', name: 'sda', a: 8, b: 7 },
    { kind: 'group', name: 'sdb', a: 900, b: 0 },
    { kind: 'group', name: 'sdc', a: 0, b: 2 },
  ]);
});

test('a single part of a kind is everything, and a group is no thread of that name', () => {
  expect(partChoices([group('read', 5), thread('main', 5)], [group('read', 4), thread('main', 4)])).toEqual([]);
  expect(partChoices([group('read', 5), thread('read', 3), thread('write', 2)], []).map(({ kind }) => kind)).toEqual(['thread', 'thread']);
  expect(isSamePart(group('read', 1), thread('read', 1))).toBe(false);
});

test('of very many the most called', () => {
  const many = Array.from({ length: 200 }, (_, at) => group(`file ${at}`, at));
  const choices = partChoices(many, many);
  expect([choices.length, choices[0]!.name]).toEqual([60, 'file 199']);
});
