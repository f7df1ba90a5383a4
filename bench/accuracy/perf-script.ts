// SPDX-License-Identifier: Apache-2.0
/**
 * Samples of `perf script -F tid,ip,sym,dso`, one at a time as its output comes:
 *
 *     24277
 *               bec64 sqlite3_str_vappendf (/usr/lib/x86_64-linux-gnu/libsqlite3.so.0.8.6)
 *               9578a [unknown] (/usr/lib/x86_64-linux-gnu/libsqlite3.so.0.8.6)
 *
 * and an empty line. Addresses are bytes into the file, and of callers one less than the return address.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface PerfFrame {
  /** Bytes into the file; an address of the process where there is none. */
  address: number;
  /** Empty: perf knows none. */
  symbol: string;
  /** Path, "[kernel.kallsyms]", "[vdso]", or "[unknown]". */
  object: string;
}

export interface PerfSample {
  tid: number;
  /** Leaf first. */
  frames: PerfFrame[];
}

// A name may hold parentheses, a path too: the last " (" before a path or a bracket is the one between them.
const FRAME = /^\s+([0-9a-f]+) (.*) \(([/[].*|inlined)\)$/;

function frameOf(line: string): PerfFrame | null {
  const match = FRAME.exec(line);
  if (!match) return null;
  const [, address = '', symbol = '', object = ''] = match;
  return { address: parseInt(address, 16), symbol: symbol === '[unknown]' ? '' : symbol, object };
}

/** @throws Error at a line that is neither a thread, a frame, nor empty */
export async function* parsePerfScript(lines: AsyncIterable<string>): AsyncGenerator<PerfSample> {
  let sample: PerfSample | null = null;
  for await (const line of lines) {
    const frame = sample && frameOf(line);
    if (frame) sample!.frames.push(frame);
    else if (line.trim() === '') {
      if (sample) yield sample;
      sample = null;
    } else if (/^\s*\d+\s*$/.test(line)) {
      if (sample) yield sample;
      sample = { tid: Number(line), frames: [] };
    } else throw new Error(`perf script: ${line}`);
  }
  if (sample) yield sample;
}

/** Names mangled, functions that were inlined left out. @throws Error when perf fails */
export async function* readPerfData(file: string): AsyncGenerator<PerfSample> {
  const args = ['script', '-i', file, '-F', 'tid,ip,sym,dso', '--no-inline', '--no-demangle'];
  const child = spawn('perf', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  yield* parsePerfScript(createInterface({ input: child.stdout, crlfDelay: Infinity }));
  const code = await ended;
  if (code !== 0) throw new Error(`perf script ended with ${code}`);
}
