// SPDX-License-Identifier: Apache-2.0
/**
 * A jitdump: records of code that was made, with names and, where the compiler says so, source lines.
 * Format: linux tools/perf/Documentation/jitdump-specification.txt
 */
import { isV8Name, type ToldCode } from './code-name.ts';
import { CodeRanges, MAX_ADDRESS } from './code-ranges.ts';

const MAGIC = 0x4a69_5444;
const HEADER_SIZE = 40;
const PREFIX_SIZE = 16;
/** Of a JIT_CODE_LOAD, before its name. */
const LOAD_SIZE = 56;
const MOVE_SIZE = 64;
const Record = { load: 0, move: 1, debugInfo: 2, close: 3 } as const;

/** Bytes of a name; a longer one is cut. */
const MAX_NAME = 4096;
/** Bytes of a debug record; a larger one is passed over. */
const MAX_DEBUG_INFO = 8 << 20;
export const MAX_CODE = 1_000_000;
const MAX_LINES = 4_000_000;
/** Characters of all names and files. */
const MAX_TEXT = 64 << 20;
/** V8 counts from the header of the ELF file that `perf inject` makes of each function. */
const V8_LINES_OFFSET = 0x40;

interface Line {
  address: number;
  file: number;
  line: number;
}

/** @throws RangeError naming the byte at which the file is not what it claims to be. */
export class JitDump {
  readonly #ranges = new CodeRanges();
  readonly #names: string[] = [];
  /** Per code: where it was when its lines were told, and which rows are its own. */
  readonly #origins: number[] = [];
  readonly #firstLines: number[] = [];
  readonly #lastLines: number[] = [];
  /** Rows of lines, ascending within each code. */
  readonly #lineAddresses: number[] = [];
  readonly #lineFiles: number[] = [];
  readonly #lineNumbers: number[] = [];
  readonly #files = new Map<string, number>();
  readonly #fileNames: string[] = [];
  /** Of code whose record has not come yet. */
  #told: { address: number; lines: Line[] } | null = null;
  /** Old code by its index and address, for moves. */
  readonly #loaded = new Map<number, number>();

  #pending: Uint8Array = new Uint8Array(0);
  /** Of the file: where `#pending` begins. */
  #at = 0;
  /** Bytes to come that are of no use. */
  #skip = 0;
  #little: boolean | null = null;
  #closed = false;
  #text = 0;

  /** Pieces of code that were told. */
  get entries(): number {
    return this.#names.length;
  }

  get isFull(): boolean {
    return this.#names.length >= MAX_CODE || this.#text >= MAX_TEXT;
  }

  /** What was appended to the file; records may be cut anywhere. */
  push(bytes: Uint8Array): void {
    const passed = Math.min(this.#skip, bytes.length);
    this.#skip -= passed;
    this.#at += passed;
    this.#pending = Buffer.concat([this.#pending, bytes.subarray(passed)]);
    let used = 0;
    try {
      while (!this.#closed && !this.isFull) {
        const taken = this.#take(this.#pending.subarray(used), this.#at + used);
        if (taken === 0) break;
        used += taken;
      }
    } finally {
      this.#skip += Math.max(0, used - this.#pending.length);
      const kept = Math.min(used, this.#pending.length);
      this.#at += kept;
      this.#pending = this.#closed || this.isFull ? new Uint8Array(0) : this.#pending.subarray(kept);
    }
  }

  find(address: number): ToldCode | null {
    const code = this.#ranges.find(address);
    if (code < 0) return null;
    const place = this.#origins[code]! + address;
    let low = this.#firstLines[code]!;
    const first = low;
    let high = this.#lastLines[code]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#lineAddresses[middle]! <= place) low = middle + 1;
      else high = middle;
    }
    const name = this.#names[code]!;
    if (low === first) return { name, file: '', line: 0 };
    return { name, file: this.#fileNames[this.#lineFiles[low - 1]!]!, line: this.#lineNumbers[low - 1]! };
  }

  /** Bytes of the record at the beginning (some of them may not have come yet), 0: it is not whole enough to be read. */
  #take(bytes: Uint8Array, at: number): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (this.#little === null) return this.#header(view);
    if (bytes.length < PREFIX_SIZE) return 0;
    const little = this.#little;
    const id = view.getUint32(0, little);
    const size = view.getUint32(4, little);
    if (size < PREFIX_SIZE) throw new RangeError(`a record of ${size} bytes at byte ${at}`);
    switch (id) {
      case Record.load:
        if (size < LOAD_SIZE) throw new RangeError(`a code record of ${size} bytes at byte ${at}`);
        if (bytes.length < Math.min(size, LOAD_SIZE + MAX_NAME)) return 0;
        this.#load(view, bytes.subarray(LOAD_SIZE, Math.min(size, LOAD_SIZE + MAX_NAME)));
        return size;
      case Record.move:
        if (size < MOVE_SIZE) throw new RangeError(`a move of ${size} bytes at byte ${at}`);
        if (bytes.length < MOVE_SIZE) return 0;
        this.#move(view);
        return size;
      case Record.debugInfo:
        if (size > MAX_DEBUG_INFO) return size;
        if (bytes.length < size) return 0;
        this.#debugInfo(bytes.subarray(0, size), view);
        return size;
      case Record.close:
        this.#closed = true;
        return size;
      default:
        // Unwinding information, and what later versions may add.
        return size;
    }
  }

  #header(view: DataView): number {
    if (view.byteLength < HEADER_SIZE) return 0;
    const magic = view.getUint32(0, true);
    const swapped = view.getUint32(0, false);
    if (magic !== MAGIC && swapped !== MAGIC) throw new RangeError('another file than a jitdump');
    this.#little = magic === MAGIC;
    const size = view.getUint32(8, this.#little);
    if (size < HEADER_SIZE || size > 65_536) throw new RangeError(`a header of ${size} bytes`);
    return size;
  }

  #load(view: DataView, text: Uint8Array): void {
    const little = this.#little!;
    const start = address(view, 32, little);
    const size = address(view, 40, little);
    const index = address(view, 48, little);
    const end = text.indexOf(0);
    const name = new TextDecoder().decode(end < 0 ? text : text.subarray(0, end)).trim();
    const told = this.#told;
    this.#told = null;
    if (name === '' || size === 0 || start + size > MAX_ADDRESS) return;
    this.#loaded.set(index, this.#names.length);
    const first = this.#lineAddresses.length;
    if (told && told.address === start) this.#keepLines(told.lines, start, size, isV8Name(name) ? V8_LINES_OFFSET : 0);
    this.#add(start, size, name, 0, first, this.#lineAddresses.length);
  }

  #move(view: DataView): void {
    const little = this.#little!;
    const from = address(view, 32, little);
    const to = address(view, 40, little);
    const size = address(view, 48, little);
    const index = address(view, 56, little);
    const code = this.#loaded.get(index) ?? this.#ranges.find(from);
    if (code < 0 || size === 0 || to + size > MAX_ADDRESS) return;
    this.#loaded.set(index, this.#names.length);
    this.#add(to, size, this.#names[code]!, this.#origins[code]! + from - to, this.#firstLines[code]!, this.#lastLines[code]!);
  }

  /** @param origin what must be added to an address to come to that of its lines */
  #add(start: number, size: number, name: string, origin: number, firstLine: number, lastLine: number): void {
    this.#ranges.add(start, start + size, this.#names.length);
    this.#names.push(name);
    this.#text += name.length;
    this.#origins.push(origin);
    this.#firstLines.push(firstLine);
    this.#lastLines.push(lastLine);
  }

  /** One that does not hold what it says is passed over: node 20 writes such ones for its baseline code. */
  #debugInfo(bytes: Uint8Array, view: DataView): void {
    this.#told = null;
    const little = this.#little!;
    if (bytes.length < 32) return;
    const of = address(view, 16, little);
    const count = address(view, 24, little);
    const lines: Line[] = [];
    let at = 32;
    let file = -1;
    for (let i = 0; i < count; i++) {
      const nameAt = at + 16;
      const end = bytes.indexOf(0, nameAt);
      if (end < nameAt) return;
      const line = view.getUint32(at + 8, little);
      // 0xff stands for the name before.
      if (!(end === nameAt + 1 && bytes[nameAt] === 0xff)) file = this.#file(bytes.subarray(nameAt, end));
      if (file < 0 || line > 0x7fff_ffff) return;
      lines.push({ address: address(view, at, little), file, line });
      at = end + 1;
    }
    this.#told = { address: of, lines };
  }

  /** -1: no name of a file. */
  #file(bytes: Uint8Array): number {
    if (bytes.length === 0 || bytes.length > MAX_NAME || bytes.some((byte) => byte < 32)) return -1;
    let text: string;
    try {
      text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      return -1;
    }
    let index = this.#files.get(text);
    if (index === undefined) {
      index = this.#fileNames.push(text) - 1;
      this.#text += text.length;
      this.#files.set(text, index);
    }
    return index;
  }

  #keepLines(lines: Line[], start: number, size: number, offset: number): void {
    if (this.#lineAddresses.length + lines.length > MAX_LINES) return;
    const own = lines.filter((line) => line.address - offset >= start && line.address - offset < start + size);
    own.sort((a, b) => a.address - b.address);
    for (const line of own) {
      this.#lineAddresses.push(line.address - offset);
      this.#lineFiles.push(line.file);
      this.#lineNumbers.push(line.line);
    }
  }
}

/** A u64; beyond 2^53 it is no longer exact, and no address. */
function address(view: DataView, at: number, little: boolean): number {
  const low = view.getUint32(little ? at : at + 4, little);
  const high = view.getUint32(little ? at + 4 : at, little);
  return high * 2 ** 32 + low;
}
