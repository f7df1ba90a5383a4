// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { LibraryEntry } from './library-contract.ts';
import { LIBRARY_ORDERS, LibrarySearch, sortLibrary } from './library-search.ts';

function entry(name: string, facts: Partial<NonNullable<LibraryEntry['facts']>> = {}, bytes = 1): LibraryEntry {
  return {
    file: `${name}.ember`, name, bytes, modifiedAt: 0, state: { kind: 'sound' },
    facts: {
      target: 'postgres 4121', question: 'on-cpu', frequencyHz: 99, settings: { frequency: 99, children: true, kernelStacks: true }, request: null, probes: [],
      host: 'db1', kernel: '6.1', startedAt: Date.UTC(2026, 10, 27), durationNs: 1e9, application: '1', samples: 5, weight: 5,
      quality: { complete: 1, named: 1, lost: 0 }, tags: [], notes: '', ...facts,
    },
  };
}
const broken: LibraryEntry = { file: 'x.ember', name: 'x', bytes: 0, modifiedAt: 5, state: { kind: 'unreadable', failure: { code: 'damaged', message: 'It was cut.', remedy: '' } }, facts: null };

describe('searching', () => {
  const entries = [entry('before', { tags: ['baseline'], notes: 'without the index' }), entry('after', { target: 'nginx 7', request: { kind: 'command', command: ['nginx', '-g', 'daemon off'], folder: '/srv' } }), broken];
  const names = (query: string) => new LibrarySearch().find(entries, query).map(({ name }) => name);

  test.each([
    ['', ['before', 'after', 'x']],
    ['POSTGRES index', ['before']],
    ['#base', ['before']],
    ['daemon', ['after']],
    ['2026-11-27 db1', ['before', 'after']],
    ['cut', ['x']],
    ['nothing', []],
  ])('%j finds %j', (query, found) => expect(names(query)).toEqual(found));
});

test('every order begins with what it is named after, and turns round', () => {
  const entries = [entry('b', { durationNs: 5, samples: 1, host: 'z', target: 'a', startedAt: 3 }, 7), entry('a10', { durationNs: 1, samples: 9, host: 'a', target: 'c', startedAt: 9 }, 2), entry('a9', { durationNs: 3, samples: 4, host: 'b', target: 'b', startedAt: 1 }, 5)];
  const first = Object.fromEntries(LIBRARY_ORDERS.map((order) => [order, sortLibrary(entries, order).map(({ name }) => name).join(' ')]));
  expect(first).toEqual({ newest: 'a10 b a9', name: 'a9 a10 b', target: 'b a9 a10', host: 'a10 a9 b', duration: 'b a9 a10', samples: 'a10 a9 b', size: 'b a9 a10' });
  expect(sortLibrary(entries, 'name', true).map(({ name }) => name)).toEqual(['b', 'a10', 'a9']);
});
