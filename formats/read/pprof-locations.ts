// SPDX-License-Identifier: Apache-2.0
/** Locations of a pprof file to frames: kept as numbers until functions, mappings and strings are there. */
import { baseName } from '../../profile/names.ts';
import { FrameCategory, ModuleKind } from '../../profile/schema.ts';
import { NONE, type FrameIndex, type ModuleIndex } from '../../profile/units.ts';
import { codePlace } from './code-place.ts';
import { FormatError } from './format.ts';
import type { ProfileBuilder } from './profile-builder.ts';
import { eachField, signed, type Unsigned } from './protobuf-reader.ts';

const MAPPING = { id: 1, start: 2, file: 5, buildId: 6 } as const;
const LOCATION = { id: 1, mapping: 2, address: 3, line: 4 } as const;
const LINE = { function: 1, line: 2 } as const;
const FUNCTION = { id: 1, name: 2, systemName: 3, file: 4, line: 5 } as const;

/** Addresses from here on are the kernel's, on 64-bit machines. */
const KERNEL = 1n << 63n;
const KERNEL_BITS = 48;
/** Functions of one location that are kept. */
const MAX_LINES = 256;

interface Mapping {
  start: bigint;
  /** Strings. */
  file: number;
  buildId: number;
}

interface Location {
  mapping: Unsigned;
  address: bigint;
  /** The innermost first. */
  lines: { function: Unsigned; line: number }[];
}

interface Function {
  name: number;
  file: number;
  line: number;
}

export class PprofLocations {
  readonly #builder: ProfileBuilder;
  readonly #string: (index: number) => string;
  readonly #mappings = new Map<Unsigned, Mapping>();
  readonly #locations = new Map<Unsigned, Location>();
  readonly #functions = new Map<Unsigned, Function>();
  /** Ids of locations in the order of their frames. */
  readonly #frames = new Map<Unsigned, FrameIndex>();
  /** Name of the program: of the first mapping's file. */
  program = 'program';

  /** @param string by number; asked at the end only */
  constructor(builder: ProfileBuilder, string: (index: number) => string) {
    this.#builder = builder;
    this.#string = string;
  }

  /** The frame that the location will be. */
  frameOf(id: Unsigned): FrameIndex {
    let frame = this.#frames.get(id);
    if (frame === undefined) this.#frames.set(id, (frame = this.#frames.size));
    return frame;
  }

  mapping(bytes: Uint8Array): void {
    let id: Unsigned = 0;
    const mapping: Mapping = { start: 0n, file: 0, buildId: 0 };
    eachField(bytes, (number, value) => {
      if (value instanceof Uint8Array) return;
      if (number === MAPPING.id) id = value;
      else if (number === MAPPING.start) mapping.start = BigInt(value);
      else if (number === MAPPING.file) mapping.file = signed(value);
      else if (number === MAPPING.buildId) mapping.buildId = signed(value);
    });
    this.#mappings.set(id, mapping);
  }

  location(bytes: Uint8Array): void {
    let id: Unsigned = 0;
    const location: Location = { mapping: 0, address: 0n, lines: [] };
    eachField(bytes, (number, value) => {
      if (value instanceof Uint8Array) {
        if (number === LOCATION.line && location.lines.length < MAX_LINES) location.lines.push(lineOf(value));
      } else if (number === LOCATION.id) id = value;
      else if (number === LOCATION.mapping) location.mapping = value;
      else if (number === LOCATION.address) location.address = BigInt(value);
    });
    this.#locations.set(id, location);
  }

  function(bytes: Uint8Array): void {
    let id: Unsigned = 0;
    let systemName = 0;
    const row: Function = { name: 0, file: 0, line: 0 };
    eachField(bytes, (number, value) => {
      if (value instanceof Uint8Array) return;
      if (number === FUNCTION.id) id = value;
      else if (number === FUNCTION.name) row.name = signed(value);
      else if (number === FUNCTION.systemName) systemName = signed(value);
      else if (number === FUNCTION.file) row.file = signed(value);
      else if (number === FUNCTION.line) row.line = signed(value);
    });
    if (row.name === 0) row.name = systemName;
    this.#functions.set(id, row);
  }

  /** Makes the rows. @throws FormatError for a number that leads nowhere */
  end(): void {
    const [first] = this.#mappings.values();
    if (first && first.file > 0) this.program = baseName(this.#string(first.file));
    for (const id of this.#frames.keys()) {
      const location = this.#locations.get(id);
      if (!location) throw new FormatError('', `a sample names location ${id}, which is not there`);
      this.#frame(location);
    }
  }

  #frame({ mapping: mappingId, address, lines }: Location): void {
    const builder = this.#builder;
    const mapping = this.#mappings.get(mappingId);
    const calls = lines.map(({ function: id, line }) => {
      const found = this.#functions.get(id);
      if (!found) throw new FormatError('', `a location names function ${id}, which is not there`);
      return { name: this.#string(found.name), file: this.#string(found.file), declared: found.line, line };
    });
    const outer = calls.at(-1);
    // Of scripts: neither a mapping nor an address, but a file.
    if (!mapping && address === 0n && outer && outer.file !== '') {
      const module = builder.module(outer.file, ModuleKind.source);
      const frame = builder.frame(module, Math.max(0, outer.line), FrameCategory.interpreted);
      calls.reverse().forEach(({ name, file, declared, line }, depth) => {
        builder.symbol(frame, depth, builder.placedFunction(name, module, file, declared), file, line);
      });
      return;
    }
    const isKernel = address >= KERNEL;
    const place = codePlace(builder, mapping ? this.#string(mapping.file) : '', {
      isKernel,
      isNamed: outer !== undefined,
      buildId: mapping ? this.#string(mapping.buildId) : '',
    });
    const offset = isKernel ? BigInt.asUintN(KERNEL_BITS, address) : mapping && address >= mapping.start ? address - mapping.start : address;
    const frame = builder.frame(place.module, Number(offset), place.category);
    this.#name(frame, place.module, calls.reverse());
  }

  /** @param calls the outermost first; none: it has no name */
  #name(frame: FrameIndex, module: ModuleIndex, calls: readonly { name: string; file: string; declared: number; line: number }[]): void {
    if (calls.length === 0) this.#builder.symbol(frame, 0, NONE);
    calls.forEach(({ name, file, declared, line }, depth) => {
      this.#builder.symbol(frame, depth, this.#builder.function(name, module, file, declared), file, line);
    });
  }
}

function lineOf(bytes: Uint8Array): Location['lines'][number] {
  const found: Location['lines'][number] = { function: 0, line: 0 };
  eachField(bytes, (number, value) => {
    if (value instanceof Uint8Array) return;
    if (number === LINE.function) found.function = value;
    else if (number === LINE.line) found.line = signed(value);
  });
  return found;
}
