// SPDX-License-Identifier: Apache-2.0
/** How the walks of the samples' stacks ended, and where those broke that did not reach the bottom. */
import { StackEnd } from './schema.ts';
import type { Tables } from './tables.ts';
import type { FrameIndex, ModuleIndex } from './units.ts';

const ENDS = Object.keys(StackEnd).length;

export interface StackEndFigures {
  complete: number;
  /** Samples of stacks that are not complete, by how the walk ended; ends without any are left out. */
  ends: { end: StackEnd; samples: number }[];
  /**
   * The same but for the depth limit, by the module of the outermost frame that is there: the walk could not go on
   * from its code. NONE: of no module. The most samples first.
   */
  brokenIn: { module: ModuleIndex; end: StackEnd; samples: number }[];
}

/** Kept up sample by sample. A stack whose outermost frame is an entry function is complete whatever the walk said. */
export class StackEnds {
  readonly #tables: Tables;
  /** Samples by StackEnd, and of those the ones at an entry function. */
  readonly #ended = new Float64Array(ENDS);
  readonly #atEntry = new Float64Array(ENDS);
  /** Samples by StackEnd of broken stacks, by outermost frame. */
  readonly #byFrame = new Map<FrameIndex, Float64Array>();
  readonly #byModule = new Map<ModuleIndex, Float64Array>();
  readonly #entries = new Set<FrameIndex>();

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  add(outermost: FrameIndex, ended: number, weight: number): void {
    const end = ended < ENDS ? ended : StackEnd.badFrame;
    this.#ended[end]! += weight;
    if (end === StackEnd.outermost || end === StackEnd.depthLimit) return;
    countsOf(this.#byFrame, outermost)[end]! += weight;
    if (this.#entries.has(outermost)) this.#atEntry[end]! += weight;
    else countsOf(this.#byModule, this.#moduleOf(outermost))[end]! += weight;
  }

  /** Says whether a frame is of an entry function: where a thread's stack ends by nature. */
  setEntry(frame: FrameIndex, isEntry: boolean): void {
    if (isEntry === this.#entries.has(frame)) return;
    if (isEntry) this.#entries.add(frame);
    else this.#entries.delete(frame);
    const counts = this.#byFrame.get(frame);
    if (!counts) return;
    const sign = isEntry ? 1 : -1;
    const ofModule = countsOf(this.#byModule, this.#moduleOf(frame));
    counts.forEach((weight, end) => {
      this.#atEntry[end]! += sign * weight;
      ofModule[end]! -= sign * weight;
    });
  }

  figures(): StackEndFigures {
    const samplesOf = (end: StackEnd) => this.#ended[end]! - this.#atEntry[end]!;
    const ends = Object.values(StackEnd)
      .filter((end) => end !== StackEnd.outermost)
      .map((end) => ({ end, samples: samplesOf(end) }));
    const complete = this.#ended[StackEnd.outermost]! + this.#atEntry.reduce((sum, weight) => sum + weight, 0);
    return { complete, ends: ends.filter(({ samples }) => samples > 0), brokenIn: listed(this.#byModule) };
  }

  /** Broken stacks whose outermost frame is one for which `isMeant` holds, the most samples first. */
  brokenAt(isMeant: (frame: FrameIndex) => boolean): { end: StackEnd; samples: number }[] {
    const sum = new Float64Array(ENDS);
    for (const [frame, counts] of this.#byFrame) {
      if (!this.#entries.has(frame) && isMeant(frame)) counts.forEach((weight, end) => (sum[end]! += weight));
    }
    return listed(new Map([[0, sum]])).map(({ end, samples }) => ({ end, samples }));
  }

  #moduleOf(frame: FrameIndex): ModuleIndex {
    return this.#tables.frames.columns.module[frame]!;
  }
}

function countsOf(counts: Map<number, Float64Array>, row: number): Float64Array {
  let found = counts.get(row);
  if (!found) counts.set(row, (found = new Float64Array(ENDS)));
  return found;
}

function listed(byModule: ReadonlyMap<ModuleIndex, Float64Array>): StackEndFigures['brokenIn'] {
  const rows = [...byModule].flatMap(([module, counts]) =>
    [...counts].map((samples, end) => ({ module, end: end as StackEnd, samples })).filter(({ samples }) => samples > 0),
  );
  return rows.sort((a, b) => b.samples - a.samples || a.module - b.module || a.end - b.end);
}
