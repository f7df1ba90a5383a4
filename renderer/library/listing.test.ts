// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { FakeLibrary } from '../testing/fake-library.ts';
import { changed, listed, meant, shownEntries, startListing, toggled } from './listing.ts';

const list = new FakeLibrary(8, false).list;
const files = list.entries.map(({ file }) => file);
const listing = listed(startListing, list);

test('a change adds, replaces and takes away, and leaves marks where they mean something', () => {
  const marked = toggled(toggled({ ...listing, active: files[1]! }, files[1]!), files[2]!);
  const next = changed(marked, { folder: list.folder, entries: [{ ...list.entries[2]!, bytes: 7 }], removed: [files[1]!], renamed: null, failure: null, waiting: 3 });
  expect([...next.entries.keys()]).toEqual(files.filter((file) => file !== files[1]));
  expect(next).toMatchObject({ active: null, marked: [files[2]], waiting: 3 });
  expect(next.entries.get(files[2]!)?.bytes).toBe(7);
});

test('what is told of another folder is out of date', () => {
  expect(changed(listing, { folder: '/elsewhere', entries: [], removed: files, renamed: null, failure: null, waiting: 0 })).toBe(listing);
});

test('what another window renamed stays chosen and marked', () => {
  const [from = '', other = ''] = files;
  const marked = toggled(toggled({ ...listing, active: from, query: 'typed' }, other), from);
  const next = changed(marked, { folder: list.folder, entries: [{ ...list.entries[0]!, file: 'new.ember', name: 'new' }], removed: [from], renamed: { from, to: 'new.ember' }, failure: null, waiting: 0 });
  expect(next).toMatchObject({ active: 'new.ember', marked: [other, 'new.ember'], query: 'typed' });
});

test('a command is about what is marked, or the active one', () => {
  expect(meant(listing)).toEqual([]);
  expect(meant({ ...listing, active: files[0]! })).toEqual([files[0]]);
  expect(meant(toggled({ ...listing, active: files[0]! }, files[3]!))).toEqual([files[3]]);
  expect(toggled(toggled(listing, files[3]!), files[3]!).marked).toEqual([]);
});

test('searched and sorted', () => {
  const found = shownEntries({ ...listing, query: '#before', order: 'duration' });
  expect(found.map(({ facts }) => facts!.durationNs)).toEqual([...found].map(({ facts }) => facts!.durationNs).sort((a, b) => b - a));
  expect(found.length).toBeGreaterThan(0);
});
