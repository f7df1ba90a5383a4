// SPDX-License-Identifier: Apache-2.0
/** What the threads of a Firefox profile share. */
import type { ModuleIndex } from '../../profile/units.ts';

/** Texts that all threads share. */
export class SharedStrings {
  readonly texts: string[] = [];
  readonly #rows = new Map<string, number>();

  row(text: string): number {
    let row = this.#rows.get(text);
    if (row === undefined) {
      this.#rows.set(text, (row = this.texts.length));
      this.texts.push(text);
    }
    return row;
  }
}

/** Modules and source files that all threads share, in order of first use. */
export class SharedFiles {
  readonly modules: ModuleIndex[] = [];
  readonly sources: string[] = [];
  readonly #libs = new Map<ModuleIndex, number>();
  readonly #sources = new Map<string, number>();

  lib(module: ModuleIndex): number {
    let lib = this.#libs.get(module);
    if (lib === undefined) this.#libs.set(module, (lib = this.modules.push(module) - 1));
    return lib;
  }

  /** null: not known. */
  source(file: string): number | null {
    if (file === '') return null;
    let source = this.#sources.get(file);
    if (source === undefined) this.#sources.set(file, (source = this.sources.push(file) - 1));
    return source;
  }
}
