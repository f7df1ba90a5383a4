// SPDX-License-Identifier: Apache-2.0
/**
 * Messages of the contract as bytes, and back. The decoder trusts nothing that the other side sent.
 *
 * ```
 *   0  u32, little-endian: bytes of the header
 *   4  the header: JSON, UTF-8: { "message": …, "attachments": [[kind, bytes], …] }
 *   …  the attachments, each at a multiple of 8, zeros between and after
 * ```
 * Within the message a `Uint8Array` (kind "bytes") or a table segment ("segment", segment-codec.ts)
 * stands as `{ "$attachment": index }`, in order of appearance, each exactly once. Values are copied
 * once, into the message; the decoder gives views of it, so a message lives as long as a column of it.
 */
import { schema } from '../profile/schema.ts';
import type { Segment } from '../profile/tables.ts';
import { CodecError } from './codec-error.ts';
import type { Message } from './contract.ts';
import { checkMessage } from './message-shapes.ts';
import { align8, decodeSegment, segmentBytes, writeSegment } from './segment-codec.ts';

export { CodecError } from './codec-error.ts';

/** No message is longer, in either direction; longer row batches are split (row-batches.ts). */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
/** JSON deeper than this is refused: the contract's values are six deep at most. */
const MAX_DEPTH = 32;
const MAX_ATTACHMENTS = 10_000;
const REFERENCE = '$attachment';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

type Attachment = { kind: 'bytes'; value: Uint8Array; bytes: number } | { kind: 'segment'; value: Segment; bytes: number };

/** @throws CodecError when the message is longer than MAX_MESSAGE_BYTES or not plain JSON with attachments. */
export function encodeMessage(message: Message): Uint8Array<ArrayBuffer> {
  const attachments: Attachment[] = [];
  const plain = detach(message, attachments, 0);
  const list = attachments.map(({ kind, bytes }) => [kind, bytes]);
  const header = encoder.encode(JSON.stringify({ message: plain, attachments: list }));
  let size = align8(4 + header.length);
  for (const { bytes } of attachments) size += align8(bytes);
  if (size > MAX_MESSAGE_BYTES) {
    throw new CodecError(`A message of ${size} bytes is longer than the ${MAX_MESSAGE_BYTES} that are allowed.`);
  }
  const target = new Uint8Array(size);
  new DataView(target.buffer).setUint32(0, header.length, true);
  target.set(header, 4);
  let at = align8(4 + header.length);
  for (const attachment of attachments) {
    if (attachment.kind === 'segment') writeSegment(attachment.value, target, at);
    else target.set(attachment.value, at);
    at += align8(attachment.bytes);
  }
  return target;
}

function isSegment(value: object): value is Segment {
  const { table, columns } = value as { table?: unknown; columns?: unknown };
  return typeof table === 'string' && Object.hasOwn(schema, table) && typeof columns === 'object' && columns !== null;
}

/** A copy of `value` with references in place of its attachments. */
function detach(value: unknown, attachments: Attachment[], depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) throw new CodecError(`A message is nested more than ${MAX_DEPTH} deep.`);
  if (value instanceof Uint8Array) {
    return { [REFERENCE]: attachments.push({ kind: 'bytes', value, bytes: value.byteLength }) - 1 };
  }
  if (Array.isArray(value)) return value.map((item) => detach(item, attachments, depth + 1));
  if (isSegment(value)) {
    return { [REFERENCE]: attachments.push({ kind: 'segment', value, bytes: segmentBytes(value) }) - 1 };
  }
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    if (key === REFERENCE) throw new CodecError(`The key "${REFERENCE}" is reserved in messages.`);
    copy[key] = detach(item, attachments, depth + 1);
  }
  return copy;
}

/** @throws CodecError for bytes that are not exactly one message of the contract. */
export function decodeMessage(bytes: Uint8Array): Message {
  if (bytes.byteLength > MAX_MESSAGE_BYTES) {
    throw new CodecError(`A message of ${bytes.byteLength} bytes is longer than the ${MAX_MESSAGE_BYTES} that are allowed.`);
  }
  if (bytes.byteLength < 4) throw new CodecError(`A message needs a header, but only ${bytes.byteLength} bytes came.`);
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const headerBytes = new DataView(aligned.buffer, aligned.byteOffset).getUint32(0, true);
  if (4 + headerBytes > aligned.byteLength) {
    throw new CodecError(`A message of ${aligned.byteLength} bytes announces a header of ${headerBytes}.`);
  }
  const header = readHeader(aligned.subarray(4, 4 + headerBytes));
  const values = readAttachments(aligned, align8(4 + headerBytes), header.attachments);
  const message = attach(header.message, values, 0);
  if (values.some((value) => value !== undefined)) throw new CodecError('An attachment of a message belongs to nothing in it.');
  return checkMessage(message);
}

function readHeader(bytes: Uint8Array): { message: unknown; attachments: unknown[] } {
  let header: unknown;
  try {
    header = JSON.parse(decoder.decode(bytes));
  } catch {
    throw new CodecError('The header of a message is not JSON.');
  }
  const { message, attachments } = (header ?? {}) as { message?: unknown; attachments?: unknown };
  if (typeof message !== 'object' || message === null || !Array.isArray(attachments)) {
    throw new CodecError('The header of a message lacks the message or the list of attachments.');
  }
  if (attachments.length > MAX_ATTACHMENTS) {
    throw new CodecError(`A message has ${attachments.length} attachments, more than the ${MAX_ATTACHMENTS} allowed.`);
  }
  return { message, attachments };
}

function readAttachments(bytes: Uint8Array, at: number, list: unknown[]): (Uint8Array | Segment | undefined)[] {
  const values: (Uint8Array | Segment)[] = [];
  for (const entry of list) {
    const [kind, size] = (Array.isArray(entry) ? entry : []) as unknown[];
    if ((kind !== 'bytes' && kind !== 'segment') || !Number.isSafeInteger(size) || (size as number) < 0) {
      throw new CodecError('An attachment of a message has neither a known kind nor a length.');
    }
    const end = at + (size as number);
    if (align8(end) > bytes.byteLength) throw new CodecError('An attachment reaches past the end of its message.');
    const part = bytes.subarray(at, end);
    values.push(kind === 'bytes' ? part : decodeSegment(part));
    at = align8(end);
  }
  if (at !== bytes.byteLength) throw new CodecError(`A message takes ${at} bytes, but ${bytes.byteLength} came.`);
  return values;
}

/** Puts the attachments in place of their references, in place; each is taken once. */
function attach(value: unknown, values: (Uint8Array | Segment | undefined)[], depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) throw new CodecError(`A message is nested more than ${MAX_DEPTH} deep.`);
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = attach(value[i], values, depth + 1);
    return value;
  }
  const object = value as Record<string, unknown>;
  if (Object.hasOwn(object, REFERENCE)) {
    const index = object[REFERENCE] as number;
    const found = Number.isSafeInteger(index) ? values[index] : undefined;
    if (found === undefined) throw new CodecError('A message refers to an attachment that is not there.');
    values[index] = undefined;
    return found;
  }
  if (isSegment(object)) throw new CodecError('A segment of a table stands in the text of a message, not beside it.');
  for (const key of Object.keys(object)) object[key] = attach(object[key], values, depth + 1);
  return object;
}
