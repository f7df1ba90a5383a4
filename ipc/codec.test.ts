// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tableNames } from '../profile/schema.ts';
import { createTables, rowCounts, segmentsSince, type Segment, type Tables } from '../profile/tables.ts';
import { CodecError, decodeMessage, encodeMessage, MAX_MESSAGE_BYTES } from './codec.ts';
import type { Message } from './contract.ts';
import { decodeSegment, encodeSegment, segmentBytes } from './segment-codec.ts';

/** Tables with rows of every column type, texts of every UTF-8 length among them. */
function someTables(): Tables {
  const tables = createTables();
  for (const text of ['main', 'größe', '読む', '🔥 flame', '', 'a;b<script>"\u0000']) tables.strings.append({ text });
  tables.modules.append({ path: 1, buildId: 2, kind: 1 });
  tables.processes.append({ tgid: 4121, parent: -1, name: 1, start: -1.5e9 });
  tables.frames.append({ module: -1, offset: 2 ** 52 + 1, category: 6 });
  for (let i = 0; i < 7; i++) tables.samples.append({ slice: i, thread: 0, stack: i - 1, kind: 0, weight: i / 2 });
  return tables;
}

const empty = Object.fromEntries(tableNames.map((name) => [name, 0])) as ReturnType<typeof rowCounts>;
const segments = (): Segment[] => segmentsSince(someTables(), empty);
const figures = {
  durationNs: 5e9,
  ledger: { fired: 10, notOurs: 2, stored: 7, lost: 1 },
  overhead: { bpfNs: 1, helperCpuNs: 2 },
};
const rowsMessage = (): Message => ({
  type: 'event',
  name: 'rows',
  payload: { id: 1, segments: segments(), sliceEnd: 7, figures },
});

/** Changes the JSON header of an encoded message, attachments kept. */
function withHeader(bytes: Uint8Array, change: (header: string) => string): Uint8Array {
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const header = new TextEncoder().encode(change(new TextDecoder().decode(bytes.subarray(4, 4 + length))));
  const rest = bytes.subarray(Math.ceil((4 + length) / 8) * 8);
  const at = Math.ceil((4 + header.length) / 8) * 8;
  const changed = new Uint8Array(at + rest.length);
  new DataView(changed.buffer).setUint32(0, header.length, true);
  changed.set(header, 4);
  changed.set(rest, at);
  return changed;
}

test('segments come back as they were, text included', () => {
  for (const segment of segments()) {
    const bytes = encodeSegment(segment);
    expect(bytes.length).toBe(segmentBytes(segment));
    expect(decodeSegment(bytes)).toEqual(segment);
  }
});

test('a segment within a buffer at an odd place is read as well', () => {
  const segment = segments().find(({ table }) => table === 'samples')!;
  const bytes = encodeSegment(segment);
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  expect(decodeSegment(shifted.subarray(3))).toEqual(segment);
});

test('the layout of a segment, byte by byte: it is the layout of the recording file', () => {
  const tables = createTables();
  tables.strings.append({ text: 'é' });
  expect(Buffer.from(encodeSegment(tables.strings.segment(1))).toString('hex')).toBe(
    '53454731' + '01000000' + '01000000' + '0700' + '0100' + Buffer.from('strings').toString('hex') + '05' + '02000000' + 'c3a9' + '0000',
  );
  tables.losses.append({ slice: 3, cause: 2, count: 1 });
  expect(Buffer.from(encodeSegment(tables.losses.segment(0))).toString('hex')).toBe(
    '53454731' + '00000000' + '01000000' + '0600' + '0300' + Buffer.from('losses').toString('hex') + '020104' +
      '00'.repeat(7) + '0300000000000000' + '0200000000000000' + '000000000000f03f',
  );
});

test('any text survives', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), (texts) => {
      const tables = createTables();
      for (const text of texts) tables.strings.append({ text });
      const segment = tables.strings.segment(0);
      expect(decodeSegment(encodeSegment(segment))).toEqual(segment);
    }),
  );
});

test('a lone surrogate becomes U+FFFD and moves nothing', () => {
  const tables = createTables();
  tables.strings.append({ text: 'a\ud800b' });
  tables.strings.append({ text: '\udc00' });
  tables.strings.append({ text: 'end' });
  expect(decodeSegment(encodeSegment(tables.strings.segment(1))).columns).toEqual({ text: ['a\ufffdb', '\ufffd', 'end'] });
});

test('messages of every type come back as they were', () => {
  const upload = new Uint8Array([1, 2, 3]);
  const messages: Message[] = [
    { type: 'call', call: 3, name: 'upload', arguments: [null, upload] },
    { type: 'answer', call: 3, result: new Uint8Array(0) },
    { type: 'refusal', call: 3, failure: { code: 'noSuchProcess', message: 'No process 7.', remedy: 'Pick another.' } },
    { type: 'acknowledge', bytes: 5 },
    rowsMessage(),
  ];
  for (const message of messages) expect(decodeMessage(encodeMessage(message))).toEqual(message);
});

test('decoded columns are views of the message, not copies', () => {
  const bytes = encodeMessage(rowsMessage());
  const { payload } = decodeMessage(bytes) as { payload: { segments: Segment<'samples'>[] } };
  const samples = payload.segments.find(({ table }) => table === 'samples')!;
  expect(samples.columns.weight.buffer).toBe(bytes.buffer);
});

const call = () => encodeMessage({ type: 'call', call: 1, name: 'upload', arguments: [null, new Uint8Array(9)] });
const refused: [string, () => Uint8Array, RegExp][] = [
  ['nothing', () => new Uint8Array(0), /needs a header/],
  ['a header longer than the message', () => new Uint8Array([255, 255, 255, 255, 0, 0, 0, 0]), /announces a header/],
  ['no JSON', () => withHeader(call(), (text) => text.slice(1)), /not JSON/],
  ['JSON null', () => withHeader(call(), () => 'null'), /lacks the message/],
  ['an unknown type', () => withHeader(call(), (text) => text.replace('"call"', '"cull"')), /no known type/],
  ['an unknown call', () => withHeader(call(), (text) => text.replace('"upload"', '"format"')), /"call".*at "\.name"/],
  ['a call number below zero', () => withHeader(call(), (text) => text.replace('"call":1', '"call":-1')), /at "\.call"/],
  ['a missing attachment', () => withHeader(call(), (text) => text.replace('"$attachment":0', '"$attachment":1')), /not there/],
  ['an attachment named twice', () => withHeader(call(), (text) => text.replace('[null', '[{"$attachment":0}')), /not there/],
  ['an attachment that belongs nowhere', () => withHeader(call(), (text) => text.replace('{"$attachment":0}', '1')), /belongs to nothing/],
  ['an attachment too long', () => withHeader(call(), (text) => text.replace('["bytes",9]', '["bytes",90]')), /past the end/],
  ['an attachment of a broken length', () => withHeader(call(), (text) => text.replace('["bytes",9]', '["bytes",9.5]')), /length/],
  ['bytes after the end', () => Buffer.concat([call(), new Uint8Array(8)]), /takes \d+ bytes, but/],
  ['a message cut short', () => call().slice(0, -8), /past the end/],
  ['deep nesting', () => withHeader(call(), (text) => text.replace('[null', '['.repeat(5000) + ']'.repeat(4999))), /nested/],
  ['a segment written as text', () => {
    const text = '{"table":"notes","start":0,"length":1e9,"columns":{}}';
    return withHeader(encodeMessage(rowsMessage()), (header) => header.replace('{"$attachment":0}', text));
  }, /stands in the text/],
  ['rows without figures', () => withHeader(encodeMessage(rowsMessage()), (text) => text.replace('"fired":10', '"fired":"x"')), /at "\.figures\.ledger\.fired"/],
  ['a segment of an unknown table', () => patched('samples', (bytes) => bytes.set(Buffer.from('simples'), 16)), /no table "simples"/],
  ['a segment named like a property of every object', () => patched('modules', (bytes) => bytes.set(Buffer.from('valueOf'), 16)), /no table "valueOf"/],
  ['a segment with a row too many', () => patched('samples', (bytes) => (bytes[8]! += 1)), /cut|takes|reaches/],
  ['a segment with billions of rows', () => patched('samples', (bytes) => bytes.fill(0xf0, 8, 12)), /cut within/],
  ['rows past the last index', () => patched('samples', (bytes) => bytes.fill(0xff, 4, 8)), /past the last/],
  ['other column types', () => patched('samples', (bytes) => (bytes[24] = 4)), /other columns/],
  ['a text longer than its segment', () => patched('strings', (bytes) => (bytes[27] = 255)), /past the end of its segment/],
  ['text that is not UTF-8', () => patched('strings', (bytes) => (bytes[53] = 0xff)), /not UTF-8/],
];

/** A rows message with one segment, changed. */
function patched(table: string, change: (segment: Uint8Array) => unknown): Uint8Array {
  const segment = segments().find((each) => each.table === table)!;
  const bytes = encodeMessage({ type: 'event', name: 'rows', payload: { id: 1, segments: [segment], sliceEnd: 0, figures } });
  change(bytes.subarray(bytes.length - segmentBytes(segment)));
  return bytes;
}

test.each(refused)('refuses %s, in a sentence', (_, bytes, sentence) => {
  expect(() => decodeMessage(bytes())).toThrow(CodecError);
  expect(() => decodeMessage(bytes())).toThrow(sentence);
});

test('a message longer than the limit is neither sent nor read', () => {
  const message: Message = { type: 'answer', call: 0, result: new Uint8Array(MAX_MESSAGE_BYTES) };
  expect(() => encodeMessage(message)).toThrow(CodecError);
  expect(() => decodeMessage(new Uint8Array(MAX_MESSAGE_BYTES + 8))).toThrow(/longer than/);
});

test('a column that is not as long as its segment is not sent', () => {
  const broken = { table: 'strings', start: 0, length: 2, columns: { text: ['a'] } } as Segment;
  expect(() => encodeSegment(broken)).toThrow('strings.text has 1 values in a segment of 2 rows.');
});

test('whatever bytes come, the decoder answers with a message or a CodecError', () => {
  const whole = encodeMessage(rowsMessage());
  const outcome = (bytes: Uint8Array): string => {
    try {
      return decodeMessage(bytes).type;
    } catch (error) {
      expect(error).toBeInstanceOf(CodecError);
      return 'refused';
    }
  };
  for (let cut = 0; cut < whole.length; cut++) expect(outcome(whole.slice(0, cut))).toBe('refused');
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void outcome(bytes)), { numRuns: 2000 });
  const change = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const bytes = whole.slice();
      for (const [at, value] of changes) bytes[at] = value;
      outcome(bytes);
    }),
    { numRuns: 5000 },
  );
});
