// SPDX-License-Identifier: Apache-2.0
/** Searching and sorting the library: the same in the window and on the command line. */
import type { LibraryEntry } from './library-contract.ts';

/** Everything of an entry that a word can be found in, in small letters. */
export function searchText({ name, facts, state }: LibraryEntry): string {
  const parts = [name];
  if (state.kind === 'unreadable') parts.push(state.failure.message);
  if (facts) {
    const { target, question, host, kernel, tags, notes, request, startedAt } = facts;
    parts.push(target, question, host, kernel, notes, ...tags.map((tag) => `#${tag}`), new Date(startedAt).toISOString().slice(0, 10));
    if (request?.kind === 'command') parts.push(request.command.join(' '), request.folder);
    if (request?.kind === 'processes') for (const { name: process, commandLine } of request.processes) parts.push(process, commandLine);
    if (request?.kind === 'cgroup') parts.push(request.folder);
    for (const { name: asked, module } of facts.probes) parts.push(asked, module);
    if (request?.kind === 'imported') parts.push(request.format, request.file);
  }
  return parts.join('\n').toLowerCase();
}

/** Entries in which every word of the query is found, whatever its case; "#word" begins a tag. Searches as fast as one types:
 * what is searched in is put together once an entry. */
export class LibrarySearch {
  readonly #texts = new WeakMap<LibraryEntry, string>();

  find(entries: readonly LibraryEntry[], query: string): LibraryEntry[] {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return [...entries];
    return entries.filter((entry) => {
      const text = this.#text(entry);
      return words.every((word) => text.includes(word));
    });
  }

  #text(entry: LibraryEntry): string {
    let text = this.#texts.get(entry);
    if (text === undefined) this.#texts.set(entry, (text = searchText(entry)));
    return text;
  }
}

export type LibraryOrder = 'newest' | 'name' | 'target' | 'host' | 'duration' | 'samples' | 'size';
export const LIBRARY_ORDERS: readonly LibraryOrder[] = ['newest', 'name', 'target', 'host', 'duration', 'samples', 'size'];

const names = new Intl.Collator('en', { numeric: true });

/** Epoch milliseconds at which it was recorded, or written where that is not known. */
export function recordedAt({ facts, modifiedAt }: LibraryEntry): number {
  return facts?.startedAt ?? modifiedAt;
}

function compareBy(order: LibraryOrder, a: LibraryEntry, b: LibraryEntry): number {
  switch (order) {
    case 'newest':
      return recordedAt(b) - recordedAt(a);
    case 'name':
      return names.compare(a.name, b.name);
    case 'target':
      return names.compare(a.facts?.target ?? '\uffff', b.facts?.target ?? '\uffff');
    case 'host':
      return names.compare(a.facts?.host ?? '\uffff', b.facts?.host ?? '\uffff');
    case 'duration':
      return (b.facts?.durationNs ?? -1) - (a.facts?.durationNs ?? -1);
    case 'samples':
      return (b.facts?.samples ?? -1) - (a.facts?.samples ?? -1);
    case 'size':
      return b.bytes - a.bytes;
    default:
      return order satisfies never;
  }
}

/** Texts from A, figures and times from the largest; entries that are equal in it from the newest, then by name. */
export function sortLibrary(entries: readonly LibraryEntry[], order: LibraryOrder, reversed = false): LibraryEntry[] {
  const sign = reversed ? -1 : 1;
  return [...entries].sort((a, b) => sign * compareBy(order, a, b) || recordedAt(b) - recordedAt(a) || names.compare(a.file, b.file));
}
