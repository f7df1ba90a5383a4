// SPDX-License-Identifier: Apache-2.0
/** For tests only: files read from memory, in chunks of any length. */
import { FrameKeys } from '../../profile/frame-keys.ts';
import { Names } from '../../profile/names.ts';
import { processName } from '../../profile/processes.ts';
import { createTables, type Tables } from '../../profile/tables.ts';
import { NONE } from '../../profile/units.ts';
import { FormatError, type Format, type Imported, type ReadOptions } from './format.ts';
import { ProfileBuilder, type TextRows } from './profile-builder.ts';

export interface ReadFile {
  tables: Tables;
  builder: ProfileBuilder;
  imported: Imported;
}

/** Texts as they are: where they become harmless is tested with the engine's. */
function plainTexts({ strings }: Tables): TextRows {
  const rows = new Map([['', 0]]);
  return {
    index(text) {
      let row = rows.get(text);
      if (row === undefined) rows.set(text, (row = strings.append({ text })));
      return row;
    },
  };
}

/** @param chunk bytes at a time; by default all at once */
export function readBytes(format: Format, bytes: Uint8Array, { chunk = Infinity, ...options }: ReadOptions & { chunk?: number } = {}): ReadFile {
  const tables = createTables();
  const builder = new ProfileBuilder(tables, plainTexts(tables));
  const reader = format.reader(builder, options);
  for (let at = 0; at < bytes.length; at += chunk) reader.push(bytes.subarray(at, at + chunk));
  const imported = reader.end();
  return { tables, builder, imported };
}

export function readText(format: Format, text: string, options: ReadOptions & { chunk?: number } = {}): ReadFile {
  return readBytes(format, new TextEncoder().encode(text), options);
}

/** "line 2: the count is missing"; fails where nothing is thrown. */
export function errorOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof FormatError) return [error.place, error.message].filter(Boolean).join(': ');
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** One line a row of `samples`: "slice thread | process;outermost;…;leaf weight", inlined functions behind ">". */
export function sampleLines(tables: Tables): string[] {
  const names = new Names(tables);
  const keys = new FrameKeys(tables);
  keys.take(0, tables.symbols.length);
  const { samples, stacks, threads, strings } = tables;
  const lines: string[] = [];
  for (let row = 0; row < samples.length; row++) {
    const { slice, thread, stack, weight } = samples.columns;
    const calls: string[] = [];
    for (let at = stack[row]!; at !== NONE; at = stacks.columns.prefix[at]!) {
      const frame = stacks.columns.frame[at]!;
      const own = keys.own(frame);
      const inlined = (keys.inlined(frame, own) ?? []).map((key) => `>${names.name(key << 2)}`);
      calls.unshift([names.name(own), ...inlined].join(''));
    }
    const { process, name } = threads.columns;
    const who = processName(tables, process[thread[row]!]!);
    lines.push(`${slice[row]} ${strings.columns.text[name[thread[row]!]!]} | ${[who, ...calls].join(';')} ${weight[row]}`);
  }
  return lines;
}
