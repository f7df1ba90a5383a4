// SPDX-License-Identifier: Apache-2.0
/**
 * V8's CPU profile, of Chrome and `node --cpu-prof` (DevTools protocol, Profiler.Profile): a tree of calls, and for each
 * sample its node and the time since the one before. Samples of "(idle)" are waits; where there are any, the recording
 * is one of all of the time.
 */
import { Int32Chunks } from '../../profile/chunked.ts';
import { FrameCategory, ModuleKind, SampleKind } from '../../profile/schema.ts';
import { NONE, SLICE_NANOSECONDS, type FrameIndex, type FunctionIndex, type ModuleIndex, type StackIndex } from '../../profile/units.ts';
import { FormatError, NOTHING_KNOWN, type Format, type FormatReader, type Imported } from './format.ts';
import { field, JsonStream, numberField, textField, type JsonValue } from './json-stream.ts';
import { MAX_FRAMES, type ProfileBuilder } from './profile-builder.ts';

const MICROSECOND = 1000;
/** Nodes of a tree: V8 writes a line of some 200 bytes for each. */
const MAX_NODES = 8_000_000;
/** Samples after which what they took is given back. */
const FORGET_EVERY = 1 << 20;
/** V8's own default between two samples, where the file has only one. */
const DEFAULT_INTERVAL = 1000;

export const cpuprofile: Format = {
  name: 'cpuprofile',
  title: "Chrome's .cpuprofile",
  recognises(head, fileName) {
    const text = new TextDecoder().decode(head);
    if (!/^\ufeff?\s*\{/.test(text)) return false;
    return /\.cpuprofile(\.gz)?$/i.test(fileName) || (/"nodes"\s*:\s*\[/.test(text) && /"callFrame"\s*:/.test(text));
  },
  reader: (builder) => new CpuprofileReader(builder),
};

/** What nodes call, each once. */
interface Call {
  name: string;
  url: string;
  /** Of the function's definition, from 1; 0: not known. */
  line: number;
}

/** Samples by line, of those that ended in a node, in the order in which they are given away. */
type Ticks = { line: number; left: number }[];

class CpuprofileReader implements FormatReader {
  readonly #builder: ProfileBuilder;
  readonly #json = new JsonStream({
    nodes: { '*': (value) => this.#node(value) },
    samples: { '*': (value) => this.#samples.add(whole(value)) },
    timeDeltas: { '*': (value) => this.#deltas.add(typeof value === 'number' ? value : 0) },
    startTime: (value) => (this.#startTime = typeof value === 'number' ? value : 0),
    endTime: (value) => (this.#endTime = typeof value === 'number' ? value : 0),
  });
  readonly #calls: Call[] = [];
  readonly #callRows = new Map<string, number>();
  /** Number of a node -> its row. */
  readonly #nodes = new Map<number, number>();
  /** By row of the node: its call, and the number of its parent. */
  readonly #callOf = new Int32Chunks();
  readonly #parentOf = new Column();
  /** By row; most have none. */
  readonly #ticks = new Map<number, Ticks>();
  readonly #samples = new Column();
  readonly #deltas = new Column();
  readonly #frames = new Map<string, FrameIndex>();
  #startTime = 0;
  #endTime = 0;

  constructor(builder: ProfileBuilder) {
    this.#builder = builder;
  }

  push(bytes: Uint8Array): void {
    this.#json.push(bytes);
  }

  end(): Imported {
    this.#json.end();
    if (this.#samples.length === 0) throw new FormatError('', 'it holds no sample');
    const interval = this.#interval();
    const thread = this.#builder.thread(this.#builder.process(0, 'JavaScript'), 0, 'main thread');
    const stacks = new Map<number, StackIndex>();
    let hasWaits = false;
    let time = 0;
    for (let row = 0; row < this.#samples.length; row++) {
      // Rows of the recording come while these go: of tens of millions both together would be most of the memory.
      if (row % FORGET_EVERY === 0) for (const column of [this.#samples, this.#deltas]) column.forget(row);
      time += Math.max(0, this.#deltas.get(row));
      const id = this.#samples.get(row);
      const node = this.#nodes.get(id);
      if (node === undefined) throw new FormatError('', `sample ${(row + 1).toLocaleString('en')} names node ${id}, which is not there`);
      const isIdle = this.#callAt(node).name === '(idle)';
      hasWaits ||= isIdle;
      const slice = Math.floor((time * MICROSECOND) / SLICE_NANOSECONDS);
      const stack = this.#stackOf(node, stacks);
      if (isIdle) this.#builder.sample(slice, thread, stack, SampleKind.blocked, interval * MICROSECOND);
      else this.#builder.sample(slice, thread, stack, SampleKind.onCpu, 1);
    }
    const durationNs = Math.max(time, this.#endTime - this.#startTime) * MICROSECOND;
    return { ...NOTHING_KNOWN, question: hasWaits ? 'wall' : 'on-cpu', frequencyHz: Math.round(1e6 / interval), durationNs: Number.isFinite(durationNs) ? durationNs : 0, notes: [] };
  }

  #node(value: JsonValue): void {
    if (this.#nodes.size >= MAX_NODES) throw new FormatError('', `it has more than ${MAX_NODES.toLocaleString('en')} nodes`);
    const id = whole(field(value, 'id'));
    const call = field(value, 'callFrame') ?? null;
    const parent = field(value, 'parent');
    const url = textField(call, 'url');
    const row = this.#nodes.get(id) ?? this.#nodes.size;
    this.#nodes.set(id, row);
    this.#callOf.reserve(row + 1);
    this.#callOf.set(row, this.#call({ name: textField(call, 'functionName') || '(anonymous)', url: url.replace(/^file:\/\//, ''), line: numberField(call, 'lineNumber') + (url === '' ? 0 : 1) }));
    this.#parentOf.put(row, typeof parent === 'number' ? parent : (this.#parents.get(id) ?? NONE));
    this.#parents.delete(id);
    const ticks = ticksOf(field(value, 'positionTicks'));
    if (ticks.length > 0) this.#ticks.set(row, ticks);
    else this.#ticks.delete(row);
    const children = field(value, 'children');
    if (!Array.isArray(children)) return;
    for (const child of children) {
      const known = this.#nodes.get(whole(child));
      if (known === undefined) this.#parents.set(whole(child), id);
      else this.#parentOf.put(known, id);
    }
  }

  #call(call: Call): number {
    const key = `${call.name}\n${call.url}\n${call.line}`;
    let row = this.#callRows.get(key);
    if (row === undefined) {
      row = this.#calls.push({ ...call, name: this.#builder.own(call.name), url: this.#builder.own(call.url) }) - 1;
      this.#callRows.set(this.#builder.own(key), row);
    }
    return row;
  }

  #callAt(node: number): Call {
    return this.#calls[this.#callOf.get(node)]!;
  }

  /** Of nodes that are still to come. */
  readonly #parents = new Map<number, number>();

  /** Microseconds between two samples: the median, since V8 is late now and then. */
  #interval(): number {
    const deltas = Array.from({ length: Math.min(this.#deltas.length, 100_000) }, (_, row) => this.#deltas.get(row)).filter((delta) => delta > 0).sort((a, b) => a - b);
    return Math.max(1, deltas[deltas.length >> 1] ?? DEFAULT_INTERVAL);
  }

  #stackOf(node: number, stacks: Map<number, StackIndex>): StackIndex {
    const ticks = this.#ticks.get(node);
    const tick = ticks?.at(-1);
    if (tick === undefined) {
      let stack = stacks.get(node);
      if (stack === undefined) stacks.set(node, (stack = this.#walk(node, 0)));
      return stack;
    }
    if (--tick.left <= 0) ticks!.pop();
    return this.#walk(node, tick.line);
  }

  /** @param line of the leaf, 0: not known */
  #walk(leaf: number, line: number): StackIndex {
    const frames: FrameIndex[] = [];
    // The root is the tree's own; a cycle ends at the limit.
    for (let node: number | undefined = leaf; node !== undefined && frames.length <= MAX_FRAMES; node = this.#nodes.get(this.#parentOf.get(node))) {
      if (this.#callAt(node).name === '(root)') break;
      frames.push(this.#frame(this.#callOf.get(node), node === leaf ? line : 0));
    }
    return this.#builder.stackOf(frames);
  }

  #frame(call: number, line: number): FrameIndex {
    const key = `${call} ${line}`;
    let frame = this.#frames.get(key);
    if (frame === undefined) {
      const { name, url, line: declared } = this.#calls[call]!;
      this.#frames.set(key, (frame = this.#make(name, url, declared, line)));
    }
    return frame;
  }

  #make(name: string, url: string, declared: number, line: number): FrameIndex {
    const builder = this.#builder;
    const module: ModuleIndex = url === '' ? NONE : builder.module(url, ModuleKind.source);
    const row: FunctionIndex = url === '' ? builder.function(name, NONE) : builder.placedFunction(name, module, url, declared);
    const category = url === '' ? FrameCategory.user : FrameCategory.interpreted;
    const frame = builder.frame(module, url === '' ? builder.tables.frames.length : line || declared, category);
    builder.symbol(frame, 0, row, url, line);
    return frame;
  }
}

/** Numbers as they come: tens of millions of small ones, and whatever else a file may hold. */
class Column {
  readonly #values = new Int32Chunks();
  /** By row, those that are no whole numbers of 32 bits. */
  readonly #others = new Map<number, number>();
  length = 0;

  add(value: number): void {
    this.put(this.length, value);
  }

  /** Of a row that is there, or the next one. */
  put(row: number, value: number): void {
    this.#values.reserve(row + 1);
    if (this.#others.size > 0) this.#others.delete(row);
    if ((value | 0) === value) this.#values.set(row, value);
    else this.#others.set(row, value);
    this.length = Math.max(this.length, row + 1);
  }

  /** Rows before it are not asked for any more. */
  forget(before: number): void {
    this.#values.forget(before);
  }

  /** 0 behind the last. */
  get(row: number): number {
    if (row >= this.length) return 0;
    return (this.#others.size > 0 ? this.#others.get(row) : undefined) ?? this.#values.get(row);
  }
}

function whole(value: JsonValue | undefined): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new FormatError('', 'a node has no number');
  return value;
}

function ticksOf(value: JsonValue | undefined): Ticks {
  if (!Array.isArray(value)) return [];
  return value.map((tick) => ({ line: numberField(tick, 'line'), left: numberField(tick, 'ticks') })).filter(({ line, left }) => line > 0 && left > 0);
}
