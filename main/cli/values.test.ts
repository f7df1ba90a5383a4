// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { parseBudget, parseCgroup } from './values.ts';

it('budgets are percent of one CPU', () => {
  expect(['5', '0', '0.5', '12%'].map(parseBudget)).toEqual([5, 0, 0.5, 12]);
  for (const value of ['', ' ', '-1', 'much', '1001', 'NaN']) expect(() => parseBudget(value), value).toThrow('percent');
});

it('a cgroup is a folder, or that of a process', () => {
  expect(parseCgroup('/system.slice/docker-1.scope')).toBe('/system.slice/docker-1.scope');
  expect(() => parseCgroup('4194304999')).toThrow('no process');
});
