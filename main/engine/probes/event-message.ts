// SPDX-License-Identifier: Apache-2.0
/** What a hit says of itself: the function, its arguments by name, and what it returned, as strace writes them. */
import { constants } from 'node:os';
import type { NamedValue, ValueType } from '../functions/btf.ts';
import { safeText } from '../interner.ts';
import { HitFlag, WIRE_EVENT_TEXT_SIZE } from '../wire-layout.gen.ts';
import type { ProbeEvent } from '../wire-probe-frames.ts';
import type { PlannedFunction } from './probe-plan.ts';

/** What the kernel reads of a text, without the zero byte. */
const MOST_TEXT = WIRE_EVENT_TEXT_SIZE - 1;
const errors = new Map(Object.entries(constants.errno).map(([name, number]) => [BigInt(-number), name]));

const HEXADECIMAL = /flags|mask|prot$|^(addr|address)$/;
const OCTAL = /^mode$/;
/** Values of 64 bits that nobody describes: small ones are numbers, others mostly addresses. */
const SMALL = 2n ** 32n;

/** @param textArgument from 1, whose text came with the event; 0: none */
export function eventMessage(event: ProbeEvent, { name, prototype }: PlannedFunction, textArgument: number): string {
  const given = prototype?.arguments.slice(0, event.arguments.length) ?? [];
  // A text that lies in a tracepoint's record comes only where it is the one that was asked for.
  const told = given.map((each, i) => ({ each, i })).filter(({ each, i }) => i + 1 === textArgument || !(each.type.endsWith(']') || each.name === '__syscall_nr'));
  const list = told.map(({ each, i }) => `${each.name}=${i + 1 === textArgument ? quoted(event.text) : valueText(event.arguments[i]!, each)}`);
  const more = (prototype?.arguments.length ?? 0) > given.length ? ', …' : '';
  // One whose types are not known says no more than its text.
  const unknown = prototype === null && textArgument > 0 ? quoted(event.text) : '';
  return safeText(`${name}(${list.join(', ')}${more}${unknown})${returned(event, prototype?.returns)}`);
}

function returned({ flags, value }: ProbeEvent, type: ValueType | null | undefined): string {
  if ((flags & HitFlag.return) === 0 || type === null) return '';
  if (type === undefined) return ` = ${bare(value)}`;
  const error = type.form === 'integer' && type.signed ? errors.get(BigInt.asIntN(type.bytes * 8, value)) : undefined;
  return ` = ${valueText(BigInt.asUintN(64, value), { ...type, name: '' })}${error === undefined ? '' : ` ${error}`}`;
}

/** @param value of 64 bits, of which only the type's count */
export function valueText(value: bigint, { name, bytes, signed, form }: NamedValue): string {
  switch (form) {
    case 'boolean':
      return (value & 0xffn) === 0n ? 'false' : 'true';
    case 'pointer':
    case 'text':
      return value === 0n ? 'NULL' : hexadecimal(value);
    case 'integer': {
      const bits = bytes * 8;
      if (HEXADECIMAL.test(name)) return hexadecimal(BigInt.asUintN(bits, value));
      if (OCTAL.test(name)) return value === 0n ? '0' : `0${BigInt.asUintN(bits, value).toString(8)}`;
      return String(signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value));
    }
    case 'other':
      return bare(value);
    default:
      return form satisfies never;
  }
}

function bare(value: bigint): string {
  const signed = BigInt.asIntN(64, value);
  return signed > -SMALL && signed < SMALL ? String(signed) : hexadecimal(BigInt.asUintN(64, value));
}

function hexadecimal(value: bigint): string {
  return `0x${value.toString(16)}`;
}

/** As C would write it; one that may go on behind what was read ends in "…". */
function quoted(text: string): string {
  const cut = Buffer.byteLength(text) >= MOST_TEXT;
  return `${JSON.stringify(text)}${cut ? '…' : ''}`;
}
