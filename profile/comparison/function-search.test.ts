// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { functionSearch } from './function-search.ts';

const finds = (query: string, name: string, module = 'program') => functionSearch(query)!(name, module);

test('words in name or module, in any order and case', () => {
  expect(functionSearch('  ')).toBeNull();
  expect(finds('LIBC mem', 'memcpy', 'libc.so')).toBe(true);
  expect(finds('mem libz', 'memcpy', 'libc.so')).toBe(false);
});

test('or a pattern of the name; what is none is looked for as it is', () => {
  expect(finds('^foo$', 'foo')).toBe(true);
  expect(finds('^foo$', 'foo_bar')).toBe(false);
  expect(finds('^prog', 'foo')).toBe(false);
  expect(finds('operator(', 'Parser::operator()')).toBe(true);
  expect(finds('operator(', 'Parser::next')).toBe(false);
});
