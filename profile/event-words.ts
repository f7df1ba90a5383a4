// SPDX-License-Identifier: Apache-2.0
/**
 * What a hit says of itself: the function, its arguments by name, and what it returned, as strace writes them. Put into
 * words only where it is looked at: most of a hundred thousand events a second never are.
 */
import { errnoNames } from './errno-names.ts';
import { prototypeOfJson, type NamedValue, type Prototype, type ValueType } from './prototype.ts';
import { safeText } from './safe-text.ts';
import { EventFlag } from './schema.ts';
import type { Columns, Tables } from './tables.ts';
import { NONE } from './units.ts';

/** What is read of the columns of events, which may be a ring or a table. */
export type EventValues = Pick<
  Columns<'events'>,
  'flags' | 'signature' | 'value' | 'argument1' | 'argument2' | 'argument3' | 'argument4' | 'argument5' | 'argument6' | 'text'
>;

/** A function as it is put into words. */
export interface Signature {
  name: string;
  /** null: its types are not known. */
  prototype: Prototype | null;
  /** From 1, whose text came with the event; 0: none. */
  textArgument: number;
}

const ARGUMENTS = 6;
/** Bytes that are read of a text, without the zero byte (WIRE_EVENT_TEXT_SIZE of native/helper/wire_probes.h). */
const MOST_TEXT = 63;
const HEXADECIMAL = /flags|mask|prot$|^(addr|address)$/;
const OCTAL = /^mode$/;
const U32 = 2 ** 32;
const encoder = new TextEncoder();

/** A value of 64 bits in halves (little endian): numbers, since a BigInt each costs more than all the rest. */
type ToText = (low: number, high: number) => string;

interface Part {
  /** "(fd=", ", buf=" */
  before: string;
  /** Word of an argument's column. */
  argument: number;
  /** null: the event's text. */
  text: ToText | null;
}

interface Compiled {
  parts: readonly Part[];
  /** Behind the arguments. */
  after: string;
  returned: ToText;
}

export class EventWords {
  readonly #tables: Pick<Tables, 'signatures' | 'strings'>;
  readonly #compiled: Compiled[] = [];
  /** The columns read last, in halves. */
  #of: BigInt64Array | null = null;
  #words: Int32Array[] = [];

  constructor(tables: Pick<Tables, 'signatures' | 'strings'>) {
    this.#tables = tables;
  }

  message(columns: EventValues, at: number): string {
    const signature = columns.signature[at]!;
    if (signature === NONE) return safeText(columns.text[at]!);
    const { parts, after, returned } = (this.#compiled[signature] ??= this.#compile(signature));
    const words = columns.value === this.#of ? this.#words : this.#read(columns);
    const low = at * 2;
    let message = '';
    for (const { before, argument, text } of parts) {
      message += before;
      message += text === null ? quoted(columns.text[at]!) : text(words[argument]![low]!, words[argument]![low + 1]!);
    }
    message += after;
    if ((columns.flags[at]! & EventFlag.returned) === 0) return message;
    return message + returned(words[ARGUMENTS]![low]!, words[ARGUMENTS]![low + 1]!);
  }

  #read(columns: EventValues): Int32Array[] {
    const { argument1, argument2, argument3, argument4, argument5, argument6, value } = columns;
    this.#words = [argument1, argument2, argument3, argument4, argument5, argument6, value].map(
      ({ buffer, byteOffset, length }) => new Int32Array(buffer, byteOffset, length * 2),
    );
    this.#of = value;
    return this.#words;
  }

  #compile(row: number): Compiled {
    const { signatures, strings } = this.#tables;
    const { name, types, textArgument } = signatures.columns;
    const text = strings.columns.text[types[row]!] ?? '';
    return compiled({ name: strings.columns.text[name[row]!] ?? '', prototype: text === '' ? null : prototypeOfJson(text), textArgument: textArgument[row]! });
  }
}

function compiled({ name, prototype, textArgument }: Signature): Compiled {
  const given = prototype?.arguments.slice(0, ARGUMENTS) ?? [];
  const parts: Part[] = [];
  const begin = `${safeText(name)}(`;
  for (const [argument, each] of given.entries()) {
    const isText = argument + 1 === textArgument;
    // A text that lies in a tracepoint's record comes only where it is the one that was asked for.
    if (!isText && (each.type.endsWith(']') || each.name === '__syscall_nr')) continue;
    parts.push({ before: `${parts.length === 0 ? begin : ', '}${safeText(each.name)}=`, argument, text: isText ? null : toText(each) });
  }
  // One whose types are not known says no more than its text.
  if (prototype === null && textArgument > 0) parts.push({ before: begin, argument: 0, text: null });
  const more = (prototype?.arguments.length ?? 0) > given.length ? `${parts.length === 0 ? '' : ', '}…` : '';
  return { parts, after: `${parts.length === 0 ? begin : ''}${more})`, returned: returnedText(prototype?.returns) };
}

function returnedText(type: ValueType | null | undefined): ToText {
  if (type === null) return () => '';
  if (type === undefined) return (low, high) => ` = ${bare(low, high)}`;
  const text = toText({ ...type, name: '' });
  if (type.form !== 'integer' || !type.signed) return (low, high) => ` = ${text(low, high)}`;
  return (low, high) => {
    const shown = text(low, high);
    const error = shown.startsWith('-') ? errnoNames[-Number(shown)] : undefined;
    return error === undefined ? ` = ${shown}` : ` = ${shown} ${error}`;
  };
}

/** Of 64 bits, of which only the type's count. */
export function toText({ name, bytes, signed, form }: NamedValue): ToText {
  switch (form) {
    case 'boolean':
      return (low) => ((low & 0xff) === 0 ? 'false' : 'true');
    case 'pointer':
    case 'text':
      return (low, high) => (low === 0 && high === 0 ? 'NULL' : `0x${digits(low, high, 16)}`);
    case 'integer':
      return integerText(name, bytes, signed);
    case 'other':
      return bare;
    default:
      return form satisfies never;
  }
}

function integerText(name: string, bytes: number, signed: boolean): ToText {
  const unused = 32 - 8 * Math.min(bytes, 4);
  // Unsigned, as hexadecimal and octal digits are.
  const lowOf = (low: number): number => (low << unused) >>> unused;
  const highOf = (high: number): number => (bytes > 4 ? high & (2 ** (8 * (bytes - 4)) - 1) : 0);
  if (HEXADECIMAL.test(name)) return (low, high) => `0x${digits(lowOf(low), highOf(high), 16)}`;
  if (OCTAL.test(name)) return (low, high) => (lowOf(low) === 0 && highOf(high) === 0 ? '0' : `0${digits(lowOf(low), highOf(high), 8)}`);
  if (bytes <= 4) return signed ? (low) => String((low << unused) >> unused) : (low) => String(lowOf(low));
  return signed ? signedText : (low, high) => digits(low, high, 10);
}

function signedText(low: number, high: number): string {
  if (high === 0) return String(low >>> 0);
  if (high === -1 && low !== 0) return String((low >>> 0) - U32);
  return high < 0 ? String(BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low >>> 0))) : digits(low, high, 10);
}

/** Values that nobody describes: small ones are numbers, others mostly addresses. */
function bare(low: number, high: number): string {
  return high === 0 || (high === -1 && low !== 0) ? signedText(low, high) : `0x${digits(low, high, 16)}`;
}

function digits(low: number, high: number, radix: 8 | 10 | 16): string {
  if (high === 0) return (low >>> 0).toString(radix);
  if (radix === 16) return (high >>> 0).toString(16) + (low >>> 0).toString(16).padStart(8, '0');
  const number = (high >>> 0) * U32 + (low >>> 0);
  return number <= Number.MAX_SAFE_INTEGER ? number.toString(radix) : ((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)).toString(radix);
}

/** As C would write it; one that may go on behind what was read ends in "…". */
function quoted(text: string): string {
  const cut = text.length * 3 >= MOST_TEXT && encoder.encode(text).length >= MOST_TEXT;
  return `${safeText(JSON.stringify(text))}${cut ? '…' : ''}`;
}
