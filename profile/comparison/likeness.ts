// SPDX-License-Identifier: Apache-2.0
/** By how much a mean varies more than that of blocks which know nothing of each other: programs go through phases that are longer than a block. */
import { withPhases, type Phases } from './phases.ts';
import { residualsOf } from './spread.ts';

/** Blocks whose likeness to their neighbours widens an interval. */
const NEIGHBOURS = 12;
/** Correlation of neighbours: more than that widens 64 blocks to less than two. */
const MOST_LIKE = 0.94;

export interface Widening {
  /** Of standard deviations, 1 and more. */
  times: number;
  /** Of freedom, at most: of what follows phases there are no more values than phases. */
  degrees: number;
}

/**
 * The largest of what the next neighbour says of phases that end by chance (a first-order autoregression and what is no phase,
 * both freed of bias), of what all near ones say (Newey and West), and of what those phases say that were found.
 * @param values by block
 * @param over what each is divided by
 */
export function widening(values: Float64Array, over: Float64Array, phases: Phases): Widening {
  const blocks = values.length;
  const { ratio, divisor, rest } = residualsOf(values, 0, over);
  const products = (lag: number): number => {
    let sum = 0;
    for (let block = lag; block < blocks; block++) sum += rest[block]! * rest[block - lag]!;
    return sum;
  };
  const squares = products(0);
  if (!(squares > 0)) return { times: 1, degrees: Infinity };
  const [next, second] = [1, 2].map((lag) => products(lag) / squares + (1 + 4 * Math.max(0, products(lag) / squares)) / blocks) as [number, number];
  // Counting few values makes neighbours less alike, and what is two apart by no more; of what may be chance that says nothing.
  const likeness = Math.min(MOST_LIKE, Math.max(next, next > 2 / Math.sqrt(blocks) ? second / next : 0));
  let near = squares;
  for (let lag = 1; lag <= NEIGHBOURS; lag++) near += 2 * (1 - lag / (NEIGHBOURS + 1)) * products(lag);
  const alike = Math.max(1, near / squares, 1 + (2 * next) / (1 - likeness));
  const variance = squares / divisor ** 2;
  const phased = withPhases({ ratio, variance: alike * variance, beside: 0, degrees: Infinity }, values, 0, over, phases);
  return { times: Math.sqrt(phased.variance / variance), degrees: phased.degrees };
}
