// SPDX-License-Identifier: Apache-2.0
/** `emberscope library`: the recordings of the library's folder, for people or as JSON. */
import { LibrarySearch, recordedAt, sortLibrary, type LibraryOrder } from '../../ipc/library-search.ts';
import type { LibraryEntry, LibraryList } from '../../ipc/library-contract.ts';
import { unitOf } from '../../profile/questions.ts';
import { FailureError } from '../engine/failures.ts';
import { ExitCode } from './exit-code.ts';
import { writeOut } from './result-output.ts';
import type { Surroundings } from './surroundings.ts';
import { count, duration, percent, printable, printableName, ProgressLine } from './terminal.ts';

export interface LibraryOptions {
  sort: LibraryOrder;
  reverse?: boolean;
  json?: boolean;
}

const PROGRESS_MS = 200;

/** @param query words that all are to be found; empty: everything */
export async function library(query: string, options: LibraryOptions, { terminal, openEngine }: Surroundings): Promise<ExitCode> {
  const engine = await openEngine();
  const progress = new ProgressLine(terminal);
  try {
    let waiting = 0;
    const timer = setInterval(() => progress.show(`Looking into ${count(waiting)} files…`), PROGRESS_MS);
    const list = await engine.listLibrary((left) => (waiting = left)).finally(() => clearInterval(timer));
    progress.clear();
    if (list.failure) throw new FailureError(list.failure);
    const found = sortLibrary(new LibrarySearch().find(list.entries, query), options.sort, options.reverse);
    await writeOut(terminal.output, options.json ? `${JSON.stringify({ folder: list.folder, recordings: found }, null, 2)}\n` : describeLibrary(list, found));
    return ExitCode.ok;
  } finally {
    await engine.close();
  }
}

function minute(time: number): string {
  return new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 16).replace('T', ' ');
}

function measured({ facts }: LibraryEntry): string {
  if (!facts) return '';
  const { question, weight, samples } = facts;
  const unit = unitOf(question);
  switch (unit) {
    case 'samples':
      return `${count(samples)} samples`;
    case 'nanoseconds':
      return duration(weight);
    case 'bytes':
      return `${(weight / 2 ** 20).toFixed(1)} MiB`;
    default:
      return unit satisfies never;
  }
}

function line(entry: LibraryEntry): string[] {
  const { name, state, facts } = entry;
  const time = minute(recordedAt(entry));
  if (state.kind === 'unreadable') return [`${time}  ${name}`, `                  unreadable: ${state.failure.message}`];
  if (!facts) return [`${time}  ${name}`];
  const { target, question, durationNs, quality, tags, notes } = facts;
  const quantity = state.kind === 'recording' ? 'being recorded' : [durationNs > 0 ? duration(durationNs) : '', measured(entry)].filter(Boolean).join(', ');
  const lost = quality.lost > 0 ? `, ${percent(quality.lost, 1)} lost` : '';
  const words = [...tags.map((tag) => `#${tag}`), notes.split('\n', 1)[0]!.slice(0, 80)].filter(Boolean).join(' ');
  return [`${time}  ${name}  ${question}, ${quantity}${lost}${target === name ? '' : `  ${target}`}`, ...(words ? [`                  ${words}`] : [])];
}

/** One line a recording, the tags and notes below it. */
export function describeLibrary({ folder, entries }: LibraryList, found: readonly LibraryEntry[]): string {
  if (entries.length === 0) return printable(`No recordings in ${folder} yet. Saved ones go there; \`record --output\` and \`import --output\` can write there, too.`) + '\n';
  if (found.length === 0) return printable(`None of the ${count(entries.length)} recordings in ${folder} matches.`) + '\n';
  const all = found.length === entries.length ? count(found.length) : `${count(found.length)} of ${count(entries.length)}`;
  return [...found.flatMap(line), '', `${all} in ${folder}`].map((text) => printableName(text) + '\n').join('');
}
