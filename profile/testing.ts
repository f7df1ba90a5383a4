// SPDX-License-Identifier: Apache-2.0
/** For tests only: profiles written as text. */
import { NO_NODE, ROOT, type CallTree } from './call-tree.ts';
import { EventWords } from './event-words.ts';
import { FrameCategory, ModuleKind, SampleKind, StackEnd, type Row } from './schema.ts';
import { createTables, type Tables } from './tables.ts';
import { NONE, type FrameIndex, type ModuleIndex, type StackIndex, type StringIndex } from './units.ts';

/** Rows written one after the other, each thing once. */
export class ProfileWriter {
  readonly tables: Tables = createTables();
  readonly #rows = new Map<string, number>();

  #once(key: string, append: () => number): number {
    let row = this.#rows.get(key);
    if (row === undefined) this.#rows.set(key, (row = append()));
    return row;
  }

  string(text: string): StringIndex {
    return text === '' ? 0 : this.#once(`string ${text}`, () => this.tables.strings.append({ text }));
  }

  module(path: string, kind: ModuleKind = ModuleKind.library): ModuleIndex {
    const row = { path: this.string(path), buildId: 0, kind };
    return this.#once(`module ${path}`, () => this.tables.modules.append(row));
  }

  /** A frame without a name, offset `offset` of a module (NONE: an address without mapping). */
  frame(module: ModuleIndex, offset: number, category: FrameCategory = FrameCategory.user): FrameIndex {
    return this.#once(`frame ${module} ${offset}`, () => this.tables.frames.append({ module, offset, category }));
  }

  function(name: string, module: ModuleIndex = NONE): number {
    const row = { name: this.string(name), module, file: 0, line: 0 };
    return this.#once(`function ${module} ${name}`, () => this.tables.functions.append(row));
  }

  /** A row of `symbols`; name null: looked up, none found. */
  symbol(frame: FrameIndex, name: string | null, depth = 0, module: ModuleIndex = NONE): number {
    const row = { frame, depth, function: name === null ? NONE : this.function(name, module), file: 0, line: 0 };
    return this.tables.symbols.append(row);
  }

  /** Outermost frame first. */
  stack(frames: readonly FrameIndex[], end: StackEnd = StackEnd.outermost): StackIndex {
    let prefix: StackIndex = NONE;
    for (const frame of frames) {
      const row = { prefix, frame, end };
      prefix = this.#once(`stack ${prefix} ${frame} ${end}`, () => this.tables.stacks.append(row));
    }
    return prefix;
  }

  thread(tid: number, name: string, tgid = tid, processName = name): number {
    const row = { tgid, parent: NONE, name: this.string(processName), start: 0 };
    const process = this.#once(`process ${tgid} ${processName}`, () => this.tables.processes.append(row));
    return this.#once(`thread ${tid}`, () => this.tables.threads.append({ process, tid, name: this.string(name) }));
  }

  sample(stack: StackIndex, weight = 1, slice = 0, thread = 0): void {
    this.tables.samples.append({ slice, thread, stack, kind: SampleKind.onCpu, weight });
  }
}

/** Suffixes that give a frame its category, as in folded stacks. */
const SUFFIXES: [string, FrameCategory][] = [
  ['_[k]', FrameCategory.kernel],
  ['_[j]', FrameCategory.jit],
];

/**
 * Tables from folded stacks, one a line, outermost frame first:
 *
 *     main;work;read_[k] 3
 *     main;lib.so+0x1f 2
 *
 * `_[k]` makes a kernel frame, `_[j]` a JIT one, `_[i]` inlines the function into the frame before it, and
 * `module+0xoffset` has no name. One process and thread, "program", slice 0.
 */
export function profileFromText(text: string): Tables {
  const writer = new ProfileWriter();
  const user = writer.module('/usr/bin/program', ModuleKind.executable);
  const kernel = writer.module('[kernel]', ModuleKind.kernel);
  const thread = writer.thread(1, 'program');
  let offset = 0;
  const named = new Map<string, FrameIndex>();
  const frameOf = (call: string): FrameIndex => {
    const known = named.get(call);
    if (known !== undefined) return known;
    const [outer, ...inlined] = call.split('\n') as [string, ...string[]];
    const bare = /^(.+)\+0x([0-9a-f]+)$/.exec(outer);
    const [suffix, category] = SUFFIXES.find(([end]) => outer.endsWith(end)) ?? ['', FrameCategory.user];
    const module = bare ? writer.module(`/lib/${bare[1]}`) : category === FrameCategory.kernel ? kernel : user;
    const frame = writer.frame(module, bare ? parseInt(bare[2]!, 16) : (offset += 16), category);
    if (!bare) writer.symbol(frame, outer.slice(0, outer.length - suffix.length), 0, module);
    inlined.forEach((name, index) => writer.symbol(frame, name, index + 1, module));
    named.set(call, frame);
    return frame;
  };
  for (const line of text.split('\n').map((each) => each.trim()).filter((each) => each !== '')) {
    const [, stack, weight] = /^(.*) (\d+(?:\.\d+)?)$/.exec(line) ?? [];
    if (stack === undefined) throw new Error(`not a folded stack: "${line}"`);
    // An inlined function belongs to the frame before it: "a;b_[i]" is one frame, "a\nb".
    const frames = stack.replace(/;([^;]*)_\[i\](?=;|$)/g, '\n$1').split(';').map(frameOf);
    writer.sample(writer.stack(frames), Number(weight), 0, thread);
  }
  return writer.tables;
}

/** A row of `events` whose message is there already. */
export function worded(text: string, change: Partial<Row<'events'>> = {}): Row<'events'> {
  const nothing = { argument1: 0n, argument2: 0n, argument3: 0n, argument4: 0n, argument5: 0n, argument6: 0n, value: 0n };
  return { time: 0, probe: 0, thread: 0, cpu: 0, flags: 0, duration: -1, stack: NONE, signature: NONE, ...nothing, text, ...change };
}

/** Of all events that are in memory. */
export function messagesOf(tables: Tables): string[] {
  const words = new EventWords(tables);
  return Array.from({ length: tables.events.length - tables.events.first }, (_, at) => words.message(tables.events.columns, at));
}

/** Nodes with samples as "a;b self/total", in order of text. */
export function treeLines(tree: CallTree): string[] {
  const found: string[] = [];
  const visit = (node: number, path: string) => {
    for (let child = tree.firstChild(node); child !== NO_NODE; child = tree.nextSibling(child)) {
      if (tree.total(child) === 0) continue;
      const name = `${path}${tree.name(child)}`;
      found.push(`${name} ${tree.self(child)}/${tree.total(child)}`);
      visit(child, `${name};`);
    }
  };
  visit(ROOT, '');
  return found.sort();
}
