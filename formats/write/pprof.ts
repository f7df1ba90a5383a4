// SPDX-License-Identifier: Apache-2.0
/**
 * Google's pprof (google/pprof proto/profile.proto and proto/README.md): a protocol buffer, customarily gzipped,
 * which is left to the caller.
 *
 * A frame is a location at its module's mapping plus its offset, with a line a function: of those inlined the innermost
 * stands first. Mappings lie one after the other, since the same file lay elsewhere in every process; a frame without a
 * name has no line, and pprof looks for it in the file itself. Samples are by thread, and off a CPU by why.
 */
import type { Question, WrittenUnit } from '../../profile/questions.ts';
import { ModuleKind, SampleKind } from '../../profile/schema.ts';
import { modulePath } from '../../profile/names.ts';
import type { Tables } from '../../profile/tables.ts';
import { NONE, type ModuleIndex } from '../../profile/units.ts';
import { printable } from '../printable.ts';
import { SAMPLES, type Selection } from '../selection.ts';
import { originWords, spanOf, type Origin } from './origin.ts';
import { ProtobufWriter } from './protobuf.ts';
import { StackPlaces, type Call, type Place } from './stack-places.ts';
import { ownerOf, weighStacks, type WeighedStack } from './weighed-stacks.ts';

/** Fields of profile.proto. */
const PROFILE = { sampleType: 1, sample: 2, mapping: 3, location: 4, function: 5, strings: 6, time: 9, duration: 10, periodType: 11, period: 12, comment: 13 } as const;
const VALUE_TYPE = { type: 1, unit: 2 } as const;
const SAMPLE = { location: 1, value: 2, label: 3 } as const;
const LABEL = { key: 1, text: 2, number: 3 } as const;
const MAPPING = { id: 1, start: 2, limit: 3, file: 5, buildId: 6, hasFunctions: 7, hasFiles: 8, hasLines: 9, hasInlined: 10 } as const;
const LOCATION = { id: 1, mapping: 2, address: 3, line: 4 } as const;
const LINE = { function: 1, line: 2 } as const;
const FUNCTION = { id: 1, name: 2, systemName: 3, file: 4, line: 5 } as const;

/** Addresses below are nobody's, as in a process. */
const FIRST_MAPPING = 0x40_0000n;
const PAGE = 0x1000n;

type ValueType = readonly [type: string, unit: string];

/** Of what is off a CPU, as a label. */
const waits: Partial<Record<SampleKind, string>> = {
  [SampleKind.blocked]: 'blocked',
  [SampleKind.preempted]: 'preempted',
  [SampleKind.runQueue]: 'queued',
};

/** @returns the message, not compressed; valid also where no sample is selected. */
export function toPprof(tables: Tables, origin: Origin, selection: Selection = {}): Uint8Array<ArrayBuffer> {
  return new PprofWriter(tables, origin, selection).write();
}

interface Mapping {
  id: number;
  start: bigint;
  limit: bigint;
  module: ModuleIndex;
  isNamed: boolean;
  hasFiles: boolean;
  hasInlined: boolean;
}

class PprofWriter {
  readonly #tables: Tables;
  readonly #origin: Origin;
  readonly #selection: Selection;
  readonly #out = new ProtobufWriter();
  readonly #strings = new Map<string, number>([['', 0]]);
  readonly #functions = new Map<string, { id: number; call: Call }>();

  constructor(tables: Tables, origin: Origin, selection: Selection) {
    this.#tables = tables;
    this.#origin = origin;
    this.#selection = selection;
  }

  write(): Uint8Array<ArrayBuffer> {
    const out = this.#out;
    const stacks = weighStacks(this.#tables, this.#selection);
    const { unit } = this.#selection.weights ?? SAMPLES;
    const { question, frequencyHz, startedAt } = this.#origin;
    const places = new StackPlaces(this.#tables, this.#selection.collapse);
    const types = sampleTypes(question, unit, frequencyHz);
    for (const type of types) this.#valueType(PROFILE.sampleType, type);
    for (const sum of stacks) this.#sample(sum, places, unit);
    const mappings = this.#mappingsOf(places.places);
    for (const mapping of mappings.values()) this.#mapping(mapping);
    for (const place of places.places) this.#location(place, mappings.get(place.module));
    for (const { id, call } of this.#functions.values()) {
      out.message(PROFILE.function, (message) => {
        message.integer(FUNCTION.id, id);
        message.integer(FUNCTION.name, this.#string(call.name));
        message.integer(FUNCTION.systemName, this.#string(call.name));
        message.integer(FUNCTION.file, this.#string(call.file));
        message.integer(FUNCTION.line, call.definedAt);
      });
    }
    const { from, to } = spanOf(this.#selection, this.#origin);
    out.integer(PROFILE.time, BigInt(startedAt) * 1_000_000n + BigInt(Math.round(from)));
    out.integer(PROFILE.duration, to - from);
    if (question === 'on-cpu' && frequencyHz > 0) {
      this.#valueType(PROFILE.periodType, types.at(-1)!);
      out.integer(PROFILE.period, 1e9 / frequencyHz);
    }
    out.integers(PROFILE.comment, [`Emberscope: ${this.#origin.target}`, originWords(this.#origin)].map((text) => this.#string(printable(text))));
    // All texts are known only now; fields may come in any order.
    for (const text of this.#strings.keys()) out.text(PROFILE.strings, text);
    return out.bytes;
  }

  #string(text: string): number {
    let index = this.#strings.get(text);
    if (index === undefined) this.#strings.set(text, (index = this.#strings.size));
    return index;
  }

  #valueType(field: number, [type, unit]: ValueType): void {
    this.#out.message(field, (message) => {
      message.integer(VALUE_TYPE.type, this.#string(type));
      message.integer(VALUE_TYPE.unit, this.#string(unit));
    });
  }

  #sample({ thread, stack, kind, weight }: WeighedStack, places: StackPlaces, unit: WrittenUnit): void {
    const { processName, pid, threadName, tid } = ownerOf(this.#tables, thread, this.#selection);
    const locations = places.of(stack).map(({ index }) => index + 1).reverse();
    this.#out.message(PROFILE.sample, (sample) => {
      sample.integers(SAMPLE.location, locations);
      sample.integers(SAMPLE.value, valuesOf(weight, unit, this.#origin.frequencyHz));
      const label = (key: string, value: string | number): void => {
        if (value === '' || value === 0) return;
        sample.message(SAMPLE.label, (message) => {
          message.integer(LABEL.key, this.#string(key));
          if (typeof value === 'string') message.integer(LABEL.text, this.#string(value));
          else message.integer(LABEL.number, value);
        });
      };
      label('process', processName);
      label('pid', pid);
      label('thread', threadName);
      label('tid', tid);
      label('wait', waits[kind] ?? '');
    });
  }

  /** By module. pprof takes the first one for the program. */
  #mappingsOf(places: readonly Place[]): Map<ModuleIndex, Mapping> {
    const { kind } = this.#tables.modules.columns;
    const mappings = new Map<ModuleIndex, Mapping>();
    const used = [...new Set(places.map(({ module }) => module))].filter((module) => module !== NONE);
    const isProgram = (module: ModuleIndex): number => (kind[module] === ModuleKind.executable ? 0 : 1);
    for (const module of used.sort((a, b) => isProgram(a) - isProgram(b) || a - b)) {
      mappings.set(module, { id: mappings.size + 1, start: 0n, limit: 0n, module, isNamed: true, hasFiles: false, hasInlined: false });
    }
    for (const { module, offset, isNamed, calls } of places) {
      const mapping = mappings.get(module);
      if (!mapping) continue;
      const end = BigInt(offset) + 1n;
      if (end > mapping.limit) mapping.limit = end;
      mapping.isNamed &&= isNamed;
      mapping.hasFiles ||= calls.some(({ file }) => file !== '');
      mapping.hasInlined ||= calls.length > 1;
    }
    let start = FIRST_MAPPING;
    for (const mapping of mappings.values()) {
      mapping.start = start;
      mapping.limit = start + ((mapping.limit + PAGE - 1n) / PAGE) * PAGE;
      start = mapping.limit + PAGE;
    }
    return mappings;
  }

  #mapping({ id, start, limit, module, isNamed, hasFiles, hasInlined }: Mapping): void {
    const { modules, strings } = this.#tables;
    this.#out.message(PROFILE.mapping, (message) => {
      message.integer(MAPPING.id, id);
      message.integer(MAPPING.start, start);
      message.integer(MAPPING.limit, limit);
      message.integer(MAPPING.file, this.#string(printable(modulePath(this.#tables, module))));
      message.integer(MAPPING.buildId, this.#string(printable(strings.columns.text[modules.columns.buildId[module]!] ?? '')));
      message.integer(MAPPING.hasFunctions, Number(isNamed));
      message.integer(MAPPING.hasFiles, Number(hasFiles));
      message.integer(MAPPING.hasLines, Number(hasFiles));
      message.integer(MAPPING.hasInlined, Number(hasInlined));
    });
  }

  #location({ index, offset, isNamed, calls }: Place, mapping: Mapping | undefined): void {
    this.#out.message(PROFILE.location, (location) => {
      location.integer(LOCATION.id, index + 1);
      location.integer(LOCATION.mapping, mapping?.id ?? 0);
      location.integer(LOCATION.address, (mapping?.start ?? 0n) + BigInt(offset));
      // An address without a name that has a mapping is better left to pprof.
      const named = isNamed || !mapping ? calls : calls.slice(1);
      for (const call of [...named].reverse()) {
        location.message(LOCATION.line, (line) => {
          line.integer(LINE.function, this.#function(call));
          line.integer(LINE.line, call.line);
        });
      }
    });
  }

  #function(call: Call): number {
    const identity = `${call.key} ${call.file}`;
    let known = this.#functions.get(identity);
    if (!known) this.#functions.set(identity, (known = { id: this.#functions.size + 1, call }));
    return known.id;
  }
}

/** @param frequencyHz 0: not known, as of what was imported; then samples are no time */
function sampleTypes(question: Question, unit: WrittenUnit, frequencyHz: number): ValueType[] {
  switch (unit) {
    case 'samples':
      return [['samples', 'count'], ...(frequencyHz > 0 ? [['cpu', 'nanoseconds'] as const] : [])];
    case 'bytes':
      return [['inuse_space', 'bytes']];
    case 'µs':
      return [[question === 'probes' ? 'latency' : question, 'nanoseconds']];
    default:
      return unit satisfies never;
  }
}

function valuesOf(weight: number, unit: WrittenUnit, frequencyHz: number): number[] {
  switch (unit) {
    case 'samples':
      return frequencyHz > 0 ? [weight, (weight * 1e9) / frequencyHz] : [weight];
    case 'bytes':
      return [weight];
    case 'µs':
      return [weight * 1000];
    default:
      return unit satisfies never;
  }
}
