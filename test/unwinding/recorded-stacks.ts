// SPDX-License-Identifier: Apache-2.0
/** Records through the command line, and reads the recording as distinct stacks of named frames, process by process. */
import { spawn } from 'node:child_process';
import { createEngine } from '../../main/engine/engine.ts';
import { summarise, type Summary } from '../../main/cli/info.ts';
import { FrameCategory, StackEnd } from '../../profile/schema.ts';
import type { Tables } from '../../profile/tables.ts';
import { NONE, type FrameIndex } from '../../profile/units.ts';

export interface RecordedFrame {
  /** Of the function, or module+offset. */
  name: string;
  /** Functions inlined into it here, each into the one before. */
  inlined: readonly string[];
  named: boolean;
  /** Path; empty: none is known. */
  module: string;
  /** Bytes into the module's file. */
  offset: number;
  kernel: boolean;
  /** A function of the program that an interpreter runs, between the interpreter's own. */
  interpreted: boolean;
  /** Code made at run time, or of no mapping that is known. */
  madeAtRunTime: boolean;
}

export interface RecordedStack {
  tgid: number;
  process: string;
  /** null: there is no user stack. */
  end: StackEnd | null;
  /** Outermost first. */
  frames: readonly RecordedFrame[];
  /** Samples. */
  weight: number;
}

export interface Recorded {
  stacks: RecordedStack[];
  summary: Summary;
}

const CLI = 'main/cli/bin.mjs';

/** @param args of `record`, but for --output @throws Error with what the command line said */
export async function record(file: string, args: readonly string[], stateFolder: string): Promise<string> {
  const child = spawn(process.execPath, [CLI, 'record', '--force', '--output', file, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, XDG_STATE_HOME: stateFolder, XDG_CACHE_HOME: stateFolder },
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`record ${args.join(' ')} ended with ${code}: ${said}`);
  return said;
}

/** @param from the first slice that counts (20 ms each) */
export async function readRecording(file: string, stateFolder: string, from = 0): Promise<Recorded> {
  const engine = await createEngine({ shell: 'chromium', shellReason: '', stateFolder, cacheFolder: null });
  try {
    const { tables, figures, info } = await engine.openRecording(file);
    return { stacks: stacksOf(tables, from), summary: summarise(tables, figures, info) };
  } finally {
    await engine.close();
  }
}

function frameReader(tables: Tables): (frame: FrameIndex) => RecordedFrame {
  const { frames, modules, functions, strings, symbols } = tables;
  const text = (row: number): string => strings.columns.text[row]!;
  // By depth; a later row replaces an earlier one.
  const names = new Map<FrameIndex, string[]>();
  for (let row = 0; row < symbols.length; row++) {
    const { frame, depth, function: named } = symbols.columns;
    const of = names.get(frame[row]!) ?? [];
    of[depth[row]!] = named[row] === NONE ? '' : text(functions.columns.name[named[row]!]!);
    names.set(frame[row]!, of);
  }
  const known = new Map<FrameIndex, RecordedFrame>();
  return (frame) => {
    let found = known.get(frame);
    if (!found) {
      const { module, offset, category } = frames.columns;
      const [name = '', ...inlined] = names.get(frame) ?? [];
      const path = module[frame] === NONE ? '' : text(modules.columns.path[module[frame]!]!);
      found = {
        name: name || `${path.split('/').at(-1)}+0x${offset[frame]!.toString(16)}`,
        inlined: inlined.filter(Boolean),
        named: name !== '',
        module: path,
        offset: offset[frame]!,
        kernel: category[frame] === FrameCategory.kernel,
        interpreted: category[frame] === FrameCategory.interpreted,
        madeAtRunTime: category[frame] === FrameCategory.jit || category[frame] === FrameCategory.unresolved || !/^[/[]/.test(path) || path === '[anonymous]',
      };
      known.set(frame, found);
    }
    return found;
  };
}

export function stacksOf(tables: Tables, from = 0): RecordedStack[] {
  const { samples, stacks, threads, processes, strings } = tables;
  const { prefix, frame, end } = stacks.columns;
  const read = frameReader(tables);
  const found = new Map<string, RecordedStack>();
  for (let row = 0; row < samples.length; row++) {
    if (samples.columns.slice[row]! < from) continue;
    const leaf = samples.columns.stack[row]!;
    const process = threads.columns.process[samples.columns.thread[row]!]!;
    const key = `${process} ${leaf}`;
    let stack = found.get(key);
    if (!stack) {
      const frames: RecordedFrame[] = [];
      for (let at = leaf; at !== NONE; at = prefix[at]!) frames.push(read(frame[at]!));
      frames.reverse();
      const tgid = processes.columns.tgid[process]!;
      const name = strings.columns.text[processes.columns.name[process]!]!;
      const inUser = frames.some(({ kernel }) => !kernel);
      stack = { tgid, process: name, end: inUser ? (end[leaf]! as StackEnd) : null, frames, weight: 0 };
      found.set(key, stack);
    }
    stack.weight += samples.columns.weight[row]!;
  }
  return [...found.values()];
}

export function weightOf(stacks: readonly RecordedStack[]): number {
  return stacks.reduce((sum, { weight }) => sum + weight, 0);
}

/** Of those samples that have a user stack at all, the share whose walk reached the outermost frame. */
export function completeShare(stacks: readonly RecordedStack[]): number {
  const walked = stacks.filter(({ end }) => end !== null);
  return weightOf(walked.filter(({ end }) => end === StackEnd.outermost)) / weightOf(walked);
}

/** Those that a walk of the stack finds in user space. */
export function nativeFrames(frames: readonly RecordedFrame[]): RecordedFrame[] {
  return frames.filter(({ kernel, interpreted }) => !kernel && !interpreted);
}

/** "12 noRow in libx.so", the most first. */
export function brokenPlaces(stacks: readonly RecordedStack[]): string[] {
  const names = Object.fromEntries(Object.entries(StackEnd).map(([name, value]) => [value, name]));
  const places = new Map<string, number>();
  for (const { end, frames, weight } of stacks) {
    if (end === null || end === StackEnd.outermost) continue;
    const outermost = nativeFrames(frames)[0];
    const place = `${names[end]} in ${outermost?.module.split('/').at(-1) || 'no module'}`;
    places.set(place, (places.get(place) ?? 0) + weight);
  }
  return [...places].sort((a, b) => b[1] - a[1]).map(([place, weight]) => `${weight} ${place}`);
}
