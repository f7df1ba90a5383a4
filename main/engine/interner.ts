// SPDX-License-Identifier: Apache-2.0
/** Texts to rows of the strings table, each text once and harmless. */
import { safeText } from '../../profile/safe-text.ts';
import type { Tables } from '../../profile/tables.ts';
import type { StringIndex } from '../../profile/units.ts';

export class StringInterner {
  static readonly #instances = new WeakMap<Tables, StringInterner>();
  readonly #tables: Tables;
  readonly #indexes = new Map<string, StringIndex>();
  /** Rows of the table that `#indexes` knows. */
  #known = 0;

  private constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** The one interner of these tables: all their writers share it, so that each text stands once. */
  static of(tables: Tables): StringInterner {
    let interner = this.#instances.get(tables);
    if (!interner) this.#instances.set(tables, (interner = new StringInterner(tables)));
    return interner;
  }

  /** The row of `safeText(text)`, appended when it is new. The empty string is row 0. */
  index(text: string): StringIndex {
    const { strings } = this.#tables;
    if (this.#known < strings.length) this.#learn();
    const known = this.#indexes.get(text);
    if (known !== undefined) return known;
    const safe = safeText(text);
    let index = this.#indexes.get(safe);
    if (index === undefined) {
      index = strings.append({ text: safe });
      this.#indexes.set(safe, index);
      this.#known = strings.length;
    }
    return index;
  }

  /** Rows that came otherwise: there before us, or as a segment. */
  #learn(): void {
    const { strings } = this.#tables;
    for (; this.#known < strings.length; this.#known++) {
      const text = strings.columns.text[this.#known]!;
      if (!this.#indexes.has(text)) this.#indexes.set(text, this.#known);
    }
  }
}
