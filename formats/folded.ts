// SPDX-License-Identifier: Apache-2.0
/**
 * Folded stacks, the text that flamegraph.pl and its successors read (header comments of FlameGraph's
 * flamegraph.pl and stackcollapse-perf.pl):
 *
 *     comm;outermost;...;leaf N
 *
 * The process name comes first. Kernel frames end in `_[k]`, inlined functions in `_[i]`, JIT code in
 * `_[j]`. In names `;` becomes `:` (as in stackcollapse-perf.pl) and what cannot be printed `?` (printable.ts).
 * Equal lines are one, lines are sorted by UTF-16 code units and end in a line feed, so the same profile
 * gives the same bytes whatever the order in which its rows came.
 */
import { FrameKeys, functionKey, type Key } from '../profile/frame-keys.ts';
import { Names } from '../profile/names.ts';
import { ProcessKeys } from '../profile/processes.ts';
import { FrameCategory } from '../profile/schema.ts';
import type { Tables } from '../profile/tables.ts';
import { NONE, type FrameIndex, type StackIndex, type ThreadIndex } from '../profile/units.ts';
import { printable } from './printable.ts';
import { selectTree, type Selection } from './selection.ts';

export type FoldedOptions = Selection;

/** Empty where no sample is selected. */
export function toFolded(tables: Tables, options: FoldedOptions = {}): string {
  const { stack, thread, weight } = tables.samples.columns;
  const writer = new StackWriter(tables);
  const byProcess = new Map<string, Map<StackIndex, number>>();
  selectTree(tables, options).rows((row) => {
    const comm = writer.comm(thread[row]!);
    let stacks = byProcess.get(comm);
    if (!stacks) byProcess.set(comm, (stacks = new Map()));
    stacks.set(stack[row]!, (stacks.get(stack[row]!) ?? 0) + weight[row]!);
  });
  const lines = new Map<string, number>();
  for (const [comm, stacks] of byProcess) {
    for (const [leaf, total] of stacks) {
      if (!(total > 0)) continue;
      const line = writer.line(comm, leaf);
      lines.set(line, (lines.get(line) ?? 0) + total);
    }
  }
  return [...lines.keys()].sort().map((line) => `${line} ${lines.get(line)!}\n`).join('');
}

class StackWriter {
  readonly #tables: Tables;
  readonly #names: Names;
  readonly #keys: FrameKeys;
  readonly #processes: ProcessKeys;
  /** Text of each frame, inlined functions included. */
  readonly #texts = new Map<FrameIndex, string>();

  constructor(tables: Tables) {
    this.#tables = tables;
    this.#names = new Names(tables);
    this.#keys = new FrameKeys(tables);
    this.#processes = new ProcessKeys(tables);
    this.#keys.take(0, tables.symbols.length);
  }

  comm(thread: ThreadIndex): string {
    return this.#name(this.#processes.ofThread(thread));
  }

  line(comm: string, leaf: StackIndex): string {
    const { prefix, frame } = this.#tables.stacks.columns;
    const parts: string[] = [];
    for (let at = leaf; at !== NONE; at = prefix[at]! < at ? prefix[at]! : NONE) parts.push(this.#frame(frame[at]!));
    parts.push(comm);
    return parts.reverse().join(';');
  }

  #frame(frame: FrameIndex): string {
    let text = this.#texts.get(frame);
    if (text === undefined) {
      const category = this.#tables.frames.columns.category[frame] as FrameCategory;
      const parts = [this.#name(this.#keys.outer(frame)) + suffix(category)];
      for (const row of this.#keys.inlined(frame) ?? []) {
        if (row !== NONE) parts.push(this.#name(functionKey(row)) + suffix(FrameCategory.inlined));
      }
      this.#texts.set(frame, (text = parts.join(';')));
    }
    return text;
  }

  #name(key: Key): string {
    return escapeName(this.#names.name(key));
  }
}

function escapeName(name: string): string {
  return printable(name).replaceAll(';', ':');
}

function suffix(category: FrameCategory): string {
  switch (category) {
    case FrameCategory.kernel:
      return '_[k]';
    case FrameCategory.inlined:
      return '_[i]';
    case FrameCategory.jit:
      return '_[j]';
    case FrameCategory.user:
    case FrameCategory.library:
    case FrameCategory.interpreted:
    case FrameCategory.unresolved:
      return '';
    default:
      category satisfies never;
      return '';
  }
}
