// SPDX-License-Identifier: Apache-2.0
/**
 * Folded stacks (header comments of FlameGraph's flamegraph.pl, stackcollapse-perf.pl and difffolded.pl):
 *
 *     comm;outermost;...;leaf N
 *
 * The first name is the process's, with `-PID/TID` behind it where stackcollapse-perf.pl was told `--tid`. `_[k]`, `_[i]`
 * and `_[j]` say what a frame is, `_[w]` that it is of who ended a wait. `module+0xoffset` and `0xaddress` are frames
 * without a name. N may be a decimal number. The file says neither times nor what N counts.
 */
import { WAKER_SEPARATOR, type Question } from '../../profile/questions.ts';
import { FrameCategory, ModuleKind, SampleKind, StackEnd } from '../../profile/schema.ts';
import { NONE, type FrameIndex, type FunctionIndex, type ModuleIndex, type StackIndex, type ThreadIndex } from '../../profile/units.ts';
import { atLine, FormatError, NOTHING_KNOWN, type Format, type FormatReader, type Imported, type ReadOptions, type WeightUnit } from './format.ts';
import { headLines, Lines, OPEN_NOTE } from './lines.ts';
import { MAX_FRAMES, type ProfileBuilder } from './profile-builder.ts';

const COUNT = /^\d+(\.\d*)?(e[+-]?\d+)?$/i;
const SUFFIX = /_\[[kijw]\]$/;
const categories: Readonly<Record<string, FrameCategory>> = {
  '_[k]': FrameCategory.kernel,
  '_[i]': FrameCategory.inlined,
  '_[j]': FrameCategory.jit,
};
/** Functions of one frame that are kept, its own and those inlined into it. */
const MAX_INLINED = 64;
/** Lines of a file's beginning that are looked at. */
const HEAD_LINES = 50;
/** Lines after which a file whose every line has two counts is refused. */
const TWO_COUNTS_LINES = 1000;

export const folded: Format = {
  name: 'folded',
  title: 'folded stacks',
  recognises(head, fileName) {
    const lines = headLines(head).map((line) => line.trimEnd()).filter((line) => line !== '').slice(0, HEAD_LINES);
    if (lines.length === 0) return false;
    const sound = lines.filter((line) => splitCount(line) !== null);
    // Then a bad line is a broken file of this format, named by its line.
    if (/\.(folded|collapsed|stacks)(\.gz)?$/i.test(fileName)) return head.length > 0;
    return sound.length * 10 >= lines.length * 9 && sound.some((line) => line.includes(';'));
  },
  reader: (builder, options = {}) => new FoldedReader(builder, options),
};

/** Where the stack ends and what follows, null: no count follows. */
function splitCount(line: string): { end: number; count: number } | null {
  const space = Math.max(line.lastIndexOf(' '), line.lastIndexOf('\t'));
  if (space < 0) return null;
  const text = line.slice(space + 1);
  if (!COUNT.test(text)) return null;
  let end = space;
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end--;
  return end > 0 ? { end, count: Number(text) } : null;
}

interface Weighing {
  question: Question;
  kind: SampleKind;
  /** Of a count. */
  scale: number;
}

const weighings: Readonly<Record<WeightUnit, Weighing>> = {
  samples: { question: 'on-cpu', kind: SampleKind.onCpu, scale: 1 },
  microseconds: { question: 'off-cpu', kind: SampleKind.blocked, scale: 1000 },
  bytes: { question: 'memory', kind: SampleKind.memory, scale: 1 },
};

class FoldedReader implements FormatReader {
  readonly #builder: ProfileBuilder;
  readonly #weighing: Weighing;
  readonly #frames: FoldedFrames;
  readonly #threads = new Map<string, ThreadIndex>();
  readonly #lines = new Lines((line, number) => this.#line(line, number));
  #stacks = 0;
  #withTwoCounts = 0;
  #hasWakers = false;
  /** The line before and where its frames end, with their rows: sorted lines begin alike. */
  #before = '';
  #ends: number[] = [];
  #rows: StackIndex[] = [];
  #frameOf: FrameIndex[] = [];

  constructor(builder: ProfileBuilder, { unit = 'samples' }: ReadOptions) {
    this.#builder = builder;
    this.#weighing = weighings[unit];
    this.#frames = new FoldedFrames(builder);
  }

  push(bytes: Uint8Array): void {
    this.#lines.push(bytes);
  }

  end(): Imported {
    this.#lines.end();
    if (this.#stacks === 0) throw new FormatError('', 'it holds no stack');
    if (this.#withTwoCounts === this.#stacks) this.#refuseTwoCounts();
    const { question } = this.#weighing;
    return { ...NOTHING_KNOWN, question: question === 'off-cpu' && this.#hasWakers ? 'wakeups' : question, notes: this.#lines.isOpen ? [OPEN_NOTE] : [] };
  }

  #line(line: string, number: number): void {
    const text = line.trimEnd();
    if (text === '') return;
    const found = splitCount(text);
    if (found === null) {
      if (text.startsWith('# ')) return;
      throw new FormatError(atLine(number), 'it does not end in a count, as "main;read_line 42" does');
    }
    if (!(found.count <= Number.MAX_SAFE_INTEGER)) throw new FormatError(atLine(number), 'its count is too large');
    this.#stacks++;
    if (this.#withTwoCounts === this.#stacks - 1 && splitCount(text.slice(0, found.end)) !== null) this.#withTwoCounts++;
    if (this.#stacks === TWO_COUNTS_LINES && this.#withTwoCounts === this.#stacks) this.#refuseTwoCounts();
    const stack = text.slice(0, found.end);
    const comm = stack.indexOf(';');
    const thread = this.#thread(comm < 0 ? stack : stack.slice(0, comm));
    const row = comm < 0 ? NONE : this.#stack(stack, comm + 1);
    if (found.count > 0) this.#builder.sample(0, thread, row, this.#weighing.kind, found.count * this.#weighing.scale);
  }

  #refuseTwoCounts(): never {
    throw new FormatError(atLine(1), 'every line has two counts, as difffolded.pl writes them; import the two recordings apart, and compare them');
  }

  #thread(comm: string): ThreadIndex {
    let thread = this.#threads.get(comm);
    if (thread === undefined) {
      const numbered = /^(.+)-(\d+|\?)\/(\d+)$/.exec(comm);
      const name = numbered?.[1] ?? comm;
      const tid = Number(numbered?.[3] ?? 0);
      const process = this.#builder.process(numbered?.[2] === '?' ? tid : Number(numbered?.[2] ?? 0), name);
      thread = this.#builder.thread(process, tid, name);
      this.#threads.set(comm, thread);
    }
    return thread;
  }

  /** @param start behind the process's name */
  #stack(stack: string, start: number): StackIndex {
    const skipped = this.#tooDeep(stack, start);
    if (skipped !== null) {
      this.#builder.cutStacks++;
      this.#before = '';
      return this.#walk(stack, skipped, 0, StackEnd.depthLimit);
    }
    return this.#walk(stack, start, this.#shared(stack, start), StackEnd.outermost);
  }

  /** Frames that the line before has at the same places; the leaf of either is none, it might be continued by `_[i]`. */
  #shared(stack: string, start: number): number {
    const before = this.#before;
    if (before.length < start || !before.startsWith(stack.slice(0, start))) return 0;
    let same = start;
    const most = Math.min(stack.length, before.length);
    while (same < most && stack.charCodeAt(same) === before.charCodeAt(same)) same++;
    let count = 0;
    // Up to a frame that is behind another whole one: what follows may be inlined into the last.
    while (count < this.#ends.length && this.#ends[count]! < same) count++;
    return Math.max(0, count - 1);
  }

  #walk(stack: string, start: number, shared: number, end: StackEnd): StackIndex {
    const ends = this.#ends;
    ends.length = shared;
    this.#rows.length = shared;
    this.#frameOf.length = shared;
    let row: StackIndex = shared > 0 ? this.#rows[shared - 1]! : NONE;
    for (let at = shared > 0 ? ends[shared - 1]! + 1 : start; at <= stack.length; ) {
      let next = stack.indexOf(';', at);
      if (next < 0) next = stack.length;
      const name = stack.slice(at, next);
      at = next + 1;
      const depth = ends.length;
      if (depth > 0 && name.endsWith('_[i]') && this.#frames.hasRoom(this.#frameOf[depth - 1]!)) {
        const frame = this.#frames.inlined(this.#frameOf[depth - 1]!, name.slice(0, -4));
        row = this.#builder.stack(depth > 1 ? this.#rows[depth - 2]! : NONE, frame, end);
        ends[depth - 1] = next;
        this.#rows[depth - 1] = row;
        this.#frameOf[depth - 1] = frame;
        continue;
      }
      if (name === WAKER_SEPARATOR) this.#hasWakers = true;
      const frame = this.#frames.named(name);
      row = this.#builder.stack(row, frame, end);
      ends.push(next);
      this.#rows.push(row);
      this.#frameOf.push(frame);
    }
    this.#before = end === StackEnd.outermost ? stack : '';
    return row;
  }

  /** Where the innermost frames begin that are kept; null: all are. */
  #tooDeep(stack: string, start: number): number | null {
    if (stack.length - start < MAX_FRAMES) return null;
    let at = stack.length;
    for (let frames = 0; frames < MAX_FRAMES; frames++) {
      at = stack.lastIndexOf(';', at - 1);
      if (at < start) return null;
    }
    return at + 1;
  }
}

/** Frames by name: there is nothing else to tell them apart. */
class FoldedFrames {
  readonly #builder: ProfileBuilder;
  readonly #named = new Map<string, FrameIndex>();
  /** Frame -> name of what is inlined into it -> the frame of both. */
  readonly #inlined = new Map<FrameIndex, Map<string, FrameIndex>>();
  /** Frame -> its first row of `symbols`; they stand together. */
  readonly #symbols: number[] = [];

  constructor(builder: ProfileBuilder) {
    this.#builder = builder;
  }

  named(text: string): FrameIndex {
    let frame = this.#named.get(text);
    if (frame === undefined) {
      frame = this.#make(text);
      this.#named.set(this.#builder.own(text), frame);
    }
    return frame;
  }

  /** Can one more function be inlined into it? Beyond that it is a frame of its own. */
  hasRoom(into: FrameIndex): boolean {
    return (this.#symbols[into + 1] ?? this.#builder.tables.symbols.length) - this.#symbols[into]! < MAX_INLINED;
  }

  inlined(into: FrameIndex, name: string): FrameIndex {
    let known = this.#inlined.get(into);
    if (!known) this.#inlined.set(into, (known = new Map()));
    let frame = known.get(name);
    if (frame === undefined) {
      const { frames, symbols } = this.#builder.tables;
      const module = frames.columns.module[into]!;
      const outer = [...symbols.columns.function.subarray(this.#symbols[into], this.#symbols[into + 1] ?? symbols.length)];
      frame = this.#add(module, frames.columns.category[into]! as FrameCategory, frames.columns.offset[into]!, [...outer, this.#builder.function(name, module)]);
      known.set(this.#builder.own(name), frame);
    }
    return frame;
  }

  #make(text: string): FrameIndex {
    const builder = this.#builder;
    const bare = /^(?:(.+)\+)?0x([0-9a-f]{1,14})$/.exec(text);
    const offset = bare ? parseInt(bare[2]!, 16) : Infinity;
    if (Number.isSafeInteger(offset)) {
      const module = bare![1] === undefined ? NONE : builder.module(bare![1], ModuleKind.library);
      return this.#add(module, module === NONE ? FrameCategory.unresolved : FrameCategory.library, offset, [NONE]);
    }
    const bareName = SUFFIX.test(text) ? text.slice(0, -4) : text;
    const category = categories[text.slice(bareName.length)] ?? FrameCategory.user;
    const module = category === FrameCategory.kernel ? builder.module('[kernel]', ModuleKind.kernel) : NONE;
    // Without an address frames are numbered.
    return this.#add(module, category, builder.tables.frames.length, [builder.function(bareName, module)]);
  }

  /** @param functions NONE: it has no name */
  #add(module: ModuleIndex, category: FrameCategory, offset: number, functions: FunctionIndex[]): FrameIndex {
    const frame = this.#builder.frame(module, offset, category);
    this.#symbols[frame] = this.#builder.tables.symbols.length;
    functions.forEach((row, depth) => this.#builder.symbol(frame, depth, row));
    return frame;
  }
}
