// SPDX-License-Identifier: Apache-2.0
/**
 * The text that `perf script` prints: a line a sample, then its stack from the inside out, then an empty line.
 *
 *     comm  tid [cpu] seconds.micros:   period event:
 *     	    address symbol+0xoffset (module)
 *
 * One event of the file is read: samples of CPU time, or, of sched:sched_switch, the time until the thread is switched
 * to again.
 */
import { SampleKind } from '../../profile/schema.ts';
import { SLICE_NANOSECONDS, type StackIndex, type ThreadIndex } from '../../profile/units.ts';
import { atLine, FormatError, NOTHING_KNOWN, type Format, type FormatReader, type Imported, type ReadOptions } from './format.ts';
import { headLines, Lines, OPEN_NOTE } from './lines.ts';
import { PerfFrames, type StackLine } from './perf-frames.ts';
import { frameLine, sampleLine, switchText, type SampleLine } from './perf-lines.ts';
import { MAX_FRAMES, type ProfileBuilder } from './profile-builder.ts';

const SWITCH = 'sched:sched_switch';
/** Their period is nanoseconds. */
const CLOCKS: ReadonlySet<string> = new Set(['cpu-clock', 'task-clock']);
/** "  file.c:12", "  ??:0", "  [kernel.kallsyms][ffffffff81d33df7]", perhaps with " (inlined)" behind. */
const SOURCE = /^ {2}\S/;
const INLINED = / \(inlined\)$/;
/** Lines of one stack that are kept: each frame may have some inlined into it. */
const MAX_STACK_LINES = 2 * MAX_FRAMES;
/** Events that are told by name. */
const MAX_EVENTS = 1000;

export const perfScript: Format = {
  name: 'perf-script',
  title: 'the text of perf script',
  recognises(head) {
    const lines = headLines(head).filter((line) => line.trim() !== '' && !line.startsWith('#'));
    const first = lines[0];
    if (first === undefined) return headLines(head).some((line) => /^# (captured on|cmdline) .*:/.test(line));
    const sample = sampleLine(first);
    if (sample === null) return first.startsWith('\t') && frameLine(first.trim()) !== null && /\s/.test(first.trim());
    return sample.time !== null || sample.event !== '' || (lines[1] !== undefined && lines[1].startsWith('\t') && frameLine(lines[1].trim()) !== null);
  },
  reader: (builder, options = {}) => new PerfScriptReader(builder, options),
};

/** A thread that was switched away from. */
interface Wait {
  from: number;
  thread: ThreadIndex;
  stack: StackIndex;
  kind: SampleKind;
}

class PerfScriptReader implements FormatReader {
  readonly #builder: ProfileBuilder;
  readonly #frames: PerfFrames;
  readonly #lines = new Lines((line, number) => this.#line(line, number));
  readonly #about = { ...NOTHING_KNOWN };
  /** From the header, Hz by event. */
  readonly #rates = new Map<string, number>();
  /** The one that is read; null: not known yet. */
  #event: string | null;
  /** Samples of others. */
  readonly #others = new Map<string, number>();
  /** Sample whose stack is being read; null: none. */
  #sample: SampleLine | null = null;
  #stack: StackLine[] = [];
  #isCut = false;
  /** Nanoseconds of the first and the last sample. */
  #first: number | null = null;
  #last = 0;
  readonly #processes = new Map<number, { row: number; name: string }>();
  readonly #waits = new Map<number, Wait>();
  #endless = 0;

  constructor(builder: ProfileBuilder, { event }: ReadOptions) {
    this.#builder = builder;
    this.#frames = new PerfFrames(builder);
    this.#event = event ?? null;
  }

  push(bytes: Uint8Array): void {
    this.#lines.push(bytes);
  }

  end(): Imported {
    this.#lines.end();
    this.#endSample();
    this.#endless += this.#waits.size;
    if (this.#builder.tables.samples.length === 0) throw new FormatError('', this.#whyEmpty());
    const isSwitch = this.#event === SWITCH;
    return {
      ...this.#about,
      frequencyHz: isSwitch ? 0 : this.#rates.get(this.#event ?? '') ?? this.#about.frequencyHz,
      durationNs: this.#first === null ? 0 : this.#last - this.#first,
      question: isSwitch ? 'off-cpu' : 'on-cpu',
      notes: this.#notes(),
    };
  }

  #whyEmpty(): string {
    const events = [...this.#others.keys()].join(', ');
    if (events !== '') return `it has no sample of the event ${JSON.stringify(this.#event)}, but of ${events}`;
    return this.#event === SWITCH ? 'no thread is switched to again in it' : 'it holds no sample';
  }

  #notes(): string[] {
    const notes: string[] = [];
    const event = this.#event ?? '';
    if (event !== '' && event !== SWITCH && event !== 'cycles' && !CLOCKS.has(event)) notes.push(`Its samples are of the event ${event}.`);
    if (this.#others.size > 0) {
      const all = [...this.#others].map(([name, samples]) => `${samples.toLocaleString('en')} of ${name}`).join(', ');
      notes.push(`Samples of other events were left out: ${all}.`);
    }
    if (this.#endless > 0) notes.push(`Waits whose end is not in the file were left out: ${this.#endless.toLocaleString('en')}.`);
    if (this.#lines.isOpen) notes.push(OPEN_NOTE);
    return notes;
  }

  #line(line: string, number: number): void {
    if (line.trim() === '') return this.#endSample();
    if (line.startsWith('#')) return this.#header(line);
    if (line.startsWith('\t') ? this.#stackLine(line) : this.#sampleLine(line) || this.#stackLine(line)) return;
    // Of --show-mmap-events and the like.
    if (/\bPERF_RECORD_\w+/.test(line)) return this.#endSample();
    throw new FormatError(atLine(number), 'it is neither a sample nor a frame of one');
  }

  #header(line: string): void {
    const [, key, value] = /^# ([\w ]+?)\s*: (.*)$/.exec(line) ?? [];
    if (value === undefined) return;
    if (key === 'hostname') this.#about.host = value;
    else if (key === 'os release') this.#about.kernel = value;
    else if (key === 'nrcpus online') this.#about.cpus = Math.min(Number(value) || 0, 65_536);
    else if (key === 'captured on') this.#about.startedAt = Date.parse(value) || null;
    else if (key === 'event') {
      const name = /^name = ([^,]+),/.exec(value)?.[1]?.replace(/:[ukhGHpPSDWeIM]+$/, '');
      const rate = /\{ sample_period, sample_freq \} = (\d+)/.exec(value)?.[1];
      if (name !== undefined && rate !== undefined && /\bfreq = 1\b/.test(value)) this.#rates.set(name, Number(rate));
    }
  }

  #sampleLine(line: string): boolean {
    const sample = sampleLine(line);
    if (sample === null) return false;
    this.#endSample();
    this.#sample = sample;
    const frame = sample.rest === '' ? null : frameLine(sample.rest);
    if (frame && /\s/.test(sample.rest)) this.#stack.push({ ...frame, source: '' });
    return true;
  }

  /** A frame, or the source line of the one before. */
  #stackLine(line: string): boolean {
    const text = line.trim();
    const frame = frameLine(text);
    if (frame === null) {
      const last = this.#stack.at(-1);
      if (last === undefined || !SOURCE.test(line)) return false;
      if (this.#isCut) return true;
      last.source = text.replace(INLINED, '');
      last.isInlined ||= INLINED.test(text);
      return true;
    }
    // Where fields were chosen, nothing may say whose it is.
    this.#sample ??= { comm: 'not known', pid: null, tid: 0, time: null, period: 0, event: '', rest: '' };
    if (this.#stack.length < MAX_STACK_LINES) this.#stack.push({ ...frame, source: '' });
    else this.#isCut = true;
    return true;
  }

  #endSample(): void {
    const sample = this.#sample;
    if (sample === null) return;
    if (sample.time !== null) {
      this.#first ??= sample.time;
      this.#last = Math.max(this.#last, sample.time);
    }
    this.#event ??= sample.event;
    if (sample.event !== this.#event) this.#countOther(sample.event);
    else if (this.#event === SWITCH) this.#switch(sample);
    else this.#count(sample);
    this.#sample = null;
    this.#stack = [];
    this.#isCut = false;
  }

  #countOther(event: string): void {
    const name = this.#others.has(event) || this.#others.size < MAX_EVENTS ? this.#builder.own(event) : 'others';
    this.#others.set(name, (this.#others.get(name) ?? 0) + 1);
  }

  #count(sample: SampleLine): void {
    if (this.#about.frequencyHz === 0 && sample.period > 0 && CLOCKS.has(sample.event)) this.#about.frequencyHz = Math.round(1e9 / sample.period);
    const slice = Math.floor(this.#since(sample.time) / SLICE_NANOSECONDS);
    this.#builder.sample(slice, this.#thread(sample), this.#stackRow(), SampleKind.onCpu, 1);
  }

  #switch(sample: SampleLine): void {
    const told = switchText(sample.rest);
    if (told === null || sample.time === null) {
      this.#endless++;
      return;
    }
    const now = this.#since(sample.time);
    const ended = this.#waits.get(told.nextTid);
    if (ended) {
      this.#waits.delete(told.nextTid);
      if (now > ended.from) this.#builder.span(ended.from, now, ended.thread, ended.stack, ended.kind, now - ended.from);
    }
    // The idle threads wait for everybody else.
    if (sample.tid === 0) return;
    if (this.#waits.has(sample.tid)) this.#endless++;
    const kind = told.state.startsWith('R') ? SampleKind.preempted : SampleKind.blocked;
    this.#waits.set(sample.tid, { from: now, thread: this.#thread(sample), stack: this.#stackRow(), kind });
  }

  /** Nanoseconds since the first sample; one before it counts to it. */
  #since(time: number | null): number {
    return time === null || this.#first === null ? 0 : Math.max(0, time - this.#first);
  }

  #stackRow(): StackIndex {
    return this.#builder.stackOf(this.#frames.frames(this.#stack), this.#isCut);
  }

  #thread({ comm, pid, tid }: SampleLine): ThreadIndex {
    const builder = this.#builder;
    if (pid === null) return builder.thread(builder.process(0, comm), Math.max(0, tid), comm);
    let process = this.#processes.get(pid);
    // Its first thread has the process's name, which changes with an exec.
    if (process === undefined || (pid === tid && process.name !== comm)) {
      process = { row: builder.process(Math.max(0, pid), comm), name: builder.own(comm) };
      this.#processes.set(pid, process);
    }
    return builder.thread(process.row, Math.max(0, tid), comm);
  }
}
