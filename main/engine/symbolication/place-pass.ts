// SPDX-License-Identifier: Apache-2.0
/**
 * The second pass: source lines and inlined functions of frames that were looked up before, the hottest first. The names
 * of the symbol table stay; the functions that were inlined come as rows below them.
 */
import type { Places } from '../../../native/addon/addon.d.ts';
import type { Tables } from '../../../profile/tables.ts';
import { NONE, type FrameIndex, type FunctionIndex, type ModuleIndex } from '../../../profile/units.ts';
import { FrameWeights } from './frame-weights.ts';
import type { FunctionRows } from './function-rows.ts';
import { nameOnly, PlaceListBuilder, placesAt, type Place } from './place-list.ts';

/** Frames asked at a time: few enough that the hottest do not wait for the rest, and the main thread for none. */
const BATCH = 512;
/** Frames whose rows are appended before the event loop gets its turn. */
const FRAMES_AT_ONCE = 128;

/** One batch: frames of one module, all of which were asked. */
export interface PlacedBatch {
  module: ModuleIndex;
  frames: FrameIndex[];
  /** Those that got their name only now. */
  named: FrameIndex[];
  /** Of each frame all that is known now, that from before included; null: nothing could be asked. */
  whole: Places | null;
}

/**
 * Appends what is known of a frame.
 * @param row the function that it has a row of already, NONE: none
 * @returns whether it got a name by this
 */
export function appendPlaces(functions: FunctionRows, module: ModuleIndex, frame: FrameIndex, row: FunctionIndex, places: readonly Place[]): boolean {
  let gotName = false;
  places.forEach(({ name, file, line, declaredFile, declaredLine }, depth) => {
    if (depth === 0 && row !== NONE) {
      if (file !== '') functions.place(frame, 0, row, { file, line });
    } else if (name !== '') {
      functions.place(frame, depth, functions.index(name, module, { file: declaredFile, line: declaredLine }), { file, line });
      gotName ||= depth === 0;
    } else if (depth === 0 && file !== '') {
      functions.place(frame, 0, NONE, { file, line });
    }
  });
  return gotName;
}

export class PlacePass {
  readonly #tables: Tables;
  readonly #functions: FunctionRows;
  readonly #weights: FrameWeights;
  /** Module -> frame -> the function whose code it is, NONE: not known. */
  readonly #waiting = new Map<ModuleIndex, Map<FrameIndex, FunctionIndex>>();
  #closed = false;

  constructor(tables: Tables, functions: FunctionRows) {
    this.#tables = tables;
    this.#functions = functions;
    this.#weights = new FrameWeights(tables);
  }

  /** @param row its function, by the names that are there so far */
  add(module: ModuleIndex, frame: FrameIndex, row: FunctionIndex): void {
    let frames = this.#waiting.get(module);
    if (!frames) this.#waiting.set(module, (frames = new Map()));
    frames.set(frame, row);
  }

  /** Forgets all frames of a module. */
  drop(module: ModuleIndex): void {
    this.#waiting.delete(module);
  }

  close(): void {
    this.#closed = true;
    this.#waiting.clear();
  }

  /**
   * Asks for the hottest frames of the module that has the most samples, and appends what is known of them.
   * @param look null: nothing can be known of this module
   * @returns null: no frame is left
   */
  async next(look: (module: ModuleIndex, offsets: Float64Array) => Promise<Places | null>): Promise<PlacedBatch | null> {
    await this.#weights.advance();
    const module = this.#hottestModule();
    const waiting = module === null ? undefined : this.#waiting.get(module);
    if (module === null || !waiting) return null;
    const frames = this.#weights.hottest([...waiting.keys()], BATCH);
    const rows = frames.map((frame) => waiting.get(frame)!);
    for (const frame of frames) waiting.delete(frame);
    if (waiting.size === 0) this.#waiting.delete(module);
    const { offset } = this.#tables.frames.columns;
    const places = await look(module, Float64Array.from(frames, (frame) => offset[frame]!));
    if (!places) {
      this.drop(module);
      return { module, frames, named: [], whole: null };
    }
    const named: FrameIndex[] = [];
    const whole = new PlaceListBuilder();
    for (let i = 0; i < frames.length && !this.#closed; i++) {
      const found = placesAt(places, i);
      if (appendPlaces(this.#functions, module, frames[i]!, rows[i]!, found)) named.push(frames[i]!);
      whole.add(this.#withName(rows[i]!, found));
      if (i % FRAMES_AT_ONCE === FRAMES_AT_ONCE - 1) await new Promise(setImmediate);
    }
    return { module, frames, named, whole: this.#closed ? null : whole.take() };
  }

  /** The outermost by the name that it has already. */
  #withName(row: FunctionIndex, [outermost, ...inlined]: Place[]): Place[] {
    const { functions, strings } = this.#tables;
    if (row === NONE) return outermost ? [outermost, ...inlined] : [];
    return [{ ...(outermost ?? nameOnly('')), name: strings.columns.text[functions.columns.name[row]!]! }, ...inlined];
  }

  #hottestModule(): ModuleIndex | null {
    let hottest: ModuleIndex | null = null;
    let most = -1;
    for (const [module, frames] of this.#waiting) {
      let weight = 0;
      for (const frame of frames.keys()) weight += this.#weights.of(frame);
      if (weight > most) [hottest, most] = [module, weight];
    }
    return hottest;
  }
}
