// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { eventFlagLetters } from './event-flags.ts';
import { EventFlag } from './schema.ts';

const { irqsKnown, irqsOff, reschedKnown, needResched, preemptKnown, hardirq, softirq } = EventFlag;

test.each([
  [0, '....'],
  // A bit that is not known says nothing.
  [irqsOff | needResched | hardirq, '....'],
  [irqsKnown | irqsOff, 'd...'],
  [reschedKnown | needResched | preemptKnown, '.N..'],
  [preemptKnown | hardirq | (1 << 16), '..h1'],
  [preemptKnown | softirq, '..s.'],
  [irqsKnown | irqsOff | preemptKnown | hardirq | softirq | (2 << 16), 'd.H2'],
  [preemptKnown | (200 << 16), '...f'],
])('%i is %s', (flags, letters) => {
  expect(eventFlagLetters(flags)).toBe(letters);
});
