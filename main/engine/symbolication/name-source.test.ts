// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { nameSourceWords } from './name-source.ts';

it('says where names came from', () => {
  expect(nameSourceWords(null)).toBe('');
  expect(nameSourceWords({ source: 'symtab', debugFile: '', symbols: 5102 })).toBe('its symbol table, 5,102 functions');
  expect(nameSourceWords({ source: 'dynsym', debugFile: '', symbols: 0 })).toBe('what it exports (it is stripped)');
  expect(nameSourceWords({ source: 'debug-file', debugFile: '/usr/lib/debug/x.debug', symbols: 2 })).toBe('/usr/lib/debug/x.debug, 2 functions');
  expect(nameSourceWords({ source: 'symtab', debugFile: '', symbols: 1000, lines: 'own' })).toBe('its symbol table, 1,000 functions, with source lines');
  expect(nameSourceWords({ source: 'symtab', debugFile: '/x.debug', symbols: 0, lines: 'debug-file' })).toBe('its symbol table; source lines from /x.debug');
  expect(nameSourceWords({ source: 'debug-file', debugFile: '/x.debug', symbols: 1, lines: 'debug-file' })).toBe('/x.debug, 1 functions, with source lines');
  expect(nameSourceWords({ source: 'gnu-debugdata', debugFile: '', symbols: 0 })).toBe('a compressed symbol table in it (.gnu_debugdata)');
  expect(nameSourceWords({ source: 'none', debugFile: '', symbols: 0 })).toBe('');
});
