// SPDX-License-Identifier: Apache-2.0
/**
 * In how many separate stretches of time something came. A program that goes into a phase v times and not once in another
 * recording as long tells more than its samples, which were all but one of them due once the phase had begun.
 */

/** That a gap of this length opens anywhere in a stretch by chance. */
const CHANCE = 0.01;

/**
 * Blocks without it are a gap only where so many of them in a row are no chance by how densely it comes around them: what is
 * rare misses a block now and then.
 * @param counts observations, of block k at `at` + k; need not be whole
 */
export function stretchesOf(counts: Float64Array, at: number, blocks: number, unit = 1): number {
  let sum = 0;
  let present = 0;
  for (let block = 0; block < blocks; block++) {
    sum += counts[at + block]! / unit;
    if (counts[at + block]! > 0) present++;
  }
  if (present === 0) return 0;
  for (let gap = 1; gap < blocks; gap++) {
    const { stretches, covered } = bridged(counts, at, blocks, gap);
    if (Math.exp((-gap * sum) / covered) * present < CHANCE) return stretches;
  }
  return 1;
}

/** @returns how many stretches there are when gaps of fewer blocks are none, and the blocks in them */
function bridged(counts: Float64Array, at: number, blocks: number, gap: number): { stretches: number; covered: number } {
  let stretches = 0;
  let covered = 0;
  let last = -Infinity;
  for (let block = 0; block < blocks; block++) {
    if (!(counts[at + block]! > 0)) continue;
    const missing = block - last - 1;
    if (missing >= gap) stretches++;
    covered += missing >= gap ? 1 : missing + 1;
    last = block;
  }
  return { stretches, covered };
}
