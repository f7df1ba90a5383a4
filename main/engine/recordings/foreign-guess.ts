// SPDX-License-Identifier: Apache-2.0
/** What a file seems to be that is not read here, and how to come from there to one that is. */

const known: readonly { begins: RegExp; what: string; remedy: string }[] = [
  { begins: /^PERFILE2|^2ELIFREP/, what: 'a perf.data file, which only perf itself reads', remedy: 'Write it as text with `perf script -i FILE > FILE.txt`, then import that.' },
  { begins: /^SQLite format 3\0/, what: 'an SQLite database, but no recording', remedy: 'Choose a file that Emberscope wrote (.ember).' },
  { begins: /^\s*(<\?xml|<!DOCTYPE|<html|<svg)/i, what: 'a picture or a page, not a profile', remedy: 'Import the file that it was drawn from.' },
  { begins: /^\s*[[{][^]*"(traceEvents|ph)"\s*:/, what: 'a trace of events in Chrome’s format, which is not read here', remedy: 'Save the CPU profile by itself (.cpuprofile), or convert it with speedscope.' },
  { begins: /^\s*\{[^]*"(meta|libs)"\s*:[^]*"(interval|processType|threads)"\s*:/, what: 'a profile of the Firefox Profiler, which is not read here', remedy: 'Export it in another format.' },
  { begins: /^\s*[[{]/, what: 'JSON, but neither of speedscope nor a .cpuprofile', remedy: 'Name its format with --format where it is one that is read.' },
  { begins: /^\x7fELF/, what: 'a program or a library', remedy: 'Record it while it runs.' },
];

/** null: nothing is known of it. @param head its beginning, not compressed */
export function foreignGuess(head: Uint8Array): { what: string; remedy: string } | null {
  if (head.length === 0) return { what: 'empty', remedy: 'Write it again with the tool that made it.' };
  // Bytes as characters: what is looked for is ASCII.
  const text = new TextDecoder('latin1').decode(head.subarray(0, 4096));
  return known.find(({ begins }) => begins.test(text)) ?? null;
}
