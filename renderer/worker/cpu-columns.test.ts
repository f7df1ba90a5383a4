// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { CpuColumns } from './cpu-columns.ts';

test('a sample a slice at 50 Hz is one CPU', () => {
  const columns = new CpuColumns();
  for (let slice = 0; slice < 100; slice++) columns.add(slice, 1, 1);
  expect([...columns.cpus(100, 50)]).toEqual(new Array(100).fill(1));
});

test('when the columns are used up two become one, and means stay', () => {
  const columns = new CpuColumns();
  for (let slice = 0; slice < 5001; slice++) columns.add(slice, 1, slice < 2500 ? 1 : 2);
  const cpus = columns.cpus(5001, 50);
  expect(columns.slicesPerColumn).toBe(4);
  expect(cpus.length).toBe(1251);
  expect([cpus[0], cpus[624], cpus[625], cpus[1249], cpus[1250]]).toEqual([1, 1, 2, 2, 2]);
});

test('a row of many slices is spread over them', () => {
  const columns = new CpuColumns();
  columns.add(50, 50, 100);
  const cpus = columns.cpus(150, 50);
  expect([cpus[49], cpus[50], cpus[99], cpus[100]]).toEqual([0, 2, 2, 0]);
});

test('a slice far away, and no rows for long, stay within the columns', () => {
  const columns = new CpuColumns();
  columns.add(4_294_967_295, 1, 1);
  expect(columns.cpus(2 ** 40, 99).length).toBeLessThanOrEqual(2000);
});
