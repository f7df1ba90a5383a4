// SPDX-License-Identifier: Apache-2.0
/**
 * tgid and tid to rows of `processes` and `threads`, by time: an exec, or a number used again, begins a new
 * process row, and a thread that takes another name a new thread row. Thread rows are made when first used.
 */
import type { Tables } from '../../profile/tables.ts';
import { NONE, type ProcessIndex, type SliceIndex, type ThreadIndex } from '../../profile/units.ts';
import { StringInterner } from './interner.ts';
import { ProcessFlag } from './wire-layout.gen.ts';
import type { ProcessFrame, ThreadFrame } from './wire-frames.ts';

interface Life {
  row: ProcessIndex;
  /** Slices before it belong to the life before. */
  from: SliceIndex;
  name: string;
  /** By tid. */
  threads: Map<number, { name: string; row: ThreadIndex }>;
}

interface Known {
  lives: Life[];
  ended: boolean;
  /** The newest name of each tid. */
  names: Map<number, string>;
}

export class ProcessRegistry {
  readonly #tables: Tables;
  readonly #strings: StringInterner;
  readonly #known = new Map<number, Known>();

  constructor(tables: Tables) {
    this.#tables = tables;
    this.#strings = StringInterner.of(tables);
  }

  /** @param start nanoseconds since the recording began; @param slice in which it began or took this name. */
  process(frame: ProcessFrame, start: number, slice: SliceIndex): void {
    const known = this.#known.get(frame.tgid);
    const exec = (frame.flags & ProcessFlag.exec) !== 0;
    // A name taken without exec (prctl) stays with the thread; the process keeps the one of its exec.
    if (known && !exec && !known.ended) {
      known.names.set(frame.tgid, frame.name);
      return;
    }
    const before = known && !known.ended ? known.lives.at(-1)! : null;
    const parent = before
      ? this.#tables.processes.columns.parent[before.row]!
      : frame.flags & ProcessFlag.child
        ? this.#latest(frame.parentTgid)
        : NONE;
    const row = this.#tables.processes.append({ tgid: frame.tgid, parent, name: this.#strings.index(frame.name), start });
    const life: Life = { row, from: slice, name: frame.name, threads: new Map() };
    const names = new Map([[frame.tgid, frame.name]]);
    this.#known.set(frame.tgid, { lives: [...(known?.lives.slice(-3) ?? []), life], ended: false, names });
  }

  thread(frame: ThreadFrame): void {
    this.#find(frame.tgid).names.set(frame.tid, frame.name);
  }

  /** The process ended: its number may be used again. */
  exit(tgid: number): void {
    const known = this.#known.get(tgid);
    if (known) known.ended = true;
  }

  /** The newest row of a process, NONE when it is not known. */
  latest(tgid: number): ProcessIndex {
    return this.#latest(tgid);
  }

  threadRow(tgid: number, tid: number, slice: SliceIndex): ThreadIndex {
    const known = this.#find(tgid);
    let life = known.lives[0]!;
    for (const later of known.lives) if (later.from <= slice) life = later;
    const newest = life === known.lives.at(-1);
    const name = (newest ? known.names.get(tid) : undefined) ?? life.threads.get(tid)?.name ?? life.name;
    const thread = life.threads.get(tid);
    if (thread && thread.name === name) return thread.row;
    const row = this.#tables.threads.append({ process: life.row, tid, name: this.#strings.index(name) });
    life.threads.set(tid, { name, row });
    return row;
  }

  /** The name that it has, or its number where it was never announced: it is no target. */
  threadName(tgid: number, tid: number, slice: SliceIndex): string {
    if (tid === 0) return 'the idle task';
    const known = this.#known.get(tgid);
    if (!known) return `process ${tgid}`;
    const name = known.names.get(tid);
    return name ?? known.lives.findLast(({ from }) => from <= slice)?.name ?? `process ${tgid}`;
  }

  #latest(tgid: number): ProcessIndex {
    return this.#known.get(tgid)?.lives.at(-1)?.row ?? NONE;
  }

  /** A process that was never announced has a row without a name rather than none. */
  #find(tgid: number): Known {
    let known = this.#known.get(tgid);
    if (!known) {
      const row = this.#tables.processes.append({ tgid, parent: NONE, name: 0, start: 0 });
      known = { lives: [{ row, from: 0, name: '', threads: new Map() }], ended: false, names: new Map() };
      this.#known.set(tgid, known);
    }
    return known;
  }
}
