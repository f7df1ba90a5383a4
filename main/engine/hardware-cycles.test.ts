// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hasHardwareCycles } from './hardware-cycles.ts';

test.each([
  [['breakpoint', 'msr', 'software', 'tracepoint'], false],
  [['cpu', 'software'], true],
  [['cpu_atom', 'cpu_core'], true],
  [['armv8_pmuv3_0'], true],
])('%j: %s', (names, expected) => {
  const folder = mkdtempSync(join(tmpdir(), 'pmu-'));
  for (const name of names) mkdirSync(join(folder, name));
  expect(hasHardwareCycles(folder)).toBe(expected);
  rmSync(folder, { recursive: true });
  expect(hasHardwareCycles(folder)).toBe(false);
});
