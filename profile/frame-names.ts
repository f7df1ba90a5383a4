// SPDX-License-Identifier: Apache-2.0
/** How many of the frames that were sampled have a name, and in which modules they have none. */
import type { Tables } from './tables.ts';
import type { FrameIndex, ModuleIndex } from './units.ts';

export interface FrameNameFigures {
  /** Frames of all samples' stacks, inlined ones not counted apart. */
  frames: { named: number; all: number };
  /** By module (NONE: of no module), the most first: frames that were looked up in vain, and those that still wait. */
  unnamedIn: { module: ModuleIndex; unnamed: number; waiting: number }[];
}

/** Of a frame; 0: not looked up yet. */
const NAMED = 1;
const UNNAMED = 2;

export class FrameNames {
  readonly #tables: Tables;
  /** By frame: samples (a frame twice in a stack counts twice), and its state. */
  #weight = new Float64Array(1024);
  #state = new Uint8Array(1024);
  #all = 0;
  #named = 0;
  /** By module: samples of unnamed frames, and of those that wait. */
  readonly #unnamed = new Map<ModuleIndex, number>();
  readonly #waiting = new Map<ModuleIndex, number>();

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** To be called before rows of frames that came since are counted. */
  reserve(): void {
    const frames = this.#tables.frames.length;
    if (frames <= this.#state.length) return;
    const weight = new Float64Array(frames * 2);
    weight.set(this.#weight);
    this.#weight = weight;
    const state = new Uint8Array(frames * 2);
    state.set(this.#state);
    this.#state = state;
  }

  add(frame: FrameIndex, weight: number): void {
    this.#all += weight;
    this.#weight[frame]! += weight;
    this.#count(frame, this.#state[frame]!, weight);
  }

  /** It was looked up. */
  set(frame: FrameIndex, isNamed: boolean): void {
    const before = this.#state[frame]!;
    const state = isNamed ? NAMED : UNNAMED;
    if (state === before) return;
    this.#state[frame] = state;
    const weight = this.#weight[frame]!;
    this.#count(frame, before, -weight);
    this.#count(frame, state, weight);
  }

  figures(): FrameNameFigures {
    const modules = new Set([...this.#unnamed.keys(), ...this.#waiting.keys()]);
    const rows = [...modules].map((module) => ({
      module,
      unnamed: this.#unnamed.get(module) ?? 0,
      waiting: this.#waiting.get(module) ?? 0,
    }));
    return {
      frames: { named: this.#named, all: this.#all },
      unnamedIn: rows
        .filter(({ unnamed, waiting }) => unnamed + waiting > 0)
        .sort((a, b) => b.unnamed + b.waiting - a.unnamed - a.waiting || a.module - b.module),
    };
  }

  #count(frame: FrameIndex, state: number, weight: number): void {
    if (weight === 0) return;
    if (state === NAMED) {
      this.#named += weight;
      return;
    }
    const sums = state === UNNAMED ? this.#unnamed : this.#waiting;
    const module = this.#tables.frames.columns.module[frame]!;
    sums.set(module, (sums.get(module) ?? 0) + weight);
  }
}
