// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { ProbeReason, ProbeState } from '../wire-layout.gen.ts';
import { reasonText } from './probe-refusals.ts';

const frame = { type: 'probeState', probe: 1, state: ProbeState.refused, mechanism: 0, functions: 0, value: 13, text: 'detail' } as const;

it('reasons are all sentences, also one that this version does not know', () => {
  for (const [name, reason] of Object.entries(ProbeReason)) {
    const words = reasonText({ ...frame, reason });
    if (name === 'fine' || name === 'asked') expect(words).toBe('');
    else expect(words).toMatch(/^[A-Z].*\.$/);
  }
  expect(reasonText({ ...frame, reason: 999 })).toMatch(/999.*\.$/);
  expect(reasonText({ ...frame, reason: ProbeReason.budget, value: 73 })).toContain('7.3 %');
});
