// SPDX-License-Identifier: Apache-2.0
/** What the lines of `perf script` say (linux tools/perf/Documentation/perf-script.txt, and builtin-script.c). */

/** The first line of a sample. Which fields it has is up to `-F`. */
export interface SampleLine {
  comm: string;
  /** null: only the thread's number is there. */
  pid: number | null;
  tid: number;
  /** Nanoseconds; null: not there. */
  time: number | null;
  /** Of the event's counter between two samples, nanoseconds of clocks; 0: not there. */
  period: number;
  /** Without its modifiers; empty: not there. */
  event: string;
  /** What follows: a frame where stacks were not recorded, or what a tracepoint tells. */
  rest: string;
}

export interface FrameLine {
  /** Hexadecimal. */
  address: string;
  /** Empty: it has none. */
  symbol: string;
  /** As perf calls it; empty: not there. */
  module: string;
  isInlined: boolean;
}

/** Longer lines are none of a sample: names of threads have 15 characters, those of tracepoints' fields few hundred. */
const MAX_LINE = 64 * 1024;
/** Places of a line at which the thread's number may stand: names of threads may have numbers in them. */
const MAX_PLACES = 16;
// pid/tid, [cpu], time, period, event. In names of events there are no spaces, but colons.
const BEHIND_COMM = /(?:(-?\d+)\/)?(-?\d+)(?:\s+\[(\d+)\])?(?:\s+(\d+)\.(\d+):)?(?:\s+(\d+)(?=\s+\S+:(?:\s|$)))?(?:\s+(\S+?):(?=\s|$))?(?:\s+|$)/y;

/** null: it is none. */
export function sampleLine(line: string): SampleLine | null {
  if (line.length > MAX_LINE) return null;
  const numbers = /(?<=\s)-?\d/g;
  for (let place = 0; place < MAX_PLACES; place++) {
    const found = numbers.exec(line);
    if (!found) return null;
    const comm = line.slice(0, found.index).trim();
    BEHIND_COMM.lastIndex = found.index;
    const fields = comm === '' ? null : BEHIND_COMM.exec(line);
    if (!fields) continue;
    const [all, pid, tid, , seconds, fraction, period, event] = fields;
    const rest = line.slice(found.index + all.length).trim();
    // Without a time or an event nothing but a frame may follow.
    if (seconds === undefined && event === undefined && rest !== '' && frameLine(rest) === null) continue;
    return {
      comm,
      pid: pid === undefined ? null : Number(pid),
      tid: Number(tid),
      time: seconds === undefined ? null : Number(seconds) * 1e9 + Number(fraction!.slice(0, 9).padEnd(9, '0')),
      period: Number(period ?? 0),
      event: eventName(event ?? ''),
      rest,
    };
  }
  return null;
}

/** "cycles" of "cpu_core/cycles/u" and "cycles:ppp"; tracepoints keep both of their names. */
function eventName(text: string): string {
  const ofCpu = /^cpu(?:_core|_atom)?\/([^/]+)\//.exec(text)?.[1];
  if (ofCpu !== undefined) return ofCpu;
  return text.replace(/:[ukhGHpPSDWeIM]+$/, '');
}

/** "ffffffff81d33df7 read_zero+0x77 ([kernel.kallsyms])"; null: it is none. */
export function frameLine(text: string): FrameLine | null {
  const found = /^([0-9a-f]{1,16})(?:\s+(\S.*))?$/.exec(text);
  if (!found) return null;
  const { name, module } = splitModule((found[2] ?? '').trimEnd());
  const symbol = name.replace(/\+0x[0-9a-f]{1,16}$/, '');
  const isInlined = module === 'inlined';
  return { address: found[1]!, symbol: symbol === '[unknown]' ? '' : symbol, module: isInlined ? '' : module, isInlined };
}

/** The module stands last, in parentheses, and may hold some itself: "(/memfd:x (deleted))". */
function splitModule(text: string): { name: string; module: string } {
  if (!text.endsWith(')')) return { name: text, module: '' };
  let depth = 0;
  for (let at = text.length - 1; at >= 0; at--) {
    if (text[at] === ')') depth++;
    else if (text[at] === '(' && --depth === 0) {
      if (at > 0 && text[at - 1] !== ' ') break;
      return { name: text.slice(0, at).trimEnd(), module: text.slice(at + 1, -1) };
    }
  }
  return { name: text, module: '' };
}

/** What sched:sched_switch tells, in the words of perf 3 and later or before; null: not that. */
export function switchText(text: string): { state: string; nextTid: number } | null {
  const found = /prev_state=(\S+) ==> next_comm=.* next_pid=(\d+) next_prio=-?\d+\s*$/.exec(text) ?? /\[-?\d+\] (\S+) ==> .*:(\d+) \[-?\d+\]\s*$/.exec(text);
  return found ? { state: found[1]!, nextTid: Number(found[2]) } : null;
}
