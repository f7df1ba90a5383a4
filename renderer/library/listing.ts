// SPDX-License-Identifier: Apache-2.0
/** The library as the window knows it, and how it changes: pure. */
import type { Failure, LibraryChange, LibraryEntry, LibraryList } from '../../ipc/contract.ts';
import { LibrarySearch, sortLibrary, type LibraryOrder } from '../../ipc/library-search.ts';

export interface Listing {
  /** null: it was not read yet. */
  folder: string | null;
  failure: Failure | null;
  entries: ReadonlyMap<string, LibraryEntry>;
  /** Files that are still to be looked into. */
  waiting: number;
  query: string;
  order: LibraryOrder;
  reversed: boolean;
  /** Whose details are shown; null: none. */
  active: string | null;
  /** Marked for what is done with several; in the order in which they were marked. */
  marked: readonly string[];
  /** Deletions that can be undone, the last at the end. */
  deletions: readonly number[];
}

export const startListing: Listing = {
  folder: null,
  failure: null,
  entries: new Map(),
  waiting: 0,
  query: '',
  order: 'newest',
  reversed: false,
  active: null,
  marked: [],
  deletions: [],
};

/** The list anew; what is marked stays where it is still there. */
export function listed(listing: Listing, { folder, failure, entries, waiting }: LibraryList): Listing {
  return keepMarks({ ...listing, folder, failure, waiting, entries: new Map(entries.map((entry) => [entry.file, entry])) });
}

/** What is told of another folder is no change of this one. What another window renamed stays chosen and marked. */
export function changed(listing: Listing, { folder, entries, removed, renamed, failure, waiting }: LibraryChange): Listing {
  if (folder !== listing.folder) return listing;
  const called = (file: string): string => (file === renamed?.from ? renamed.to : file);
  const next = new Map(listing.entries);
  for (const file of removed) next.delete(file);
  for (const entry of entries) next.set(entry.file, entry);
  const { active, marked } = listing;
  return keepMarks({ ...listing, active: active === null ? null : called(active), marked: marked.map(called), entries: next, failure, waiting });
}

function keepMarks(listing: Listing): Listing {
  const { entries, active, marked } = listing;
  return { ...listing, active: active !== null && entries.has(active) ? active : null, marked: marked.filter((file) => entries.has(file)) };
}

const search = new LibrarySearch();

export function shownEntries({ entries, query, order, reversed }: Pick<Listing, 'entries' | 'query' | 'order' | 'reversed'>): LibraryEntry[] {
  return sortLibrary(search.find([...entries.values()], query), order, reversed);
}

export function toggled(listing: Listing, file: string): Listing {
  const { marked } = listing;
  return { ...listing, marked: marked.includes(file) ? marked.filter((one) => one !== file) : [...marked, file] };
}

/** What a command is about: what is marked, or else the active one. */
export function meant({ marked, active }: Listing): readonly string[] {
  return marked.length > 0 ? marked : active === null ? [] : [active];
}
