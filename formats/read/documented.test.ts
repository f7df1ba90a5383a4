// SPDX-License-Identifier: Apache-2.0
/** docs/formats.md says what is kept of each format that is read: the table names all of them, and its cells are true. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { ModuleKind } from '../../profile/schema.ts';
import type { Tables } from '../../profile/tables.ts';
import { FORMATS } from './formats.ts';
import { readBytes } from './testing.ts';

const root = join(import.meta.dirname, '../..');
const samples: Readonly<Record<string, string>> = {
  folded: 'perf.folded',
  'perf-script': 'perf-script.txt',
  pprof: 'go-cpu.pb.gz',
  speedscope: 'python.speedscope.json',
  cpuprofile: 'node.cpuprofile',
};

/** Cells of the row of a format, by the head of their column. */
function rowOf(format: string): Record<string, string> {
  const text = readFileSync(join(root, 'docs/formats.md'), 'utf8').split('## Read')[1]!;
  const rows = text.split('\n').filter((line) => line.startsWith('| ')).map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()));
  const row = rows.find(([name]) => name === format);
  expect(row, format).toBeDefined();
  return Object.fromEntries(rows[0]!.map((head, column) => [head, row![column]!]));
}

const some = (values: ArrayLike<number>, length: number, isMeant: (value: number) => boolean): boolean => Array.from({ length }, (_, row) => values[row]!).some(isMeant);

function keeps({ samples: rows, symbols, modules, threads }: Tables): Record<string, boolean> {
  return {
    time: some(rows.columns.slice, rows.length, (slice) => slice > 0),
    threads: some(threads.columns.tid, threads.length, (tid) => tid > 0),
    inlined: some(symbols.columns.depth, symbols.length, (depth) => depth > 0),
    'file and line': some(symbols.columns.line, symbols.length, (line) => line > 0),
    modules: some(modules.columns.kind, modules.length, (kind) => kind !== ModuleKind.kernel),
  };
}

it.each(FORMATS.map((format) => [format.name, format] as const))('%s keeps what the table says', (name, format) => {
  const file = readFileSync(join(root, 'test/recordings/foreign', samples[name]!));
  const { tables } = readBytes(format, samples[name]!.endsWith('.gz') ? gunzipSync(file) : file);
  const row = rowOf(name);
  const kept = keeps(tables);
  // Nothing of what the table calls absent, and what it calls kept.
  for (const [column, is] of Object.entries(kept)) {
    if (row[column] === 'none') expect(is, column).toBe(false);
    if (row[column] === 'kept') expect(is, column).toBe(true);
  }
});
