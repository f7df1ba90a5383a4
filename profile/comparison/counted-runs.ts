// SPDX-License-Identifier: Apache-2.0
/**
 * What a run's functions weigh by itself, whatever it is compared with and however weights are divided: looking at all samples
 * and stacks is most of what comparing costs, and what is compared again (by another normalisation, with sides swapped) is the
 * same runs. Functions are numbered by each profile for itself, and renumbered where runs stand side by side.
 */
import { tableNames } from '../schema.ts';
import { rowCounts, type RowCounts, type Tables } from '../tables.ts';
import { countFunctions, type FunctionCounts } from './function-counts.ts';
import { FrameIdentities, Identities, type Identity } from './identities.ts';
import { renamedPrograms, type RenamedProgram } from './renamed-programs.ts';
import { sampledStacks, type SampledRun, type SampledStacks } from './sampled-stacks.ts';
import type { Run } from './sides.ts';

/** The functions of a profile in numbers of its own. */
interface OwnFunctions {
  readonly identities: Identities;
  readonly frames: FrameIdentities;
}

export interface CountedRun extends Pick<SampledStacks, 'chains' | 'processes'> {
  readonly run: Run;
  /** The tables and their rows when it was counted. */
  readonly tables: Tables;
  readonly rows: RowCounts;
  readonly functions: OwnFunctions;
  readonly counts: FunctionCounts;
}

/** The runs that were compared last, and where they stand side by side. */
export class CountedRuns {
  #kept: readonly CountedRun[] = [];
  #placed: { counted: readonly CountedRun[]; inA: number; found: PlacedRuns } | null = null;

  /** The runs of two sides, A's before B's. */
  placed(a: readonly Run[], b: readonly Run[]): PlacedRuns {
    const counted = this.of([...a, ...b]);
    const known = this.#placed;
    if (known?.inA === a.length && known.counted.length === counted.length && known.counted.every((each, at) => each === counted[at])) return known.found;
    const found = placeRuns(counted, renamedPrograms(tablesOf(a), tablesOf(b)));
    this.#placed = { counted, inA: a.length, found };
    return found;
  }

  /** Looks only at those that were not asked for the last time, or have changed since; lets go of all others. */
  of(runs: readonly Run[]): CountedRun[] {
    const known = this.#kept.filter(isStillSo);
    // A failure leaves nothing half kept, and what is no longer wanted makes room first.
    this.#kept = known.filter((counted) => runs.some((run) => isOf(counted, run)));
    if (this.#placed && !this.#placed.counted.every((counted) => this.#kept.includes(counted))) this.#placed = null;
    const found: CountedRun[] = [];
    for (const run of runs) {
      const same = [...this.#kept, ...found].find((counted) => isOf(counted, run));
      const functions = [...this.#kept, ...found].find((counted) => counted.run.tables === run.tables)?.functions;
      found.push(same ?? countRun(run, functions));
    }
    return [...(this.#kept = found)];
  }
}

const tablesOf = (runs: readonly Run[]): Tables[] => runs.map(({ tables }) => tables);

function countRun(run: Run, known?: OwnFunctions): CountedRun {
  const { tables } = run;
  const functions = known ?? ownFunctions(run);
  const { chains, processes, samples } = sampledStacks(run);
  const counts = countFunctions(run, { chains, samples }, functions.frames, functions.identities.size);
  return { run, tables: { ...tables }, rows: rowCounts(tables), functions, chains, processes, counts };
}

function ownFunctions({ tables }: Run): OwnFunctions {
  const identities = new Identities();
  return { identities, frames: new FrameIdentities(tables, identities) };
}

/** Rows are only ever added, but where a whole table is replaced by a shorter one (renderer/worker/compaction.ts). */
function isStillSo({ run, tables, rows }: CountedRun): boolean {
  return tableNames.every((name) => run.tables[name] === tables[name] && run.tables[name].length === rows[name]);
}

/** Whatever the run is called, and where it is from. */
function isOf({ run }: CountedRun, { tables, filter, question, durationNs, frequencyHz }: Run): boolean {
  const { range, hiddenThreads } = run.filter;
  return (
    run.tables === tables &&
    run.question === question &&
    run.durationNs === durationNs &&
    run.frequencyHz === frequencyHz &&
    range?.from === filter.range?.from &&
    range?.to === filter.range?.to &&
    hiddenThreads.length === filter.hiddenThreads.length &&
    hiddenThreads.every((thread, at) => thread === filter.hiddenThreads[at])
  );
}

/** A run among others: its functions have the numbers that they have in all of them. */
export interface PlacedRun {
  readonly sampled: SampledRun;
  readonly counts: FunctionCounts;
}

export interface PlacedRuns {
  readonly renamed: readonly RenamedProgram[];
  readonly identities: Identities;
  readonly runs: readonly PlacedRun[];
}

function placeRuns(counted: readonly CountedRun[], renamed: readonly RenamedProgram[]): PlacedRuns {
  const identities = new Identities(new Map(renamed.map((program) => [program.a, program.b])));
  const placed = new Map<OwnFunctions, Placement>();
  for (const { functions } of counted) if (!placed.has(functions)) placed.set(functions, placementOf(functions, identities));
  const runs = counted.map(({ run, functions, chains, processes, counts }) => {
    const { frames, numbers, isApart } = placed.get(functions)!;
    // Of two functions that are one here the weights are no sum: one may call the other.
    const all = isApart ? renumbered(counts, numbers, identities.size) : countFunctions(run, sampledStacks(run), frames, identities.size);
    return { sampled: { run, frames, chains, processes }, counts: all };
  });
  return { renamed, identities, runs };
}

interface Placement {
  readonly frames: FrameIdentities;
  /** By own number. */
  readonly numbers: readonly Identity[];
  /** Each has a number that no other has. */
  readonly isApart: boolean;
}

function placementOf({ identities: own, frames: { start, list } }: OwnFunctions, identities: Identities): Placement {
  const numbers = Array.from({ length: own.size }, (_, each) => identities.like(own, each));
  return { frames: { start, list: list.map((each) => numbers[each]!) }, numbers, isApart: new Set(numbers).size === numbers.length };
}

function renumbered({ blocks, total, self, totalSquares, selfSquares, ...rest }: FunctionCounts, numbers: readonly Identity[], functions: number): FunctionCounts {
  const moved = (values: Float64Array, width: number): Float64Array => {
    const found = new Float64Array(functions * width);
    numbers.forEach((number, own) => {
      for (let at = 0; at < width; at++) found[number * width + at] = values[own * width + at]!;
    });
    return found;
  };
  return { ...rest, blocks, total: moved(total, blocks), self: moved(self, blocks), totalSquares: moved(totalSquares, 1), selfSquares: moved(selfSquares, 1) };
}
