// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { noStacks } from './no-stacks.ts';

const title = (change: Partial<Parameters<typeof noStacks>[0]> = {}) => noStacks({ hasStacks: true, stackless: false, opened: false, isOver: false, ...change }).title;

test('says why, and never to choose what cannot be chosen any more', () => {
  expect(title()).toBe('No call with a stack yet');
  expect(title({ stackless: true })).toBe('These calls have no stacks');
  expect(title({ isOver: true })).toBe('No call with a stack was measured');
  expect(title({ hasStacks: false })).toBe('No probe asks for stacks');
  expect(title({ hasStacks: false, opened: true, stackless: true })).toBe('This recording has no stacks');
  expect(noStacks({ hasStacks: false, stackless: false, opened: true, isOver: true }).hint).not.toContain('above');
});
