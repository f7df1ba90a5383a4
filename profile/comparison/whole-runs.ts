// SPDX-License-Identifier: Apache-2.0
/**
 * How far a value may be off when the whole of a program's life was recorded, from its first instruction to its last. Its
 * phases are then its own schedule, which the next run of the same goes through again: that it does one thing in the first half
 * and another in the second is no chance, and what varies slowly says nothing. Chance is what varies between neighbouring
 * blocks, how unevenly the machine let the program run, and what one run cannot know: how much the next one differs.
 */
import { residualsOf, type Spread } from './spread.ts';

/**
 * What is taken for the difference between two runs of the same, where only one was seen: so much of what a phase costs, as
 * standard deviation. Layout of memory, clocks and neighbours do that on an idle machine (docs/comparing.md).
 */
export const RUN_TO_RUN = 0.05;

/** Over so many blocks together a machine that is shared lets more run, or less. */
const UNEVEN_BLOCKS = 4;
/** What comes round after round is the same in stretches of a few rounds, however its blocks differ. */
const ROUND_BLOCKS = [4, 8];
/** So many edges of phases are told from chance: a function that comes in two of them has four. */
const EDGES = 4;
/** Times the mean square of all others; of 63 by chance the largest is seven or so. */
const FAR_BEYOND = 10;
/** The edges of more phases make most of the variance: that makes it larger, and not less certain than this. */
const LEAST_DEGREES = 10;

/** Half the mean square by which neighbours differ, for blocks by themselves: von Neumann's variance, which slow changes do
 * not reach. Where a few differences are far beyond all others the program goes from one phase to the next, which is its own
 * schedule, however abrupt it is. */
function successive(values: Float64Array, blocks: number): { variance: number; degrees: number } {
  const squares = Float64Array.from({ length: Math.max(0, blocks - 1) }, (_, block) => (values[block + 1]! - values[block]!) ** 2).sort();
  const differences = squares.length;
  const sum = (to: number): number => squares.subarray(0, to).reduce((all, each) => all + each, 0);
  const usual = differences > 2 * EDGES ? differences - EDGES : differences;
  const most = usual < differences ? (FAR_BEYOND * sum(usual)) / usual : Infinity;
  for (let i = usual; i < differences; i++) squares[i] = Math.min(squares[i]!, most);
  const all = sum(differences);
  if (!(all > 0)) return { variance: 0, degrees: Infinity };
  const kurtosis = (squares.reduce((fourths, each) => fourths + each ** 2, 0) * differences) / all ** 2;
  // Differences that share a block say less than as many that do not: two thirds.
  const degrees = Math.min((2 * differences) / 3, (2 * differences) / Math.max(kurtosis - 1, 0.1));
  return { variance: all / (2 * differences), degrees: Math.max(LEAST_DEGREES, degrees) };
}

/** By how much blocks vary as far as some together do: a machine that others use lets a program run for longer than one block,
 * or not. */
function unevenness(values: Float64Array, blocks: number, together = UNEVEN_BLOCKS): number {
  const upTo = new Float64Array(blocks + 1);
  for (let block = 0; block < blocks; block++) upTo[block + 1] = upTo[block]! + values[block]!;
  let squares = 0;
  for (let block = 2 * together; block <= blocks; block++) {
    squares += (upTo[block]! - 2 * upTo[block - together]! + upTo[block - 2 * together]!) ** 2;
  }
  const count = blocks + 1 - 2 * together;
  return count > 0 ? squares / count / (2 * together) : 0;
}

/** Of shares of all that a run did. */
export class ScheduledShares {
  readonly #all: Float64Array;
  readonly #uneven: number;

  /** @param all by block */
  constructor(all: Float64Array) {
    this.#all = all;
    this.#uneven = unevenness(all, all.length);
  }

  /** @param values of block k at `at` + k */
  spread(values: Float64Array, at: number): Spread {
    const all = this.#all;
    const { ratio, divisor, rest } = residualsOf(values, at, all);
    const { variance, degrees } = successive(rest, all.length);
    let leverage = 0;
    for (let block = 0; block < all.length; block++) if (all[block]! > 0) leverage += (rest[block]! / all[block]!) ** 2;
    // By as much as it and everything else may be off, each by itself.
    const beside = 2 * (RUN_TO_RUN * ratio * (1 - ratio)) ** 2;
    if (!(divisor > 0)) return { ratio, variance: 0, beside, degrees };
    const [ofBlocks, ofMachine] = [variance * all.length, leverage * this.#uneven];
    // Stretches have in them how unevenly the machine let it run.
    const ofRounds = Math.min(...ROUND_BLOCKS.map((together) => unevenness(rest, all.length, together) * all.length));
    return ofRounds > 0 && ofRounds < ofBlocks + ofMachine
      ? { ratio, variance: ofRounds / divisor ** 2, beside, degrees }
      : { ratio, variance: ofBlocks / divisor ** 2, beside: beside + ofMachine / divisor ** 2, degrees };
  }
}

/** Of a rate: weights by the time that passed. */
export function scheduledRate(values: Float64Array, at: number, over: Float64Array): Spread {
  const { ratio, divisor, rest } = residualsOf(values, at, over);
  const { degrees } = successive(rest, over.length);
  const variance = divisor > 0 ? (unevenness(rest, over.length) * over.length) / divisor ** 2 : 0;
  return { ratio, variance, beside: (RUN_TO_RUN * ratio) ** 2, degrees };
}
