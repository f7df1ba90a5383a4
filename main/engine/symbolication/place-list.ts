// SPDX-License-Identifier: Apache-2.0
/** Lists of places as the addon gives them (`Places`), put together and taken apart. */
import type { Places } from '../../../native/addon/addon.d.ts';

/** One function at an address. Empty and 0: not known. */
export interface Place {
  name: string;
  file: string;
  line: number;
  declaredFile: string;
  declaredLine: number;
}

/** The functions at entry `i`, the outermost first. */
export function placesAt(places: Places, i: number): Place[] {
  const found: Place[] = [];
  for (let row = places.first[i]!; row < places.first[i + 1]!; row++) {
    found.push({
      name: places.names[places.name[row]!] ?? '',
      file: places.files[places.file[row]!] ?? '',
      line: places.line[row]!,
      declaredFile: places.files[places.declaredFile[row]!] ?? '',
      declaredLine: places.declaredLine[row]!,
    });
  }
  return found;
}

/** A function that has a name and no place. */
export const nameOnly = (name: string): Place => ({ name, file: '', line: 0, declaredFile: '', declaredLine: 0 });

export class PlaceListBuilder {
  readonly #first = [0];
  readonly #rows: number[][] = [];
  readonly #names = new Map<string, number>();
  readonly #files = new Map<string, number>();

  /** Adds the next entry. */
  add(places: readonly Place[]): void {
    for (const { name, file, line, declaredFile, declaredLine } of places) {
      this.#rows.push([number(this.#names, name), number(this.#files, file), line, number(this.#files, declaredFile), declaredLine]);
    }
    this.#first.push(this.#rows.length);
  }

  take(): Places {
    const column = (index: number): number[] => this.#rows.map((row) => row[index]!);
    return {
      first: Uint32Array.from(this.#first),
      name: Int32Array.from(column(0)),
      file: Int32Array.from(column(1)),
      line: Uint32Array.from(column(2)),
      declaredFile: Int32Array.from(column(3)),
      declaredLine: Uint32Array.from(column(4)),
      names: [...this.#names.keys()],
      files: [...this.#files.keys()],
    };
  }
}

function number(known: Map<string, number>, text: string): number {
  if (text === '') return -1;
  let index = known.get(text);
  if (index === undefined) known.set(text, (index = known.size));
  return index;
}
