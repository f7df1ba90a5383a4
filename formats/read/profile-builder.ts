// SPDX-License-Identifier: Apache-2.0
/**
 * Rows for what other tools' files name: each text, module, process, thread, function and stack once. Names become
 * harmless where the texts are kept (`TextRows`).
 */
import { StackEnd, type FrameCategory, type ModuleKind, type SampleKind, type TableName } from '../../profile/schema.ts';
import type { Tables } from '../../profile/tables.ts';
import { NONE, SLICE_NANOSECONDS, type FrameIndex, type FunctionIndex, type ModuleIndex, type ProcessIndex, type SliceIndex, type StackIndex, type StringIndex, type ThreadIndex } from '../../profile/units.ts';
import { FormatError } from './format.ts';
import { StackRows } from './stack-rows.ts';

/** Where texts become rows of `strings`, each once. */
export interface TextRows {
  index(text: string): StringIndex;
}

/** Frames that are kept of one stack, from the inside. Deeper ones are cut, and end in `StackEnd.depthLimit`. */
export const MAX_FRAMES = 4096;
/** Slices that a file's times may span: 100 days, as the reader of recordings allows. */
const MAX_SLICES = 432_000_000;
/** Rows that one span of time is split into; longer ones stand in slices further apart. */
const MAX_SPAN_ROWS = 65_536;
/** Of a table for which nothing else is said. */
const DEFAULT_LIMIT = 32_000_000;

export class ProfileBuilder {
  readonly tables: Tables;
  readonly #texts: TextRows;
  readonly #limits: Readonly<Partial<Record<TableName, number>>>;
  readonly #stacks: StackRows;
  readonly #strings = new Map<string, StringIndex>();
  readonly #modules = new Map<string, ModuleIndex>();
  readonly #processes = new Map<string, ProcessIndex>();
  readonly #threads = new Map<string, ThreadIndex>();
  /** By module, then by name; those that a file or a line tells apart by all of it. */
  readonly #functions = new Map<ModuleIndex, Map<StringIndex, FunctionIndex>>();
  readonly #placed = new Map<string, FunctionIndex>();
  readonly #copy = { encoder: new TextEncoder(), decoder: new TextDecoder('utf-8', { ignoreBOM: true }) };
  /** The last of `stackOf`, the outermost frame first: the next one often begins alike. */
  readonly #before: { end: StackEnd; frames: FrameIndex[]; rows: StackIndex[] } = { end: StackEnd.outermost, frames: [], rows: [] };
  /** Stacks that had more than MAX_FRAMES, as often as they came. */
  cutStacks = 0;
  /** Behind the last slice with a sample. */
  sliceEnd: SliceIndex = 0;

  /** @param limits rows that a table may have */
  constructor(tables: Tables, texts: TextRows, limits: Readonly<Partial<Record<TableName, number>>> = {}) {
    this.tables = tables;
    this.#texts = texts;
    this.#limits = limits;
    this.#stacks = new StackRows(tables.stacks);
  }

  /** A copy of a text to be kept: a part of a line would keep the whole chunk in memory that it was cut from. */
  own(text: string): string {
    return this.#copy.decoder.decode(this.#copy.encoder.encode(text));
  }

  text(text: string): StringIndex {
    let row = this.#strings.get(text);
    if (row === undefined) {
      const own = this.own(text);
      row = this.#texts.index(own);
      this.#strings.set(own, row);
      this.#check('strings');
    }
    return row;
  }

  module(path: string, kind: ModuleKind, buildId = ''): ModuleIndex {
    return once(this.#modules, `${kind} ${buildId} ${path}`, () =>
      this.tables.modules.append({ path: this.text(path), buildId: this.text(buildId), kind }),
    );
  }

  /** @param tgid 0: not known; then its name tells it apart */
  process(tgid: number, name: string): ProcessIndex {
    return once(this.#processes, `${tgid} ${name}`, () =>
      this.tables.processes.append({ tgid: number32(tgid), parent: NONE, name: this.text(name), start: 0 }),
    );
  }

  /** @param tid 0: not known; then its name tells it apart */
  thread(process: ProcessIndex, tid: number, name: string): ThreadIndex {
    return once(this.#threads, `${process} ${tid} ${tid === 0 ? name : ''}`, () => {
      this.#check('threads');
      return this.tables.threads.append({ process, tid: number32(tid), name: this.text(name) });
    });
  }

  /** @param file, line of its definition, where they are known the first time */
  function(name: string, module: ModuleIndex, file = '', line = 0): FunctionIndex {
    let ofModule = this.#functions.get(module);
    if (!ofModule) this.#functions.set(module, (ofModule = new Map()));
    const text = this.text(name);
    let row = ofModule.get(text);
    if (row === undefined) ofModule.set(text, (row = this.tables.functions.append({ name: text, module, file: this.text(file), line: number32(line) })));
    return row;
  }

  /** One whose name alone does not say which it is. @param line of its definition, 0: not known */
  placedFunction(name: string, module: ModuleIndex, file: string, line: number): FunctionIndex {
    const row = { name: this.text(name), module, file: this.text(file), line: number32(line) };
    return once(this.#placed, `${module} ${row.name} ${row.file} ${row.line}`, () => this.tables.functions.append(row));
  }

  /** A new row: who calls knows which frames there are. @param offset see the schema */
  frame(module: ModuleIndex, offset: number, category: FrameCategory): FrameIndex {
    this.#check('frames');
    return this.tables.frames.append({ module, offset, category });
  }

  /** @param row NONE: the file has no name for it */
  symbol(frame: FrameIndex, depth: number, row: FunctionIndex, file = '', line = 0): void {
    this.#check('symbols');
    this.tables.symbols.append({ frame, depth, function: row, file: this.text(file), line: number32(line) });
  }

  stack(prefix: StackIndex, frame: FrameIndex, end: StackEnd = StackEnd.outermost): StackIndex {
    this.#check('stacks');
    return this.#stacks.index(prefix, frame, end);
  }

  /** The row of a stack, cut where it is too deep; NONE where it has no frame.
   * @param frames leaf first @param isCut there were more, which were not kept */
  stackOf(frames: ArrayLike<FrameIndex>, isCut = false): StackIndex {
    const kept = Math.min(frames.length, MAX_FRAMES);
    const isDeep = isCut || kept < frames.length;
    if (isDeep) this.cutStacks++;
    const end = isDeep ? StackEnd.depthLimit : StackEnd.outermost;
    const before = this.#before;
    let depth = 0;
    if (before.end === end) while (depth < kept && before.frames[depth] === frames[kept - 1 - depth]) depth++;
    before.end = end;
    before.frames.length = before.rows.length = depth;
    let stack: StackIndex = depth === 0 ? NONE : before.rows[depth - 1]!;
    for (; depth < kept; depth++) {
      const frame = frames[kept - 1 - depth]!;
      stack = this.stack(stack, frame, end);
      before.frames.push(frame);
      before.rows.push(stack);
    }
    return stack;
  }

  /** @throws FormatError for a time of more than 100 days */
  sample(slice: SliceIndex, thread: ThreadIndex, stack: StackIndex, kind: SampleKind, weight: number): void {
    const { samples } = this.tables;
    const { columns } = samples;
    const last = samples.length - 1;
    if (last >= 0 && columns.slice[last] === slice && columns.thread[last] === thread && columns.stack[last] === stack && columns.kind[last] === kind) {
      columns.weight[last]! += weight;
      return;
    }
    if (!(slice >= 0 && slice < MAX_SLICES)) throw new FormatError('', 'its times span more than 100 days, or begin before its start');
    this.#check('samples');
    if (slice >= this.sliceEnd) this.sliceEnd = slice + 1;
    samples.append({ slice, thread, stack, kind, weight });
  }

  /** Spreads a weight over the slices of a span of time, in nanoseconds since the first. */
  span(from: number, to: number, thread: ThreadIndex, stack: StackIndex, kind: SampleKind, weight: number): void {
    const first = Math.floor(from / SLICE_NANOSECONDS);
    if (to <= (first + 1) * SLICE_NANOSECONDS) {
      this.sample(first, thread, stack, kind, weight);
      return;
    }
    const step = Math.ceil((to - from) / SLICE_NANOSECONDS / MAX_SPAN_ROWS);
    for (let slice = first; slice * SLICE_NANOSECONDS < to; slice += step) {
      const begins = Math.max(from, slice * SLICE_NANOSECONDS);
      const ends = Math.min(to, (slice + step) * SLICE_NANOSECONDS);
      this.sample(slice, thread, stack, kind, (weight * (ends - begins)) / (to - from));
    }
  }

  #check(table: TableName): void {
    const limit = this.#limits[table] ?? DEFAULT_LIMIT;
    if (this.tables[table].length >= limit) {
      throw new FormatError('', `it has more than ${limit.toLocaleString('en')} ${table}`);
    }
  }
}

function once<T extends number>(rows: Map<string, T>, key: string, append: () => T): T {
  let row = rows.get(key);
  if (row === undefined) rows.set(key, (row = append()));
  return row;
}

/** Whole and within a column; what is no such number is 0, "not known". */
function number32(value: number): number {
  return Number.isInteger(value) && value >= 0 && value < 2 ** 32 ? value : 0;
}
