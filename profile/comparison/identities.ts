// SPDX-License-Identifier: Apache-2.0
/**
 * Functions of several recordings in one space of numbers: an identity is a function's matched name in a matched module
 * (matching.ts). Code without a name is one identity a module: of a rebuilt file an offset says nothing.
 */
import { FrameKeys, functionKey, isFunctionKey, isModuleKey, keyRow, type Key } from '../frame-keys.ts';
import { modulePath } from '../names.ts';
import { FrameCategory, ModuleKind } from '../schema.ts';
import type { Tables } from '../tables.ts';
import { NONE, type FrameIndex, type ModuleIndex } from '../units.ts';
import { matchedModule, matchedName } from './matching.ts';

/** Row of `Identities`. */
export type Identity = number;

/** Of code without a name: no function's name is empty. */
const UNNAMED = '';

/** What is shown for the module of code that lies in none. */
export const NO_MODULE = '[unknown]';

export class Identities {
  readonly #names: string[] = [];
  readonly #modules: string[] = [];
  readonly #categories: FrameCategory[] = [];
  readonly #rows = new Map<string, Identity>();
  /** Modules that are taken for another. */
  readonly #aliases: ReadonlyMap<string, string>;

  /** @param aliases matched module -> the one that it counts as */
  constructor(aliases: ReadonlyMap<string, string> = new Map()) {
    this.#aliases = aliases;
  }

  get size(): number {
    return this.#names.length;
  }

  /** "parse_line"; of code without a name "libz.so (no name)". */
  name(identity: Identity): string {
    return this.isUnnamed(identity) ? `${this.#modules[identity]!} (no name)` : this.#names[identity]!;
  }
  /** "libz.so", "[kernel]", NO_MODULE. */
  module(identity: Identity): string {
    return this.#modules[identity]!;
  }
  isUnnamed(identity: Identity): boolean {
    return this.#names[identity] === UNNAMED;
  }
  /** The smallest of all frames that it names. */
  category(identity: Identity): FrameCategory {
    return this.#categories[identity]!;
  }

  /** The same function as one of another space. */
  like(others: Identities, identity: Identity): Identity {
    return this.take(others.#names[identity]!, others.#modules[identity]!, others.#categories[identity]!);
  }

  /** @param module as `modulesOf` gives it; empty: none */
  take(name: string, module: string, category: FrameCategory): Identity {
    const counted = (this.#aliases.get(module) ?? module) || NO_MODULE;
    const key = `${counted}\n${name}`;
    let row = this.#rows.get(key);
    if (row === undefined) {
      this.#rows.set(key, (row = this.#names.length));
      this.#names.push(name);
      this.#modules.push(counted);
      this.#categories.push(category);
    } else if (category < this.#categories[row]!) this.#categories[row] = category;
    return row;
  }
}

/** The matched name of each module. Source files keep their folder: a program has many `__init__.py`. */
export function modulesOf(tables: Tables): string[] {
  const { kind } = tables.modules.columns;
  return Array.from({ length: tables.modules.length }, (_, module) => {
    const path = modulePath(tables, module);
    return kind[module] === ModuleKind.source ? path.split('/').slice(-2).join('/') : matchedModule(path);
  });
}

/** Of each frame of one profile its identities, the outermost first and what was inlined into it behind. */
export class FrameIdentities {
  /** Of frame f: `list` from start[f] to start[f + 1]. */
  readonly start: Uint32Array;
  readonly list: Int32Array;

  constructor(tables: Tables, identities: Identities) {
    const { frames, symbols } = tables;
    const keys = new FrameKeys(tables);
    keys.take(0, symbols.length);
    const modules = modulesOf(tables);
    const ofKey = new Map<Key, Identity>();
    const take = (key: Key, frame: FrameIndex, isInlined: boolean): Identity => {
      let identity = ofKey.get(key);
      const category = isInlined ? FrameCategory.inlined : (frames.columns.category[frame]! as FrameCategory);
      // The category of a function is its own code's, which may come after an inlined copy.
      if (identity === undefined || category < identities.category(identity)) {
        identity = identities.take(nameOf(tables, key), modules[moduleOf(tables, key)] ?? '', category);
        ofKey.set(key, identity);
      }
      return identity;
    };
    this.start = new Uint32Array(frames.length + 1);
    const list: Identity[] = [];
    for (let frame = 0; frame < frames.length; frame++) {
      const own = keys.own(frame);
      list.push(take(own, frame, false));
      for (const row of keys.inlined(frame, own) ?? []) if (row !== NONE) list.push(take(functionKey(row), frame, true));
      this.start[frame + 1] = list.length;
    }
    this.list = Int32Array.from(list);
  }
}

function nameOf({ functions, strings }: Tables, key: Key): string {
  return isFunctionKey(key) ? matchedName(strings.columns.text[functions.columns.name[keyRow(key)]!] ?? '') : UNNAMED;
}

function moduleOf({ functions, frames }: Tables, key: Key): ModuleIndex {
  if (isModuleKey(key)) return keyRow(key);
  return (isFunctionKey(key) ? functions : frames).columns.module[keyRow(key)]!;
}
