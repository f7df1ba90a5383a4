// SPDX-License-Identifier: Apache-2.0
/** Events as rows for the list, and as text: in the order of bcc's trace_fields, and as CSV. */
import type { EventWords } from '../../profile/event-words.ts';
import { eventFlagLetters } from '../../profile/event-flags.ts';
import type { Tables } from '../../profile/tables.ts';
import type { EventList } from './event-log.ts';
import type { EventRow } from './probe-protocol.ts';

/** A thread's name, as the kernel keeps it. */
export function taskOf({ strings, threads }: Tables, thread: number): string {
  return strings.columns.text[threads.columns.name[thread] ?? 0] ?? '';
}

export function eventRow(tables: Tables, words: EventWords, { columns, at }: EventList, index: number): EventRow {
  const place = at(index);
  const thread = columns.thread[place]!;
  return {
    time: columns.time[place]!,
    probe: columns.probe[place]!,
    task: taskOf(tables, thread),
    tid: tables.threads.columns.tid[thread] ?? 0,
    cpu: columns.cpu[place]!,
    flags: eventFlagLetters(columns.flags[place]!),
    duration: columns.duration[place]!,
    message: words.message(columns, place),
  };
}

/** Seconds with microseconds, as ftrace writes times. */
export function eventSeconds(nanoseconds: number): string {
  return (nanoseconds / 1e9).toFixed(6);
}

/** "bash-4121 [001] d..1 12.345678: message" */
export function eventLine({ task, tid, cpu, flags, time, message }: EventRow): string {
  return `${task}-${tid} [${String(cpu).padStart(3, '0')}] ${flags} ${eventSeconds(time)}: ${message}`;
}

const CSV_HEAD = 'task,pid,cpu,flags,time_s,duration_ns,message';

function quoted(text: string): string {
  // A sheet would take these for formulas.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function eventsText(tables: Tables, words: EventWords, list: EventList, format: 'text' | 'csv'): string {
  const lines = format === 'csv' ? [CSV_HEAD] : [];
  for (let index = 0; index < list.length; index++) {
    const row = eventRow(tables, words, list, index);
    if (format === 'text') lines.push(eventLine({ ...row, message: row.message.replace(/[\r\n]+/g, ' ') }));
    else {
      const duration = row.duration < 0 ? '' : String(row.duration);
      lines.push([quoted(row.task), row.tid, row.cpu, row.flags, eventSeconds(row.time), duration, quoted(row.message)].join(','));
    }
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}
