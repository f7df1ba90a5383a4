// SPDX-License-Identifier: Apache-2.0
/**
 * JSON (RFC 8259) in any chunks: values at the places that are asked for are handed over as they end, the rest is
 * checked and skipped. So a file of any size needs no more memory than the longest of these values.
 */
import { atByte, FormatError } from './format.ts';

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** Levels of objects and lists within each other. */
const MAX_DEPTH = 64;
/** Bytes of one text or number, and parts of one value that is handed over. */
const MAX_TOKEN = 16 * 1024 * 1024;
const MAX_PARTS = 4_000_000;

const Byte = { quote: 0x22, comma: 0x2c, zero: 0x30, nine: 0x39, colon: 0x3a, open: 0x5b, close: 0x5d, backslash: 0x5c, openObject: 0x7b, closeObject: 0x7d } as const;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const WORDS: Readonly<Record<string, JsonValue>> = { true: true, false: false, null: null };

/** What is asked for: by key, or "*" for each one of a list (or of an object); a function takes the value. */
export interface JsonPlaces {
  [key: string]: JsonPlaces | ((value: JsonValue) => void);
}

interface Level {
  isList: boolean;
  /** What is asked for in it; null: nothing. */
  places: JsonPlaces | null;
  key: string;
  /** Where it is part of a value: that part. */
  value: JsonValue[] | Record<string, JsonValue> | null;
}

/** What may come next. */
type State = 'value' | 'firstValue' | 'key' | 'firstKey' | 'colon' | 'after' | 'end';

export class JsonStream {
  readonly #levels: Level[] = [];
  readonly #decoder = new TextDecoder();
  readonly #root: JsonPlaces;
  readonly #onEnd: (path: readonly string[]) => void;
  #state: State = 'value';
  /** Bytes of a text (without its quotes), a number or a word that is not whole yet. */
  #token: Uint8Array = new Uint8Array(256);
  #length = 0;
  #inText = false;
  #inWord = false;
  #isEscaped = false;
  #hasEscapes = false;
  /** Of the next byte. */
  #at = 0;
  #parts = 0;

  /** @param onEnd called when an object or a list that is looked into has ended, with the keys that lead there */
  constructor(places: JsonPlaces, onEnd: (path: readonly string[]) => void = () => undefined) {
    this.#root = places;
    this.#onEnd = onEnd;
  }

  /** @throws FormatError */
  push(bytes: Uint8Array): void {
    const start = this.#at;
    for (let i = 0; i < bytes.length; i++) {
      this.#at = start + i;
      if (this.#inText) {
        i = this.#text(bytes, i);
        continue;
      }
      const byte = bytes[i]!;
      if (this.#inWord) {
        if (isWordByte(byte)) {
          this.#keep(byte);
          continue;
        }
        this.#endWord();
      } else if (byte >= Byte.zero && byte <= Byte.nine && this.#takesValue) {
        const end = wholeEnd(bytes, i);
        if (end > i) {
          i = this.#wholeNumbers(bytes, i, end, start) - 1;
          continue;
        }
      }
      this.#byte(byte);
    }
    this.#at = start + bytes.length;
  }

  /** @throws FormatError when it ends too early */
  end(): void {
    if (this.#inWord) this.#endWord();
    if (this.#state !== 'end') this.#fail('it ends too early');
  }

  #fail(detail: string): never {
    throw new FormatError(atByte(this.#at), detail);
  }

  #byte(byte: number): void {
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) return;
    // Some tools write a byte order mark.
    if (this.#at < 3 && byte === [0xef, 0xbb, 0xbf][this.#at]) return;
    switch (byte) {
      case Byte.quote:
        if (!this.#takesValue && this.#state !== 'key' && this.#state !== 'firstKey') this.#fail('a text stands where none may');
        this.#inText = true;
        this.#hasEscapes = false;
        this.#length = 0;
        return;
      case Byte.openObject:
      case Byte.open:
        return this.#open(byte === Byte.open);
      case Byte.closeObject:
        if (this.#state !== 'firstKey' && !(this.#state === 'after' && !this.#levels.at(-1)!.isList)) this.#fail('"}" stands where it may not');
        return this.#close();
      case Byte.close:
        if (this.#state !== 'firstValue' && !(this.#state === 'after' && this.#levels.at(-1)!.isList)) this.#fail('"]" stands where it may not');
        return this.#close();
      case Byte.colon:
        if (this.#state !== 'colon') this.#fail('":" stands where it may not');
        this.#state = 'value';
        return;
      case Byte.comma:
        if (this.#state !== 'after') this.#fail('"," stands where it may not');
        this.#state = this.#levels.at(-1)!.isList ? 'value' : 'key';
        return;
      default:
        if (!this.#takesValue || !isWordByte(byte)) this.#fail('this is no JSON');
        this.#inWord = true;
        this.#length = 0;
        this.#keep(byte);
    }
  }

  /** A whole number, and those that follow in the same list without a blank; returns the place behind the last.
   * @param start of the chunk, in the file */
  #wholeNumbers(bytes: Uint8Array, first: number, firstEnd: number, start: number): number {
    let from = first;
    let end = firstEnd;
    const { isList } = this.#levels.at(-1) ?? { isList: false };
    for (;;) {
      this.#at = start + end;
      this.#value(wholeNumber(bytes, from, end));
      const next = end + 1;
      if (!isList || bytes[end] !== Byte.comma || !(bytes[next]! >= Byte.zero && bytes[next]! <= Byte.nine)) return end;
      const nextEnd = wholeEnd(bytes, next);
      if (nextEnd === next) return end;
      from = next;
      end = nextEnd;
    }
  }

  get #takesValue(): boolean {
    return this.#state === 'value' || this.#state === 'firstValue';
  }

  /** Takes the bytes of a text up to its end; returns the place of the last that was taken. */
  #text(bytes: Uint8Array, from: number): number {
    for (let i = from; i < bytes.length; i++) {
      const byte = bytes[i]!;
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === Byte.backslash) this.#isEscaped = this.#hasEscapes = true;
      else if (byte === Byte.quote) {
        this.#keepAll(bytes.subarray(from, i));
        this.#endText();
        return i;
      }
    }
    this.#keepAll(bytes.subarray(from));
    return bytes.length;
  }

  #keepAll(bytes: Uint8Array): void {
    this.#reserve(this.#length + bytes.length);
    this.#token.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #keep(byte: number): void {
    this.#reserve(this.#length + 1);
    this.#token[this.#length++] = byte;
  }

  #reserve(length: number): void {
    if (length <= this.#token.length) return;
    if (length > MAX_TOKEN) this.#fail('a text is longer than 16 MiB');
    const grown = new Uint8Array(Math.max(length, this.#token.length * 2));
    grown.set(this.#token.subarray(0, this.#length));
    this.#token = grown;
  }

  #endText(): void {
    this.#inText = false;
    let text = this.#decoder.decode(this.#token.subarray(0, this.#length));
    if (this.#hasEscapes) {
      try {
        text = JSON.parse(`"${text.replace(/[\u0000-\u001f]/g, ' ')}"`) as string;
      } catch {
        this.#fail('a text has an escape that there is not');
      }
    }
    if (this.#state === 'key' || this.#state === 'firstKey') {
      this.#levels.at(-1)!.key = text;
      this.#state = 'colon';
    } else this.#value(text);
  }

  #endWord(): void {
    this.#inWord = false;
    const text = this.#decoder.decode(this.#token.subarray(0, this.#length));
    if (NUMBER.test(text)) return this.#value(Number(text));
    const word = WORDS[text];
    if (word === undefined || !Object.hasOwn(WORDS, text)) this.#fail('this is no JSON');
    this.#value(word);
  }

  /** What is asked for of the value that begins. */
  #wanted(): JsonPlaces | ((value: JsonValue) => void) | null {
    const level = this.#levels.at(-1);
    if (!level) return this.#root;
    if (level.places === null) return null;
    if (!level.isList && Object.hasOwn(level.places, level.key)) return level.places[level.key]!;
    return level.places['*'] ?? null;
  }

  #value(value: JsonValue): void {
    const level = this.#levels.at(-1);
    if (level?.value) this.#put(level, value);
    else {
      const wanted = this.#wanted();
      if (typeof wanted === 'function') this.#hand(wanted, value);
    }
    this.#afterValue();
  }

  #put(level: Level, value: JsonValue): void {
    if (++this.#parts > MAX_PARTS) this.#fail('a value has more than 4,000,000 parts');
    if (Array.isArray(level.value)) level.value.push(value);
    // A key may be "__proto__".
    else Object.defineProperty(level.value, level.key, { value, enumerable: true, configurable: true, writable: true });
  }

  #hand(take: (value: JsonValue) => void, value: JsonValue): void {
    this.#parts = 0;
    try {
      take(value);
    } catch (error) {
      if (error instanceof FormatError && error.place === '') throw new FormatError(atByte(this.#at), error.message);
      throw error;
    }
  }

  #open(isList: boolean): void {
    if (!this.#takesValue) this.#fail(`"${isList ? '[' : '{'}" stands where it may not`);
    if (this.#levels.length >= MAX_DEPTH) this.#fail(`it has more than ${MAX_DEPTH} levels`);
    const outer = this.#levels.at(-1);
    const wanted = outer?.value ? null : this.#wanted();
    const isPart = outer?.value || typeof wanted === 'function';
    const value: Level['value'] = isPart ? (isList ? [] : {}) : null;
    this.#levels.push({ isList, places: typeof wanted === 'function' ? null : wanted, key: '', value });
    this.#state = isList ? 'firstValue' : 'firstKey';
  }

  #close(): void {
    const { value, places } = this.#levels.pop()!;
    const outer = this.#levels.at(-1);
    if (value !== null) {
      if (outer?.value) this.#put(outer, value);
      else this.#hand(this.#wanted() as (value: JsonValue) => void, value);
    } else if (places !== null) this.#hand(() => this.#onEnd(this.#levels.map(({ isList, key }) => (isList ? '*' : key))), null);
    this.#afterValue();
  }

  #afterValue(): void {
    this.#state = this.#levels.length === 0 ? 'end' : 'after';
  }
}

/** Of numbers and words. */
function isWordByte(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x2b || byte === 0x2d || byte === 0x2e || byte === 0x45;
}

/** Digits that are exact in a double. */
const MAX_DIGITS = 15;

/** Behind the digits of a whole number, as most are; `from`: it is another one, or goes on in the next chunk. */
function wholeEnd(bytes: Uint8Array, from: number): number {
  let end = from + 1;
  while (end < bytes.length && bytes[end]! >= Byte.zero && bytes[end]! <= Byte.nine) end++;
  const isPlain = end < bytes.length && !isWordByte(bytes[end]!) && (bytes[from] !== Byte.zero || end === from + 1);
  return isPlain && end - from <= MAX_DIGITS ? end : from;
}

function wholeNumber(bytes: Uint8Array, from: number, end: number): number {
  let value = 0;
  for (let i = from; i < end; i++) value = value * 10 + (bytes[i]! - Byte.zero);
  return value;
}

/** For what was handed over: a field of an object, by its type. */
export function field(value: JsonValue, key: string): JsonValue | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

export function textField(value: JsonValue, key: string): string {
  const found = field(value, key);
  return typeof found === 'string' ? found : '';
}

/** 0 where it is no number. */
export function numberField(value: JsonValue, key: string): number {
  const found = field(value, key);
  return typeof found === 'number' && Number.isFinite(found) ? found : 0;
}
