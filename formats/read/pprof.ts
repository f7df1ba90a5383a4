// SPDX-License-Identifier: Apache-2.0
/**
 * Google's pprof (google/pprof proto/profile.proto and proto/README.md), not compressed. Its parts come in any order and
 * refer to each other by number, so samples are kept as numbers until all is there. Of several types of samples one is
 * read: the file's own choice, or its last.
 */
import { Float64Chunks, Int32Chunks } from '../../profile/chunked.ts';
import { SampleKind } from '../../profile/schema.ts';
import type { StackIndex, ThreadIndex } from '../../profile/units.ts';
import { atByte, FormatError, NOTHING_KNOWN, type Format, type FormatReader, type Imported, type ReadOptions } from './format.ts';
import { PprofLocations } from './pprof-locations.ts';
import { weighType, type SampleType } from './pprof-types.ts';
import { MAX_FRAMES, type ProfileBuilder } from './profile-builder.ts';
import { Cursor, eachField, eachNumber, MessageStream, signed, type FieldValue } from './protobuf-reader.ts';

/** Fields of profile.proto. */
const PROFILE = { sampleType: 1, sample: 2, mapping: 3, location: 4, function: 5, strings: 6, time: 9, duration: 10, periodType: 11, period: 12, defaultType: 14 } as const;
const SAMPLE = { location: 1, value: 2, label: 3 } as const;
const LABEL = { key: 1, text: 2, number: 3 } as const;

const MAX_TYPES = 16;
const MAX_STRINGS = 16_000_000;

export const pprof: Format = {
  name: 'pprof',
  title: 'pprof',
  /** Whole fields of the right types, of which the first is a type of samples or a sample: both begin as no text does but for a line feed. */
  recognises(head, fileName) {
    if (/\.(pb|pprof|prof)(\.gz)?$/i.test(fileName) && head.length > 0 && head[0] !== 0x7b) return true;
    const known = new Map<number, number>([[1, 2], [2, 2], [3, 2], [4, 2], [5, 2], [6, 2], [7, 0], [8, 0], [9, 0], [10, 0], [11, 2], [12, 0], [13, 2], [14, 0], [15, 0]]);
    const cursor = new Cursor(head);
    let fields = 0;
    try {
      while (!cursor.isAtEnd) {
        const tag = Number(cursor.varint());
        const type = known.get(Math.floor(tag / 8));
        if (type === undefined || (type !== tag % 8 && tag % 8 !== 2)) return false;
        if (tag % 8 === 2) cursor.take(Number(cursor.varint()));
        else cursor.varint();
        fields++;
      }
    } catch {
      // The head may end anywhere.
    }
    return fields >= 3 && (head[0] === 0x0a || head[0] === 0x12);
  },
  reader: (builder, options = {}) => new PprofReader(builder, options),
};

class PprofReader implements FormatReader {
  readonly #builder: ProfileBuilder;
  readonly #options: ReadOptions;
  readonly #stream = new MessageStream((number, value, byte) => this.#field(number, value, byte));
  readonly #locations: PprofLocations;
  readonly #strings: string[] = [];
  readonly #decoder = new TextDecoder();
  readonly #types: { type: number; unit: number }[] = [];
  #periodType = { type: 0, unit: 0 };
  #period = 0;
  #defaultType = 0;
  #timeNs = 0;
  #durationNs = 0;
  #samples = 0;
  readonly #stacks = new Int32Chunks();
  readonly #labels = new Int32Chunks();
  /** By type; of those of which there were values. */
  readonly #values: Float64Chunks[] = [];
  /** Sets of labels, as numbers of strings, each once. */
  readonly #labelSets: (readonly RawLabel[])[] = [[]];
  readonly #labelRows = new Map<string, number>([['', 0]]);

  constructor(builder: ProfileBuilder, options: ReadOptions) {
    this.#builder = builder;
    this.#options = options;
    this.#locations = new PprofLocations(builder, (index) => this.#string(index));
  }

  push(bytes: Uint8Array): void {
    this.#stream.push(bytes);
  }

  end(): Imported {
    this.#stream.end();
    if (this.#types.length === 0 || this.#samples === 0) throw new FormatError('', 'it holds no sample');
    this.#locations.end();
    const types = this.#types.map((type) => this.#typeOf(type));
    const chosen = this.#choose(types);
    const weigh = weighType(types, chosen, { ...this.#typeOf(this.#periodType), period: this.#period });
    this.#write(chosen, weigh);
    const others = types.filter((_, index) => index !== chosen && index !== weigh.counts).map(({ type }) => type);
    const notes = others.length > 0 ? [`Other types of samples were left out: ${others.join(', ')}.`] : [];
    const startedAt = this.#timeNs > 0 ? Math.floor(this.#timeNs / 1e6) : null;
    return { ...NOTHING_KNOWN, question: weigh.question, frequencyHz: weigh.frequencyHz, startedAt, durationNs: Math.max(0, this.#durationNs), notes: [...weigh.notes, ...notes] };
  }

  #field(number: number, value: FieldValue, byte: number): void {
    try {
      this.#take(number, value);
    } catch (error) {
      // Messages inside know their own bytes only.
      if (error instanceof FormatError) throw new FormatError(atByte(byte), error.message);
      throw error;
    }
  }

  #take(number: number, value: FieldValue): void {
    if (!(value instanceof Uint8Array)) {
      if (number === PROFILE.time) this.#timeNs = signed(value);
      else if (number === PROFILE.duration) this.#durationNs = signed(value);
      else if (number === PROFILE.period) this.#period = signed(value);
      else if (number === PROFILE.defaultType) this.#defaultType = signed(value);
      return;
    }
    switch (number) {
      case PROFILE.sampleType:
        if (this.#types.length >= MAX_TYPES) throw new FormatError('', `it has more than ${MAX_TYPES} types of samples`);
        this.#types.push(valueType(value));
        break;
      case PROFILE.sample:
        this.#sample(value);
        break;
      case PROFILE.mapping:
        this.#locations.mapping(value);
        break;
      case PROFILE.location:
        this.#locations.location(value);
        break;
      case PROFILE.function:
        this.#locations.function(value);
        break;
      case PROFILE.strings:
        if (this.#strings.length >= MAX_STRINGS) throw new FormatError('', `it has more than ${MAX_STRINGS.toLocaleString('en')} strings`);
        this.#strings.push(this.#decoder.decode(value));
        break;
      case PROFILE.periodType:
        this.#periodType = valueType(value);
        break;
    }
  }

  #sample(bytes: Uint8Array): void {
    const frames: number[] = [];
    let isCut = false;
    const values: number[] = [];
    const labels: RawLabel[] = [];
    eachField(bytes, (number, value) => {
      if (number === SAMPLE.location) {
        eachNumber(value, (id) => {
          if (frames.length < MAX_FRAMES) frames.push(this.#locations.frameOf(id));
          else isCut = true;
        });
      } else if (number === SAMPLE.value) eachNumber(value, (each) => values.push(signed(each)));
      else if (number === SAMPLE.label && value instanceof Uint8Array) labels.push(label(value));
    });
    // A message's fields may stand in any order: what is to be told of the values may still come.
    while (this.#values.length < Math.min(values.length, MAX_TYPES)) this.#values.push(new Float64Chunks());
    const row = this.#samples++;
    for (const column of [this.#stacks, this.#labels, ...this.#values]) column.reserve(this.#samples);
    this.#stacks.set(row, this.#builder.stackOf(frames, isCut));
    this.#labels.set(row, this.#labelSet(labels));
    this.#values.forEach((column, type) => column.set(row, values[type] ?? 0));
  }

  #labelSet(labels: readonly RawLabel[]): number {
    const key = labels.map(({ key: name, text, number }) => `${name} ${text} ${number}`).join();
    let row = this.#labelRows.get(key);
    if (row === undefined) {
      this.#labelRows.set(key, (row = this.#labelSets.length));
      this.#labelSets.push(labels);
    }
    return row;
  }

  #string(index: number): string {
    const text = this.#strings[index];
    if (text === undefined) throw new FormatError('', `it names string ${index.toLocaleString('en')} of ${this.#strings.length.toLocaleString('en')}`);
    return text;
  }

  #typeOf({ type, unit }: { type: number; unit: number }): SampleType {
    return { type: this.#string(type), unit: this.#string(unit) };
  }

  #choose(types: readonly SampleType[]): number {
    const { event } = this.#options;
    const asked = event ?? (this.#defaultType > 0 ? this.#string(this.#defaultType) : undefined);
    const found = types.findIndex(({ type }) => type === asked);
    if (event !== undefined && found < 0) throw new FormatError('', `it has no samples of the type ${JSON.stringify(event)}, but of ${types.map(({ type }) => type).join(', ')}`);
    return found < 0 ? types.length - 1 : found;
  }

  #write(chosen: number, weigh: ReturnType<typeof weighType>): void {
    const owners: Owner[] = [];
    const values = this.#values[weigh.counts ?? chosen];
    for (let row = 0; row < this.#samples; row++) {
      const value = values?.get(row) ?? 0;
      if (value === 0) continue;
      const labels = this.#labels.get(row);
      const { thread, wait } = (owners[labels] ??= this.#owner(this.#labelSets[labels]!));
      const kind = weigh.kindOf(wait);
      if (value < 0 && kind !== SampleKind.memory) throw new FormatError('', `sample ${(row + 1).toLocaleString('en')} weighs less than nothing, as in a difference of two profiles`);
      this.#builder.sample(0, thread, this.#stacks.get(row) as StackIndex, kind, value * weigh.scaleOf(kind));
    }
  }

  /** Whose a sample is, by the labels that pprof's own tools and others use for that. */
  #owner(labels: readonly RawLabel[]): Owner {
    const found = new Map<string, string>();
    for (const { key, text, number } of labels) found.set(this.#string(key).toLowerCase().replaceAll(/[ _]/g, ''), text > 0 ? this.#string(text) : String(number));
    const first = (...keys: string[]): string => keys.map((key) => found.get(key)).find((value) => value !== undefined) ?? '';
    const pid = Number(first('pid', 'processid', 'tgid')) || 0;
    const tid = Number(first('tid', 'threadid')) || 0;
    const process = first('process', 'processname', 'comm') || this.#locations.program;
    const thread = first('thread', 'threadname') || first('tid', 'threadid') || process;
    return { thread: this.#builder.thread(this.#builder.process(pid, process), tid, thread), wait: first('wait') };
  }
}

/** Whose a sample is, and why it did not run. */
interface Owner {
  thread: ThreadIndex;
  wait: string;
}

interface RawLabel {
  key: number;
  /** 0: it is a number. */
  text: number;
  number: number;
}

function label(bytes: Uint8Array): RawLabel {
  const found = { key: 0, text: 0, number: 0 };
  eachField(bytes, (number, value) => {
    if (number === LABEL.key) found.key = signed(value);
    else if (number === LABEL.text) found.text = signed(value);
    else if (number === LABEL.number) found.number = signed(value);
  });
  return found;
}

function valueType(bytes: Uint8Array): { type: number; unit: number } {
  const found = { type: 0, unit: 0 };
  eachField(bytes, (number, value) => {
    if (number === 1) found.type = signed(value);
    else if (number === 2) found.unit = signed(value);
  });
  return found;
}
