// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { WIRE_PROTOCOL } from '../../main/engine/wire-layout.gen.ts';
import { judge, type Result } from './sampling.ts';

const GOOD: Result = {
  uid: 0,
  release: '6.1.0-1-cloud-amd64',
  protocol: WIRE_PROTOCOL,
  features: 1,
  frames: 60,
  processes: 40,
  threads: 40,
  modules: 2,
  tables: 1,
  readError: 0,
  mappings: 4,
  kernelSymbols: 90_000,
  stacks: 30,
  sampling: 0,
  samples: 400,
  childSamples: 200,
  sysAdmin: false,
  userSamples: 380,
  kernelSamples: 20,
  placed: 400,
  pure: 380,
  known: 375,
  outermost: 379,
  unknownStacks: 0,
  cpuNs: 4e9,
  lost: 0,
  ledger: { fired: 800, notOurs: 400, stored: 400, bpfNs: 1000, helperNs: 1000 },
  inexactLedgers: 0,
  refused: 0,
  value: 0,
  text: '',
  endReason: 1,
  exit: 0,
};

const SESSION = { uid: 0, frequency: 99, seconds: 4, depth: 127 };

describe('what a kernel must show', () => {
  it('passes a complete session', () => {
    expect(judge(GOOD, SESSION, GOOD.release)).toEqual([]);
  });

  it.each<[string, Partial<Result>]>([
    ['a refusal', { refused: 7, text: 'invalid access' }],
    ['an inexact ledger', { inexactLedgers: 1 }],
    ['samples that the ledger does not have', { samples: 399 }],
    ['a stack that never came', { unknownStacks: 1 }],
    ['half of the samples', { samples: 200, placed: 200, ledger: { ...GOOD.ledger, stored: 200 } }],
    ['addresses nowhere', { placed: 300 }],
    ['stacks without the known functions', { known: 300 }],
    ['stacks that end nowhere', { outermost: 370 }],
    ['a table that was not loaded', { tables: 0 }],
    ['a file that cannot be read through it', { readError: 13 }],
    ['no children', { childSamples: 0 }],
    ['a capability too many', { sysAdmin: true }],
    ['no kernel symbols', { kernelSymbols: 0 }],
    ['the wrong user', { uid: 1 }],
    ['a failed end', { endReason: 4 }],
  ])('notices %s', (_, change) => {
    expect(judge({ ...GOOD, ...change }, SESSION, GOOD.release)).not.toEqual([]);
  });
});
