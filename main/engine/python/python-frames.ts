// SPDX-License-Identifier: Apache-2.0
/**
 * Frames of Python programs to rows: a module for each source file, a function for each code object, a frame for each
 * line of it that was met. Their names come with them, so nobody has to look them up.
 */
import { FrameCategory, ModuleKind } from '../../../profile/schema.ts';
import type { Tables } from '../../../profile/tables.ts';
import { NONE, type FrameIndex, type ModuleIndex } from '../../../profile/units.ts';
import { StringInterner } from '../interner.ts';
import { FunctionRows } from '../symbolication/function-rows.ts';
import type { PythonCodeFrame } from '../wire-frames.ts';
import { WIRE_FRAME_CODE_SHIFT, WIRE_FRAME_PYTHON } from '../wire-layout.gen.ts';
import { LocationTable } from './location-table.ts';

const TAG = BigInt(WIRE_FRAME_PYTHON);
const SHIFT = BigInt(WIRE_FRAME_CODE_SHIFT);
const CODE_MASK = (1n << 43n) - 1n;
const UNIT_MASK = (1 << WIRE_FRAME_CODE_SHIFT) - 1;

/** Whether a value of a stack is no address but a frame of a Python program. */
export function isPythonFrame(value: bigint): boolean {
  return (value & TAG) !== 0n && value < TAG << 1n;
}

interface Code {
  readonly file: string;
  readonly name: string;
  readonly firstLine: number;
  readonly lines: LocationTable;
  /** Of the file, the function and its first line: code that several processes have is the same. */
  readonly key: string;
}

export class PythonFrames {
  readonly #tables: Tables;
  readonly #strings: StringInterner;
  readonly #functions: FunctionRows;
  /** tgid -> id -> code */
  readonly #codes = new Map<number, Map<bigint, Code>>();
  readonly #modules = new Map<string, ModuleIndex>();
  /** Code's key -> line -> frame */
  readonly #frames = new Map<string, Map<number, FrameIndex>>();
  #unknown: FrameIndex | null = null;

  constructor(tables: Tables) {
    this.#tables = tables;
    this.#strings = StringInterner.of(tables);
    this.#functions = new FunctionRows(tables);
  }

  add({ id, tgid, name, file, firstLine, lines }: PythonCodeFrame): void {
    let codes = this.#codes.get(tgid);
    if (!codes) this.#codes.set(tgid, (codes = new Map()));
    codes.set(id, { file, name, firstLine, lines: new LocationTable(lines, firstLine), key: `${firstLine} ${name}\0${file}` });
  }

  forget(tgid: number): void {
    this.#codes.delete(tgid);
  }

  /** @param value one for which isPythonFrame() holds */
  frame(value: bigint, tgid: number): FrameIndex {
    const code = this.#codes.get(tgid)?.get((value >> SHIFT) & CODE_MASK);
    // The helper sends no stack whose code it has not sent.
    if (!code) return (this.#unknown ??= this.#tables.frames.append({ module: NONE, offset: 0, category: FrameCategory.interpreted }));
    const line = code.lines.line(Number(value & BigInt(UNIT_MASK)));
    let frames = this.#frames.get(code.key);
    if (!frames) this.#frames.set(code.key, (frames = new Map()));
    let frame = frames.get(line);
    if (frame === undefined) frames.set(line, (frame = this.#make(code, line)));
    return frame;
  }

  #make({ file, name, firstLine }: Code, line: number): FrameIndex {
    const module = this.#module(file);
    const frame = this.#tables.frames.append({ module, offset: line, category: FrameCategory.interpreted });
    this.#functions.name(frame, name, module, { file, line: firstLine, at: { file, line } });
    return frame;
  }

  #module(file: string): ModuleIndex {
    let module = this.#modules.get(file);
    if (module === undefined) {
      module = this.#tables.modules.append({ path: this.#strings.index(file), buildId: 0, kind: ModuleKind.source });
      this.#modules.set(file, module);
    }
    return module;
  }
}
