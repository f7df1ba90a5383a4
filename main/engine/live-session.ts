// SPDX-License-Identifier: Apache-2.0
/**
 * Frames of a helper to rows of the tables. The same frames give the same rows, whatever their chunks and
 * whenever names arrive: nothing here asks the clock or the machine.
 */
import type { RecordingFigures } from '../../ipc/contract.ts';
import { LossCause, NoteKind, OUTSIDE_LEDGER, type TableName } from '../../profile/schema.ts';
import type { Tables } from '../../profile/tables.ts';
import { NONE, SLICE_NANOSECONDS, type SliceIndex } from '../../profile/units.ts';
import { DrainSamples } from './drain-samples.ts';
import { StringInterner } from './interner.ts';
import { Normalizer, type ModuleListener } from './normalizer.ts';
import { ProbeRows } from './probes/probe-rows.ts';
import { ProcessRegistry } from './process-registry.ts';
import { ROW_LIMITS } from './row-limits.ts';
import { StackRegistry } from './stack-registry.ts';
import { SyntheticFrames } from './synthetic-frames.ts';
import { WaitRows } from './wait-rows.ts';
import type { BytesFrame, CountsFrame, CpuTimeFrame, EndFrame, LedgerFrame, ModuleFrame, NoteFrame, StartedFrame, WireFrame } from './wire-frames.ts';
import { WireStreamError } from './wire-stream-error.ts';

/** Frames that may come before the start; a system with many processes sends some hundred thousand. */
const MAX_EARLY_FRAMES = 4_000_000;
/** A drain may still bring stacks of a process that ended in it or in the one before. */
const DRAINS_AFTER_EXIT = 3;

export interface SymbolListener extends ModuleListener {
  /** Symbols of a kernel module with frames: ascending offsets from its base. Replaces what came before. */
  kernelSymbols(module: number, offsets: Uint32Array, names: string[]): void;
}

/** What `take` is for. */
type RowFrame = Exclude<WireFrame, StartedFrame | ModuleFrame | BytesFrame>;

/** What a frame led to: `drained` after a ledger, when its rows are complete. */
export type SessionStep = 'going on' | 'started' | 'drained' | 'ended';

export class LiveSession {
  readonly #tables: Tables;
  readonly #listener: SymbolListener;
  readonly #limits: typeof ROW_LIMITS;
  readonly #strings: StringInterner;
  readonly #normalizer: Normalizer;
  readonly #stacks: StackRegistry;
  readonly #processes: ProcessRegistry;
  readonly #samples: DrainSamples;
  readonly probes: ProbeRows;
  readonly #waits: WaitRows;
  #early: RowFrame[] = [];
  #started: StartedFrame | null = null;
  #firstSlice = 0;
  #sliceEnd: SliceIndex = 0;
  #lastSlice: SliceIndex = 0;
  #unknownStacks = 0;
  #pythonCut = 0;
  #lost = 0;
  #received = 0;
  #figures: RecordingFigures = {
    durationNs: 0,
    ledger: { fired: 0, notOurs: 0, stored: 0, lost: 0 },
    overhead: { bpfNs: 0, helperCpuNs: 0 },
  };
  /** tgid -> drains until its mappings are forgotten */
  readonly #leaving = new Map<number, number>();

  /** @param limits for tests */
  constructor(tables: Tables, listener: SymbolListener, limits: typeof ROW_LIMITS = ROW_LIMITS) {
    this.#limits = limits;
    this.#tables = tables;
    this.#listener = listener;
    this.#strings = StringInterner.of(tables);
    this.#normalizer = new Normalizer(tables, listener);
    this.#stacks = new StackRegistry(tables, this.#normalizer);
    this.#processes = new ProcessRegistry(tables);
    this.#samples = new DrainSamples(tables);
    this.probes = new ProbeRows(tables, this.#stacks, this.#processes, {
      slice: (slice) => this.#slice(slice),
      sliceOf: (timeNs) => this.#sliceOf(timeNs),
      sinceStart: (timeNs) => this.#sinceStart(timeNs),
    });
    this.#waits = new WaitRows(this.#stacks, this.#processes, this.#samples, new SyntheticFrames(tables));
  }

  get figures(): RecordingFigures {
    return this.#figures;
  }

  get sliceEnd(): SliceIndex {
    return this.#sliceEnd;
  }

  /** Samples that came, to be compared with what the ledger says was stored. */
  get received(): number {
    return this.#received;
  }

  /** null before sampling began. */
  get started(): StartedFrame | null {
    return this.#started;
  }

  /** The first table that reached its limit, null: none. */
  full(): { table: TableName; rows: number } | null {
    for (const [table, rows] of Object.entries(this.#limits) as [TableName, number][]) {
      if (this.#tables[table].length >= rows) return { table, rows };
    }
    return null;
  }

  /** @throws WireStreamError when it comes in the wrong state. */
  accept(frame: WireFrame): SessionStep {
    if (frame.type === 'started') return this.#start(frame);
    if (frame.type === 'module' || frame.type === 'bytes') return 'going on'; // for whoever knows the files (unwind-answers.ts)
    if (!this.#started && frame.type !== 'refused' && frame.type !== 'end') {
      // Rows count their time from the start, so what comes before it waits.
      if (this.#early.push(frame) > MAX_EARLY_FRAMES) throw new WireStreamError('wrongState', 'too much before the start');
      return 'going on';
    }
    return this.#take(frame);
  }

  /** What came after the last drain, of a helper that is gone. */
  flush(): void {
    this.#samples.flush();
  }

  /** What happened to the session itself, as a row. */
  note(kind: NoteKind, text: string): void {
    this.#tables.notes.append({ slice: this.#lastSlice, kind, process: NONE, text: this.#strings.index(text) });
  }

  #start(frame: StartedFrame): SessionStep {
    if (this.#started) throw new WireStreamError('wrongState', 'a second start');
    this.#started = frame;
    this.#firstSlice = Math.floor(frame.monotonicNs / SLICE_NANOSECONDS);
    const early = this.#early;
    this.#early = [];
    for (const waiting of early) this.#take(waiting);
    return 'started';
  }

  #take(frame: RowFrame): SessionStep {
    switch (frame.type) {
      case 'process':
        this.#leaving.delete(frame.tgid);
        this.#processes.process(frame, this.#sinceStart(frame.timeNs), this.#sliceOf(frame.timeNs));
        return 'going on';
      case 'thread':
        this.#processes.thread(frame);
        return 'going on';
      case 'generation':
        this.#normalizer.generation(frame);
        return 'going on';
      case 'mapping':
        this.#normalizer.mapping(frame);
        return 'going on';
      case 'kernelSymbols':
        this.#normalizer.kernelSymbols(frame);
        return 'going on';
      case 'pythonCode':
        this.#normalizer.pythonCode(frame);
        return 'going on';
      case 'stack':
        this.#stacks.add(frame);
        return 'going on';
      case 'counts':
        this.#counts(frame);
        return 'going on';
      case 'buckets':
        this.probes.buckets(frame);
        return 'going on';
      case 'events':
        this.probes.events(frame);
        return 'going on';
      case 'waits':
        this.#waits.take(frame, (slice) => this.#slice(slice));
        return 'going on';
      case 'cpuTime':
        this.#cpuTime(frame);
        return 'going on';
      case 'loss':
        if (!OUTSIDE_LEDGER.has(frame.cause)) this.#lost += frame.count;
        this.#tables.losses.append({ slice: this.#slice(frame.slice), cause: frame.cause, count: frame.count });
        return 'going on';
      case 'ledger':
        return this.#ledger(frame);
      case 'note':
        this.#note(frame);
        return 'going on';
      case 'end':
        return this.#end(frame);
      case 'tables':
        this.#figures = { ...this.#figures, unwindTables: { tables: frame.tables, bytes: frame.bytes, refused: frame.refused, evicted: frame.evicted } };
        return 'going on';
      case 'hello':
      case 'refused':
      case 'probeState':
      case 'probeFigures':
      case 'capabilities':
      case 'list':
        return 'going on';
      default:
        return frame satisfies never;
    }
  }

  #counts(frame: CountsFrame): void {
    for (let i = 0; i < frame.length; i++) {
      const slice = this.#slice(frame.slice[i]!);
      const weight = frame.samples[i]!;
      const { stack, unknown } = this.#stacks.findSampled(frame.userStack[i]!, frame.kernelStack[i]!);
      if (unknown) this.#unknownStacks += weight;
      this.#received += weight;
      const thread = this.#processes.threadRow(frame.tgid[i]!, frame.tid[i]!, slice);
      this.#samples.add(slice, thread, stack, weight);
    }
  }

  #cpuTime(frame: CpuTimeFrame): void {
    const slice = this.#slice(frame.slice);
    for (let i = 0; i < frame.length; i++) {
      const cpuTime = frame.cpuNs[i]!;
      if (cpuTime === 0) continue;
      const thread = frame.tgid[i] === 0 ? NONE : this.#processes.threadRow(frame.tgid[i]!, frame.tid[i]!, slice);
      this.#tables.expected.append({ slice, thread, cpuTime });
    }
  }

  #ledger(frame: LedgerFrame): SessionStep {
    this.#samples.flush();
    if (this.#unknownStacks > 0) {
      this.#tables.losses.append({ slice: this.#lastSlice, cause: LossCause.unknownStack, count: this.#unknownStacks });
      this.#unknownStacks = 0;
    }
    if (frame.pythonCut > this.#pythonCut) {
      this.#tables.losses.append({ slice: this.#lastSlice, cause: LossCause.pythonFrames, count: frame.pythonCut - this.#pythonCut });
      this.#pythonCut = frame.pythonCut;
    }
    this.#figures = {
      ...this.#figures,
      durationNs: this.#sinceStart(frame.timeNs),
      ledger: { fired: frame.fired, notOurs: frame.notOurs, stored: frame.stored, lost: this.#lost },
      overhead: { bpfNs: frame.bpfNs, helperCpuNs: frame.helperNs },
    };
    this.#sliceEnd = Math.max(this.#sliceEnd, frame.completeSlice - this.#firstSlice);
    for (const [module, { offsets, names }] of this.#normalizer.freshKernelModules()) {
      this.#listener.kernelSymbols(module, offsets, names);
    }
    for (const [tgid, drains] of this.#leaving) {
      if (drains > 0) {
        this.#leaving.set(tgid, drains - 1);
        continue;
      }
      this.#leaving.delete(tgid);
      this.#normalizer.forget(tgid);
    }
    return 'drained';
  }

  #note(frame: NoteFrame): void {
    const kind = frame.kind satisfies NoteKind;
    const row = { slice: this.#sliceOf(frame.timeNs), kind, process: this.#processes.latest(frame.tgid) };
    this.#tables.notes.append({ ...row, text: this.#strings.index(frame.text) });
    if (kind === NoteKind.exit) {
      this.#processes.exit(frame.tgid);
      this.#leaving.set(frame.tgid, DRAINS_AFTER_EXIT);
    }
  }

  #end(frame: EndFrame): SessionStep {
    this.#samples.flush();
    if (this.#started) {
      this.#figures = { ...this.#figures, durationNs: this.#sinceStart(frame.timeNs) };
      this.#sliceEnd = Math.max(this.#sliceEnd, this.#lastSlice + 1);
    }
    return 'ended';
  }

  #sinceStart(timeNs: number): number {
    return timeNs - this.#started!.monotonicNs;
  }

  /** A slice since boot to one of the recording; what began before it is in its first. */
  #slice(slice: number): SliceIndex {
    const index = Math.max(0, slice - this.#firstSlice);
    if (index > this.#lastSlice) this.#lastSlice = index;
    return index;
  }

  #sliceOf(timeNs: number): SliceIndex {
    return Math.max(0, Math.floor(timeNs / SLICE_NANOSECONDS) - this.#firstSlice);
  }
}

