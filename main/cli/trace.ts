// SPDX-License-Identifier: Apache-2.0
/** `emberscope trace`: a line a hit, in the order of fields that BCC's trace_fields has: task, pid, cpu, flags, time, message. */
import { EventFlag } from '../../profile/schema.ts';
import type { Tables } from '../../profile/tables.ts';
import { ExitCode } from './exit-code.ts';
import { valueText } from './histogram-text.ts';
import { runProbes, shortfalls, type Probing, type ProbingOptions } from './probing.ts';
import type { RecordSurroundings } from './record.ts';
import { printable } from './terminal.ts';

export interface TraceOptions extends ProbingOptions {
  return?: boolean;
  /** Nanoseconds. */
  min?: number;
}

const HEAD = `${'TASK'.padStart(16)} ${'PID'.padStart(7)}  CPU  FLAGS ${'TIME(s)'.padStart(12)}  MESSAGE\n`;

export async function trace(targets: readonly string[], options: TraceOptions, around: RecordSurroundings): Promise<ExitCode> {
  const { terminal } = around;
  let probing: Probing | null = null;
  let printed = 0;
  const print = (): void => {
    if (!probing) return;
    const { tables } = probing.recording;
    const lines: string[] = [];
    for (; printed < tables.events.length; printed++) lines.push(eventLine(tables, printed));
    if (lines.length > 0) terminal.output.write(printable(lines.join('')));
  };
  const atReturn = options.return === true || options.min !== undefined;
  return runProbes(targets, options, around, {
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
    ended({ recording, attached }) {
      print();
      const rows = new Set(attached.map(({ probe }) => probe));
      for (const line of recording.probes!.infos.filter(({ probe }) => rows.has(probe)).flatMap(shortfalls)) terminal.errors.write(printable(`${line}\n`));
    },
  });
}

export function eventLine({ strings, threads, events }: Tables, row: number): string {
  const { time, thread, cpu, flags, duration, message } = events.columns;
  const task = (strings.columns.text[threads.columns.name[thread[row]!]!] || '<...>').slice(0, 16);
  const took = duration[row]! >= 0 ? `  <${valueText(duration[row]!, 'nanoseconds')}>` : '';
  const where = `[${String(cpu[row]).padStart(3, '0')}]`;
  return `${task.padStart(16)} ${String(threads.columns.tid[thread[row]!]).padStart(7)} ${where} ${flagText(flags[row]!)}  ${(time[row]! / 1e9).toFixed(6).padStart(12)}  ${message[row]}${took}\n`;
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
