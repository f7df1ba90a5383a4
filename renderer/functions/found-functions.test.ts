// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { TraceableFunction } from '../../ipc/contract.ts';
import { foundRows } from './found-functions.ts';

const found = (name: string, change: Partial<TraceableFunction> = {}): TraceableFunction => ({
  name, symbol: name, kind: 'kernel', module: 'kernel', available: true, why: '', arguments: null, returns: null, ...change,
});

test('arguments as C writes them, and why not', () => {
  const functions = [
    found('vfs_read', { arguments: [{ name: 'file', type: 'struct file *' }, { name: 'count', type: 'size_t' }] }),
    found('rw_verify_area', { available: false, why: 'inlined into its 3 callers: probe vfs_read' }),
    found('malloc', { kind: 'user', module: '/usr/lib/libc.so.6' }),
  ];
  expect(foundRows('read', { functions, matched: 3, incomplete: '' }).map(({ detail }) => detail)).toEqual([
    'kernel · struct file *file, size_t count',
    'inlined into its 3 callers: probe vfs_read',
    'libc.so.6',
  ]);
});

test('a pattern is attached together, by file, with what can be attached', () => {
  const functions = [
    found('vfs_read'), found('vfs_write'), found('vfs_open', { available: false, why: 'notrace' }),
    found('vfs_a', { kind: 'user', module: '/bin/a' }), found('vfs_b', { kind: 'user', module: '/bin/a' }), found('vfs_c', { kind: 'user', module: '/bin/c' }),
  ];
  const rows = foundRows('vfs_*', { functions, matched: 6, incomplete: '' });
  expect(rows.slice(0, 2).map(({ kind, symbol, module, functions: count }) => [kind, symbol, module, count])).toEqual([
    ['kernel', 'vfs_*', '', 2],
    ['user', 'vfs_*', '/bin/a', 2],
  ]);
  expect(rows.length).toBe(8);
  expect(foundRows('*', { functions, matched: 9000, incomplete: '' })[0]).toMatchObject({ functions: 9000, detail: 'pattern · 2 and more of 9,000 functions together' });
});
