// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { finish, Stepwise } from './stepwise.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Each step takes as long as told. */
function* steps(milliseconds: number[], result: string): Generator<void, string, void> {
  for (const length of milliseconds) {
    vi.setSystemTime(Date.now());
    vi.advanceTimersByTime(length);
    yield;
  }
  return result;
}

test('short work is done at once', () => {
  const done: string[] = [];
  const work = new Stepwise<string>((result) => done.push(result));
  work.begin(steps([1, 1], 'short'));
  expect(done).toEqual(['short']);
  expect(work.isRunning).toBe(false);
});

test('long work lets others have their turn', () => {
  const done: string[] = [];
  const work = new Stepwise<string>((result) => done.push(result));
  work.begin(steps([5, 5, 5], 'long'));
  expect([done, work.isRunning]).toEqual([[], true]);
  vi.runAllTimers();
  expect([done, work.isRunning]).toEqual([['long'], false]);
});

test('newer work replaces what is running, and the end ends it', () => {
  const done: string[] = [];
  const work = new Stepwise<string>((result) => done.push(result));
  work.begin(steps([9, 9], 'first'));
  work.begin(steps([9, 9], 'second'));
  vi.runAllTimers();
  expect(done).toEqual(['second']);
  work.begin(steps([9, 9], 'third'));
  work.end();
  vi.runAllTimers();
  expect(done).toEqual(['second']);
});

test('all at once', () => {
  expect(finish(steps([1, 1, 1], 'all'))).toBe('all');
});
