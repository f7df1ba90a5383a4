// SPDX-License-Identifier: Apache-2.0
/** `emberscope trace`: a line a hit, in the order of fields that BCC's trace_fields has: task, pid, cpu, flags, time, message. */
import { EventWords } from '../../profile/event-words.ts';
import { EventFlag } from '../../profile/schema.ts';
import type { Tables } from '../../profile/tables.ts';
import { ExitCode } from './exit-code.ts';
import { valueText } from './histogram-text.ts';
import { attachedTo, runProbes, shortfalls, type Asked, type Probing, type ProbingOptions } from './probing.ts';
import type { InterruptibleSurroundings } from './surroundings.ts';
import { printable } from './terminal.ts';

export interface TraceOptions extends ProbingOptions {
  return?: boolean;
  /** Nanoseconds. */
  min?: number;
}

/** So that no text becomes longer than a pipe or a disk takes in one go. */
const LINES_AT_ONCE = 16_384;

const HEAD = `${'TASK'.padStart(16)} ${'PID'.padStart(7)}  CPU  FLAGS ${'TIME(s)'.padStart(12)}  MESSAGE\n`;

export async function trace(asked: Asked, options: TraceOptions, around: InterruptibleSurroundings): Promise<ExitCode> {
  const { terminal } = around;
  let probing: Probing | null = null;
  let printed = 0;
  let lines: ((row: number) => string) | null = null;
  const print = (): void => {
    if (!probing) return;
    const { tables } = probing.recording;
    const line = (lines ??= eventLines(tables));
    // After each drain; what was forgotten since is in the file.
    for (printed = Math.max(printed, tables.events.first); printed < tables.events.length; ) {
      let text = '';
      for (const end = Math.min(tables.events.length, printed + LINES_AT_ONCE); printed < end; printed++) text += line(printed);
      terminal.output.write(printable(text));
    }
  };
  const atReturn = options.return === true || options.min !== undefined;
  return runProbes(asked, options, around, {
    request: (target) => ({
      ...target,
      measure: { kind: atReturn ? 'latency' : 'count' },
      ...{ byThread: false, byStack: false, events: true, leastNs: options.min ?? 0, filter: null },
    }),
    begun(begun) {
      probing = begun;
      terminal.output.write(HEAD);
    },
    drained: print,
    ended({ recording }) {
      print();
      for (const line of attachedTo(recording).flatMap(shortfalls)) terminal.errors.write(printable(`${line}\n`));
    },
  });
}

/** @returns the line of a row of the events that are in memory */
export function eventLines({ strings, threads, events, signatures }: Tables): (row: number) => string {
  const words = new EventWords({ strings, signatures });
  // What rows have in common is put together once.
  const heads = new Map<number, string>();
  const flagTexts = new Map<number, string>();
  const cached = (known: Map<number, string>, key: number, make: () => string): string => {
    let text = known.get(key);
    if (text === undefined) known.set(key, (text = make()));
    return text;
  };
  const head = (thread: number): string => {
    const task = (strings.columns.text[threads.columns.name[thread]!] || '<...>').slice(0, 16);
    return `${task.padStart(16)} ${String(threads.columns.tid[thread]).padStart(7)} [`;
  };
  return (row) => {
    const { columns, first } = events;
    const at = row - first;
    const [thread, flags, duration] = [columns.thread[at]!, columns.flags[at]!, columns.duration[at]!];
    const took = duration >= 0 ? `  <${valueText(duration, 'nanoseconds')}>` : '';
    const start = cached(heads, thread, () => head(thread)) + String(columns.cpu[at]).padStart(3, '0');
    return `${start}] ${cached(flagTexts, flags, () => flagText(flags))}  ${secondsText(columns.time[at]!)}  ${words.message(columns, at)}${took}\n`;
  };
}

/** Microseconds behind the point, as `toFixed(6)` would have it, which takes ten times as long. */
export function secondsText(nanoseconds: number): string {
  const microseconds = Math.round(nanoseconds / 1000);
  if (microseconds < 0) return (nanoseconds / 1e9).toFixed(6).padStart(12);
  const seconds = Math.floor(microseconds / 1e6);
  return `${String(seconds).padStart(5)}.${String(microseconds - seconds * 1e6).padStart(6, '0')}`;
}

/** As ftrace writes them: interrupts off, reschedule needed, in an interrupt, depth of disabled preemption; "." where it is
 * none of it or not known. */
export function flagText(flags: number): string {
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const irqs = has(EventFlag.irqsKnown) && has(EventFlag.irqsOff) ? 'd' : '.';
  const resched = has(EventFlag.reschedKnown) && has(EventFlag.needResched) ? 'N' : '.';
  const interrupt = has(EventFlag.hardirq) ? (has(EventFlag.softirq) ? 'H' : 'h') : has(EventFlag.softirq) ? 's' : '.';
  const depth = flags >>> 16;
  return `${irqs}${resched}${interrupt}${has(EventFlag.preemptKnown) && depth > 0 ? Math.min(depth, 15).toString(16) : '.'}`;
}
