// SPDX-License-Identifier: Apache-2.0
/**
 * The kernel's own description of its types (BTF): which functions there are, and what their arguments are called and are.
 * Format: linux Documentation/bpf/btf.rst. The file is the kernel's, but it is read as if it were not: every offset is
 * checked, and chains of types end after MAX_STEPS.
 */
import type { Prototype, ValueType } from '../../../profile/prototype.ts';

const MAGIC = 0xeb9f;
const MAX_TYPES = 4_000_000;
/** Bytes of a name that are looked at. */
const MAX_NAME = 512;
/** Of a chain of pointers, qualifiers and typedefs. */
const MAX_STEPS = 32;
/** A prototype with more is not one. */
const MAX_ARGUMENTS = 64;

const Kind = {
  integer: 1,
  pointer: 2,
  array: 3,
  struct: 4,
  union: 5,
  enum: 6,
  forward: 7,
  typedef: 8,
  volatile: 9,
  const: 10,
  restrict: 11,
  function: 12,
  prototype: 13,
  variable: 14,
  section: 15,
  float: 16,
  declarationTag: 17,
  typeTag: 18,
  enum64: 19,
} as const;

/** Bytes behind the twelve of each type: fixed, and for each of its members. */
const extra: Readonly<Record<number, readonly [fixed: number, each: number]>> = {
  [Kind.integer]: [4, 0],
  [Kind.pointer]: [0, 0],
  [Kind.array]: [12, 0],
  [Kind.struct]: [0, 12],
  [Kind.union]: [0, 12],
  [Kind.enum]: [0, 8],
  [Kind.forward]: [0, 0],
  [Kind.typedef]: [0, 0],
  [Kind.volatile]: [0, 0],
  [Kind.const]: [0, 0],
  [Kind.restrict]: [0, 0],
  [Kind.function]: [0, 0],
  [Kind.prototype]: [0, 8],
  [Kind.variable]: [4, 0],
  [Kind.section]: [0, 12],
  [Kind.float]: [0, 0],
  [Kind.declarationTag]: [4, 0],
  [Kind.typeTag]: [0, 0],
  [Kind.enum64]: [0, 12],
};

const qualifier: Readonly<Record<number, string>> = { [Kind.const]: 'const', [Kind.volatile]: 'volatile', [Kind.restrict]: 'restrict' };
const INTEGER_SIGNED = 1;
const INTEGER_BOOLEAN = 4;

export class Btf {
  readonly #view: DataView;
  readonly #bytes: Buffer;
  readonly #base: Btf | null;
  readonly #firstType: number;
  readonly #firstString: number;
  readonly #stringsAt: number;
  readonly #stringsLength: number;
  /** Where each type begins, from `#firstType`. */
  readonly #types: Uint32Array;
  #functions: Map<string, number> | null = null;
  #typedefs: Map<string, number> | null = null;

  private constructor(bytes: Uint8Array, base: Btf | null) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#base = base;
    if (bytes.length < 24 || this.#u16(0) !== MAGIC) throw new RangeError('it does not begin as BTF does');
    const header = this.#u32(4);
    const typesAt = header + this.#u32(8);
    const typesEnd = typesAt + this.#u32(12);
    this.#stringsAt = header + this.#u32(16);
    this.#stringsLength = this.#u32(20);
    if (header < 24 || typesEnd > bytes.length || this.#stringsAt + this.#stringsLength > bytes.length) throw new RangeError('its parts lie outside of it');
    this.#firstType = base ? base.#firstType + base.#types.length : 1;
    this.#firstString = base ? base.#firstString + base.#stringsLength : 0;
    this.#types = this.#walk(typesAt, typesEnd);
  }

  /**
   * @param base for a module's: that of the kernel
   * @throws RangeError when it is none, or is damaged
   */
  static read(bytes: Uint8Array, base: Btf | null = null): Btf {
    return new Btf(bytes, base);
  }

  /** Of this file, without the base's. */
  get types(): number {
    return this.#types.length;
  }

  /** Names of the functions that are described here. */
  functionNames(): IterableIterator<string> {
    return this.#functionTypes().keys();
  }

  has(name: string): boolean {
    return this.#functionTypes().has(name);
  }

  /** null: it is not described. */
  prototype(name: string): Prototype | null {
    const type = this.#functionTypes().get(name);
    return type === undefined ? null : this.#prototypeOf(this.#u32(this.#at(type)! + 8), 0);
  }

  /** Of a raw tracepoint, as its programs get them: "sched_switch". */
  tracepoint(name: string): Prototype | null {
    // The first argument is the data of whoever was called before programs were.
    const called = this.prototype(`__traceiter_${name}`);
    if (called) return { arguments: called.arguments.slice(1), returns: null };
    const type = this.#typedefTypes().get(`btf_trace_${name}`);
    if (type === undefined) return null;
    const pointer = this.#at(this.#u32(this.#at(type)! + 8));
    if (pointer === null || this.#kind(pointer) !== Kind.pointer) return null;
    const found = this.#prototypeOf(this.#u32(pointer + 8), 0);
    const unnamed = found?.arguments.slice(1).map((value, i) => ({ ...value, name: `argument ${i + 1}` }));
    return unnamed ? { arguments: unnamed, returns: null } : null;
  }

  #u16(at: number): number {
    return this.#view.getUint16(at, true);
  }

  #u32(at: number): number {
    return this.#view.getUint32(at, true);
  }

  #kind(at: number): number {
    return (this.#u32(at + 4) >>> 24) & 0x1f;
  }

  #members(at: number): number {
    return this.#u32(at + 4) & 0xffff;
  }

  #walk(from: number, end: number): Uint32Array {
    const types: number[] = [];
    let at = from;
    while (at < end) {
      if (at + 12 > end) throw new RangeError('its last type is cut');
      const size = extra[this.#kind(at)];
      if (!size) throw new RangeError(`type ${this.#firstType + types.length} is of the unknown kind ${this.#kind(at)}`);
      types.push(at);
      at += 12 + size[0] + size[1] * this.#members(at);
      if (types.length > MAX_TYPES) throw new RangeError('it has too many types');
    }
    if (at !== end) throw new RangeError('its last type is cut');
    return Uint32Array.from(types);
  }

  /** null: there is no such type here. */
  #at(type: number): number | null {
    return this.#types[type - this.#firstType] ?? null;
  }

  /** Of a name's offset; types of a module may be named by the kernel's strings. */
  #string(offset: number): string {
    if (offset < this.#firstString) return this.#base ? this.#base.#string(offset) : '';
    const from = this.#stringsAt + offset - this.#firstString;
    const limit = this.#stringsAt + this.#stringsLength;
    if (from >= limit) return '';
    const end = this.#bytes.indexOf(0, from);
    return this.#bytes.toString('latin1', from, Math.min(end < 0 ? limit : end, limit, from + MAX_NAME));
  }

  #named(kind: number): Map<string, number> {
    const found = new Map<string, number>();
    this.#types.forEach((at, i) => {
      if (this.#kind(at) === kind) found.set(this.#string(this.#u32(at)), this.#firstType + i);
    });
    return found;
  }

  #functionTypes(): Map<string, number> {
    return (this.#functions ??= this.#named(Kind.function));
  }

  #typedefTypes(): Map<string, number> {
    return (this.#typedefs ??= this.#named(Kind.typedef));
  }

  #prototypeOf(type: number, depth: number): Prototype | null {
    const at = this.#at(type);
    if (at === null) return this.#base && type < this.#firstType ? this.#base.#prototypeOf(type, depth) : null;
    if (this.#kind(at) !== Kind.prototype || this.#members(at) > MAX_ARGUMENTS) return null;
    const parameters = Array.from({ length: this.#members(at) }, (_, i) => {
      const member = at + 12 + 8 * i;
      return { name: this.#string(this.#u32(member)) || `argument ${i + 1}`, ...this.#value(this.#u32(member + 4), depth) };
    });
    const returned = this.#u32(at + 8);
    return { arguments: parameters, returns: returned === 0 ? null : this.#value(returned, depth) };
  }

  #value(type: number, depth: number): ValueType {
    const name = this.#name(type, depth);
    let step = type;
    for (let i = 0; i < MAX_STEPS; i++) {
      const owner = this.#ownerOf(step);
      if (!owner) break;
      const at = owner.#at(step)!;
      const next = owner.#u32(at + 8);
      switch (owner.#kind(at)) {
        case Kind.typedef:
        case Kind.const:
        case Kind.volatile:
        case Kind.restrict:
        case Kind.typeTag:
          step = next;
          continue;
        case Kind.integer: {
          const encoding = owner.#u32(at + 12);
          const signed = ((encoding >>> 24) & INTEGER_SIGNED) !== 0;
          const form = (encoding >>> 24) & INTEGER_BOOLEAN ? 'boolean' : 'integer';
          return { type: name, bytes: clampBytes(next), signed, form };
        }
        case Kind.enum:
        case Kind.enum64:
          return { type: name, bytes: clampBytes(next), signed: owner.#u32(at + 4) >>> 31 === 1, form: 'integer' };
        case Kind.pointer:
          return { type: name, bytes: 8, signed: false, form: this.#isCharacter(next) ? 'text' : 'pointer' };
        default:
          return { type: name, bytes: 8, signed: false, form: 'other' };
      }
    }
    return { type: name, bytes: 8, signed: false, form: 'other' };
  }

  /** A pointer to it points to text: "char", with qualifiers. */
  #isCharacter(type: number): boolean {
    let step = type;
    for (let i = 0; i < MAX_STEPS; i++) {
      const owner = this.#ownerOf(step);
      if (!owner) return false;
      const at = owner.#at(step)!;
      const kind = owner.#kind(at);
      if (kind === Kind.integer) return owner.#string(owner.#u32(at)) === 'char';
      if (!(kind in qualifier) && kind !== Kind.typeTag) return false;
      step = owner.#u32(at + 8);
    }
    return false;
  }

  #ownerOf(type: number): Btf | null {
    if (this.#at(type) !== null) return this;
    return this.#base && type < this.#firstType ? this.#base.#ownerOf(type) : null;
  }

  #name(type: number, depth: number): string {
    if (type === 0) return 'void';
    const owner = this.#ownerOf(type);
    if (!owner || depth > MAX_STEPS) return '?';
    const at = owner.#at(type)!;
    const own = owner.#string(owner.#u32(at));
    const next = owner.#u32(at + 8);
    const inner = (): string => this.#name(next, depth + 1);
    switch (owner.#kind(at)) {
      case Kind.struct:
        return `struct ${own || '{…}'}`;
      case Kind.union:
        return `union ${own || '{…}'}`;
      case Kind.enum:
      case Kind.enum64:
        return `enum ${own || '{…}'}`;
      case Kind.forward:
        return `${owner.#u32(at + 4) >>> 31 === 1 ? 'union' : 'struct'} ${own}`;
      case Kind.pointer: {
        const to = inner();
        if (to.includes('(*)')) return to.replace('(*)', '(**)');
        return to.endsWith('*') ? `${to}*` : `${to} *`;
      }
      case Kind.const:
      case Kind.volatile:
      case Kind.restrict: {
        const word = qualifier[owner.#kind(at)]!;
        const to = inner();
        return to.endsWith('*') ? `${to} ${word}` : `${word} ${to}`;
      }
      case Kind.typeTag:
        return inner();
      case Kind.array:
        return `${this.#name(owner.#u32(at + 12), depth + 1)}[]`;
      case Kind.prototype:
        return `${inner()} (*)(…)`.replace('(*)(…) *', '(*)(…)');
      default:
        return own || '?';
    }
  }
}

function clampBytes(bytes: number): number {
  return bytes === 1 || bytes === 2 || bytes === 4 ? bytes : 8;
}
