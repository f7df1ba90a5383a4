// SPDX-License-Identifier: Apache-2.0
/** Frames that are no code: words that stand in a stack, each made once. */
import { FrameCategory, ModuleKind } from '../../profile/schema.ts';
import type { Tables } from '../../profile/tables.ts';
import type { FrameIndex, ModuleIndex } from '../../profile/units.ts';
import { StringInterner } from './interner.ts';
import { FunctionRows } from './symbolication/function-rows.ts';

const MODULE = '[waits]';

export class SyntheticFrames {
  readonly #tables: Tables;
  readonly #strings: StringInterner;
  readonly #functions: FunctionRows;
  readonly #frames = new Map<string, FrameIndex>();
  #module: ModuleIndex | null = null;

  constructor(tables: Tables) {
    this.#tables = tables;
    this.#strings = StringInterner.of(tables);
    this.#functions = new FunctionRows(tables);
  }

  frame(name: string): FrameIndex {
    let frame = this.#frames.get(name);
    if (frame === undefined) {
      // As those of a script: nobody looks their names up, and no walk ends there.
      const module = (this.#module ??= this.#tables.modules.append({ path: this.#strings.index(MODULE), buildId: 0, kind: ModuleKind.source }));
      frame = this.#tables.frames.append({ module, offset: this.#frames.size, category: FrameCategory.interpreted });
      this.#functions.name(frame, name, module);
      this.#frames.set(name, frame);
    }
    return frame;
  }
}
