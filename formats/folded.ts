// SPDX-License-Identifier: Apache-2.0
/**
 * Folded stacks, the text that flamegraph.pl and its successors read (header comments of FlameGraph's
 * flamegraph.pl and stackcollapse-perf.pl):
 *
 *     comm;outermost;...;leaf N
 *
 * The process name comes first. Kernel frames end in `_[k]`, inlined functions in `_[i]`, JIT code in
 * `_[j]`, those of who ended a wait (behind `--`) in `_[w]`. In names `;` becomes `:` (as in stackcollapse-perf.pl) and what cannot be printed `?` (printable.ts).
 * Times are whole microseconds, as of offcputime; what rounds to none is left out.
 * Equal lines are one, lines are sorted by UTF-16 code units and end in a line feed, so the same profile
 * gives the same bytes whatever the order in which its rows came.
 */
import { NOTHING_COLLAPSED, type Collapse } from '../profile/collapse.ts';
import { FrameKeys, HIDDEN, functionKey, type Key } from '../profile/frame-keys.ts';
import { Names } from '../profile/names.ts';
import { ProcessKeys } from '../profile/processes.ts';
import { WAKER_SEPARATOR, weightsOf } from '../profile/questions.ts';
import { FrameCategory } from '../profile/schema.ts';
import type { Tables } from '../profile/tables.ts';
import { NONE, type FrameIndex, type StackIndex, type ThreadIndex } from '../profile/units.ts';
import { printable } from './printable.ts';
import { SAMPLES, selectTree, type Selection } from './selection.ts';

export type FoldedOptions = Selection;

/** Empty where no sample is selected. */
export function toFolded(tables: Tables, options: FoldedOptions = {}): string {
  const { stack, thread } = tables.samples.columns;
  const { scale, unit } = options.weights ?? SAMPLES;
  const weightOf = weightsOf(tables.samples, scale);
  const writer = new StackWriter(tables, options.collapse ?? NOTHING_COLLAPSED);
  const byProcess = new Map<string, Map<StackIndex, number>>();
  selectTree(tables, options).rows((row) => {
    const comm = writer.comm(thread[row]!);
    let stacks = byProcess.get(comm);
    if (!stacks) byProcess.set(comm, (stacks = new Map()));
    stacks.set(stack[row]!, (stacks.get(stack[row]!) ?? 0) + weightOf(row));
  });
  const lines = new Map<string, number>();
  for (const [comm, stacks] of byProcess) {
    for (const [leaf, total] of stacks) {
      if (!(total > 0)) continue;
      const line = writer.line(comm, leaf);
      lines.set(line, (lines.get(line) ?? 0) + total);
    }
  }
  const written = (line: string): number => (unit === 'µs' ? Math.round(lines.get(line)!) : lines.get(line)!);
  return [...lines.keys()].filter((line) => written(line) > 0).sort().map((line) => `${line} ${written(line)}\n`).join('');
}

/** A function in a line. */
interface Call {
  key: Key;
  text: string;
}

class StackWriter {
  readonly #tables: Tables;
  readonly #names: Names;
  readonly #keys: FrameKeys;
  readonly #processes: ProcessKeys;
  /** Of each frame, inlined functions included. */
  readonly #calls = new Map<FrameIndex, Call[]>();

  constructor(tables: Tables, collapse: Collapse) {
    this.#tables = tables;
    this.#names = new Names(tables);
    this.#keys = new FrameKeys(tables);
    this.#keys.collapse = collapse;
    this.#processes = new ProcessKeys(tables);
    this.#keys.take(0, tables.symbols.length);
  }

  comm(thread: ThreadIndex): string {
    return this.#name(this.#processes.ofThread(thread));
  }

  line(comm: string, leaf: StackIndex): string {
    const { prefix, frame } = this.#tables.stacks.columns;
    const frames: FrameIndex[] = [];
    for (let at = leaf; at !== NONE; at = prefix[at]! < at ? prefix[at]! : NONE) frames.push(frame[at]!);
    let line = comm;
    let last: Key | null = null;
    let isWaker = false;
    for (const each of frames.reverse()) {
      for (const { key, text } of this.#callsOf(each)) {
        if (key === last && this.#keys.joins(key)) continue;
        line += isWaker ? `;${text.replace(SUFFIX, '')}_[w]` : `;${text}`;
        isWaker ||= text === WAKER_SEPARATOR;
        last = key;
      }
    }
    return line;
  }

  #callsOf(frame: FrameIndex): Call[] {
    let calls = this.#calls.get(frame);
    if (calls === undefined) this.#calls.set(frame, (calls = this.#compose(frame)));
    return calls;
  }

  #compose(frame: FrameIndex): Call[] {
    const own = this.#keys.own(frame);
    if (own === HIDDEN) return [];
    const category = this.#tables.frames.columns.category[frame] as FrameCategory;
    const calls = [{ key: own, text: this.#name(own) + suffix(category) }];
    for (const row of this.#keys.inlined(frame, own) ?? []) {
      if (row === NONE) continue;
      const key = functionKey(row);
      calls.push({ key, text: this.#name(key) + suffix(FrameCategory.inlined) });
    }
    return calls;
  }

  #name(key: Key): string {
    return escapeName(this.#names.name(key));
  }
}

const SUFFIX = /_\[[kij]\]$/;

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
