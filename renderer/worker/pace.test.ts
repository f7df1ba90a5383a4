// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Pace, UPDATE_MILLISECONDS } from './pace.ts';

let now = 0;
beforeEach(() => {
  now = 0;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Milliseconds from the end of an update that took so long to the next that is wanted at once. */
function restAfter(took: number): number {
  let runs = 0;
  const pace = new Pace(() => {
    runs++;
    now += took;
  });
  pace.now();
  pace.wanted();
  for (let rest = 0; ; rest++) {
    vi.advanceTimersByTime(0);
    if (runs === 2) return rest;
    vi.advanceTimersByTime(1);
    if (runs === 2) return rest + 1;
  }
}

it('keeps its interval, leaves the worker free for twice as long as an update took, and no longer than a hand waits', () => {
  expect(restAfter(1)).toBe(UPDATE_MILLISECONDS - 1);
  expect(restAfter(40)).toBe(80);
  expect(restAfter(100)).toBe(200);
  expect(restAfter(3000)).toBe(250);
});
