// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { parseFilter } from './value-filter.ts';

test.each([
  ['', null],
  ['arg3 > 4096', { argument: 3, test: 'above', value: '4096' }],
  ['argument 1 == 0xffffffffffffffff', { argument: 1, test: 'equal', value: '18446744073709551615' }],
  [' return<0 ', { argument: 0, test: 'below', value: '0' }],
  ['returned != -11', { argument: 0, test: 'other', value: '-11' }],
  ['arg7 = 1', undefined],
  ['count > 4096', undefined],
  ['arg1 > 1.5', undefined],
])('"%s"', (text, filter) => {
  expect(parseFilter(text)).toEqual(filter);
});
