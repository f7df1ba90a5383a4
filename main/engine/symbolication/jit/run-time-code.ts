// SPDX-License-Identifier: Apache-2.0
/**
 * Names for code that processes make while they run. Learns from the stream which process has which mappings, follows
 * the files in which they tell what their code is, and answers for modules of ModuleKind.anonymous.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { ModuleIndex } from '../../../../profile/units.ts';
import type { RunTimeListener } from '../../normalizer.ts';
import type { GenerationFrame, MappingFrame } from '../../wire-frames.ts';
import type { Named, NameSource } from '../module-symbols.ts';
import { Budget, JitProcess } from './jit-process.ts';
import { namelessAdvice, runTimeOf, type RunTime } from './run-time.ts';

/** Processes followed at a time; each holds a file open. */
const MAX_PROCESSES = 256;
/** Files are asked for at a time: libuv has four threads for this and all other files, and a hostile file system
 * may keep one for ever. */
const PARALLEL = 2;
/** A drain's names wait for no file longer than this; what it says comes with a later drain. */
const PATIENCE_MS = 300;
const LAST_PATIENCE_MS = 3000;
/** Between two looks where there was something, and where there was nothing (doubled up to the most). */
const INTERVAL_MS = 150;
const MOST_INTERVAL_MS = 2000;

/** Times of files go in steps of the kernel's tick. */
const CLOCK_STEP_MS = 50;

interface Life {
  readonly process: JitProcess;
  dueMs: number;
  intervalMs: number;
  running: boolean;
}

interface Known {
  runTime: RunTime | null;
  dumps: { path: string; inode: bigint }[];
  /** Milliseconds of the epoch: its last exec, where that was seen. */
  execMs: number | null;
  /** The one since its last exec; null: it made no code so far. */
  life: Life | null;
}

export class RunTimeCode implements RunTimeListener {
  readonly #attach: (module: ModuleIndex, code: CodePlace) => void;
  readonly #budget = new Budget();
  readonly #known = new Map<number, Known>();
  /** All that are followed, those of processes that did an exec since included. */
  readonly #lives = new Set<Life>();
  readonly #workers = new Set<Promise<void>>();
  #home: ModuleIndex | null = null;

  /** @param attach told of each module that this may name */
  constructor(attach: (module: ModuleIndex, code: CodePlace) => void) {
    this.#attach = attach;
  }

  generation({ tgid, fromTgid, timeNs }: GenerationFrame): void {
    if (fromTgid === tgid) return;
    // After an exec nothing of before counts; a child is what its parent is.
    const isExec = fromTgid === 0 && this.#known.has(tgid);
    const runTime = this.#known.get(fromTgid)?.runTime ?? null;
    this.#known.set(tgid, { runTime, dumps: [], execMs: isExec ? epochOf(timeNs) - CLOCK_STEP_MS : null, life: null });
  }

  mapping({ tgid, path, inode }: MappingFrame): void {
    const runTime = runTimeOf(path);
    const isDump = /\/jit-\d+\.dump$/.test(path);
    if (!runTime && !isDump) return;
    const known = this.#of(tgid);
    // Node links to libraries of its own, and a Python or Java program may load any: the first is the program itself.
    if (runTime) known.runTime ??= runTime;
    if (!isDump) return;
    known.dumps.push({ path, inode });
    known.life?.process.addDump(path, inode);
  }

  anonymous(module: ModuleIndex, tgid: number, mapping: MappingFrame): void {
    this.#home ??= module;
    const known = this.#of(tgid);
    const life = (known.life ??= this.#begin(tgid, known));
    if (life) life.dueMs = 0;
    // What was made before a fork may be told in the parent's map only.
    const parent = mapping.tgid === tgid ? null : (this.#known.get(mapping.tgid)?.life?.process ?? null);
    this.#attach(module, new CodePlace(Number(mapping.start), tgid, this.#home, life?.process ?? null, parent, () => known.runTime));
  }

  forget(tgid: number): void {
    this.#known.delete(tgid);
  }

  /** Reads what is new in files that are due, or in all. Waits a moment for it, not for all of it. */
  async refresh(all = false): Promise<void> {
    if (all) for (const life of this.#lives) life.dueMs = 0;
    while (this.#workers.size < PARALLEL && this.#nextDue()) {
      const work = this.#work();
      this.#workers.add(work);
      void work.finally(() => this.#workers.delete(work));
    }
    if (this.#workers.size === 0) return;
    const patience = wait(all ? LAST_PATIENCE_MS : PATIENCE_MS, undefined, { ref: false });
    await Promise.race([Promise.all(this.#workers), patience]);
  }

  close(): void {
    for (const { process } of this.#lives) void process.close();
    this.#lives.clear();
    this.#known.clear();
  }

  #of(tgid: number): Known {
    let known = this.#known.get(tgid);
    if (!known) this.#known.set(tgid, (known = { runTime: null, dumps: [], execMs: null, life: null }));
    return known;
  }

  #begin(tgid: number, { dumps, execMs }: Known): Life | null {
    for (const life of this.#lives) if (this.#lives.size >= MAX_PROCESSES && life.process.gone) this.#lives.delete(life);
    if (this.#lives.size >= MAX_PROCESSES) return null;
    const life: Life = { process: new JitProcess(tgid, execMs, this.#budget), dueMs: 0, intervalMs: INTERVAL_MS, running: false };
    for (const { path, inode } of dumps) life.process.addDump(path, inode);
    this.#lives.add(life);
    return life;
  }

  #nextDue(): Life | undefined {
    const now = performance.now();
    for (const life of this.#lives) if (!life.running && !life.process.gone && life.dueMs <= now) return life;
    return undefined;
  }

  async #work(): Promise<void> {
    for (let life = this.#nextDue(); life; life = this.#nextDue()) {
      life.running = true;
      const any = await life.process.refresh();
      life.running = false;
      life.intervalMs = any ? INTERVAL_MS : Math.min(2 * life.intervalMs, MOST_INTERVAL_MS);
      life.dueMs = performance.now() + life.intervalMs;
    }
  }
}

/** Milliseconds of the epoch. @param monotonicNs of CLOCK_MONOTONIC, which is Node's */
function epochOf(monotonicNs: number): number {
  return Date.now() - (Number(process.hrtime.bigint()) - monotonicNs) / 1e6;
}

/** The code of one mapping of a process. */
export class CodePlace {
  readonly #start: number;
  readonly #tgid: number;
  readonly #home: ModuleIndex;
  readonly #process: JitProcess | null;
  readonly #parent: JitProcess | null;
  readonly #runTime: () => RunTime | null;

  constructor(start: number, tgid: number, home: ModuleIndex, process: JitProcess | null, parent: JitProcess | null, runTime: () => RunTime | null) {
    this.#start = start;
    this.#tgid = tgid;
    this.#home = home;
    this.#process = process;
    this.#parent = parent;
    this.#runTime = runTime;
  }

  /** Grows whenever there may be a name for what has none. */
  get version(): number {
    return (this.#process?.version ?? 0) + (this.#parent?.version ?? 0);
  }

  name(offsets: readonly number[]): Named {
    const found = offsets.map((offset) => this.#process?.find(this.#start + offset) ?? this.#parent?.find(this.#start + offset) ?? null);
    return {
      names: found.map((code) => code?.name ?? ''),
      places: found,
      home: this.#home,
      source: this.#source(),
      reason: this.#reason(),
      stripped: false,
    };
  }

  #source(): NameSource | null {
    const { files, entries } = this.#process?.told ?? { files: '', entries: 0 };
    return files === '' ? null : { source: files, debugFile: '', symbols: entries };
  }

  #reason(): string {
    if (!this.#process) return `More than ${MAX_PROCESSES} processes make code at run time, and this one is not followed.`;
    return this.#process.reason || this.#parent?.reason || namelessAdvice(this.#runTime(), this.#tgid);
  }
}
