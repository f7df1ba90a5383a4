// SPDX-License-Identifier: Apache-2.0
/** What a recording says of a Python program's frames. */
import { createEngine } from '../../main/engine/engine.ts';
import { FrameCategory } from '../../profile/schema.ts';
import type { Tables } from '../../profile/tables.ts';
import { NONE } from '../../profile/units.ts';

export interface Sampled {
  samples: number;
  tgid: number;
  tid: number;
  /** Functions of the file, outermost first. */
  chain: string;
  /** The lines at which they were, likewise. */
  lines: number[];
  /** All functions, outermost first. */
  all: string[];
}

/** @param file name of the source file whose frames count */
export async function read(path: string, file: string, stateFolder: string): Promise<Sampled[]> {
  const engine = await createEngine({ shell: 'chromium', shellReason: '', stateFolder });
  try {
    const recording = await engine.openRecording(path);
    return sampled(recording.tables, file);
  } finally {
    await engine.close();
  }
}

function sampled(tables: Tables, file: string): Sampled[] {
  const { strings, modules, functions, frames, symbols, stacks, samples, threads, processes } = tables;
  const text = (at: number) => strings.columns.text[at]!;
  const symbolOf = new Map<number, number>();
  for (let row = 0; row < symbols.length; row++) if (symbols.columns.depth[row] === 0) symbolOf.set(symbols.columns.frame[row]!, row);
  const nameOf = (frame: number) => {
    const symbol = symbolOf.get(frame);
    const named = symbol === undefined ? NONE : symbols.columns.function[symbol]!;
    return named === NONE ? '?' : text(functions.columns.name[named]!);
  };
  const isOfFile = (frame: number) => {
    const module = frames.columns.module[frame]!;
    return frames.columns.category[frame] === FrameCategory.interpreted && module !== NONE && text(modules.columns.path[module]!).endsWith(file);
  };
  return Array.from({ length: samples.length }, (_, row) => {
    const stack: number[] = [];
    for (let at = samples.columns.stack[row]!; at !== NONE; at = stacks.columns.prefix[at]!) stack.unshift(stacks.columns.frame[at]!);
    const own = stack.filter(isOfFile);
    const thread = samples.columns.thread[row]!;
    return {
      samples: samples.columns.weight[row]!,
      tgid: processes.columns.tgid[threads.columns.process[thread]!]!,
      tid: threads.columns.tid[thread]!,
      chain: own.map(nameOf).join(';'),
      lines: own.map((frame) => symbols.columns.line[symbolOf.get(frame)!]!),
      all: stack.map(nameOf),
    };
  });
}

/** Samples by what `key` says, the most first. */
export function countBy(rows: readonly Sampled[], key: (row: Sampled) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(key(row), (counts.get(key(row)) ?? 0) + row.samples);
  return new Map([...counts].sort((a, b) => b[1] - a[1]));
}
