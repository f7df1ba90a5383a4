// SPDX-License-Identifier: Apache-2.0
/**
 * Where a program goes from doing one thing to doing another, and how far a value may be off that follows it: a recording of
 * three long phases has seen three things, however many blocks and samples. Which they were, and for how long, may be chance.
 */
import type { Pooled } from './estimates.ts';
import { residualsOf, type Spread } from './spread.ts';

/** Blocks on either side of a place that are compared: long phases change everything for longer. */
const WINDOWS = [3, 6];
/** Of everything together, which shows smaller changes the longer they last. */
const LOAD_WINDOWS = [3, 6, 12];
const SHORT_WINDOWS = [1, 2, 3];
/** Of a normal distribution's squares. */
const MEDIAN_SQUARE = 0.455;
/** In standard deviations of chance, at some hundred places. */
const LEAST_CHANGE = 5;
/** A value whose phases vary by so many times as much as its blocks would have them vary follows them. */
const LEAST_RATIO = 3;

/** A single short phase says little of how phases vary, but not nothing. */
const MOST_UNEVEN = 3;

/** From so many phases on a value's own say by how much they move it; of fewer, all values together do as well. */
const ENOUGH_PHASES = 7;

/** The first block of each phase, and the end. */
export type Phases = Uint32Array;

/** Observations of each row by block, and everything that they are a part of. */
interface Observed extends Pick<Pooled, 'all'> {
  readonly columns: Pick<Pooled['columns'], 'self'>;
  readonly squares: Pick<Pooled['squares'], 'self'>;
}

/** By what functions did themselves: what it is divided by changes nothing. */
const known = new WeakMap<Float64Array, Phases>();

/** @returns of all functions together where what they do themselves changes */
export function phasesOf(side: Observed): Phases {
  const again = known.get(side.columns.self);
  if (again) return again;
  const blocks = side.all.length;
  // What changes from block to block is no phase, and makes everything look changed by chance.
  const ratios = differencesOf(side, 1).filter(({ tests }) => tests > 0).map(({ squares, tests }) => squares / tests);
  const usual = Math.max(1, ratios.sort((one, other) => one - other)[ratios.length >> 1] ?? 1);
  const found = WINDOWS.flatMap((window) =>
    differencesOf(side, window).map(({ squares, tests, variance }, index) => ({
      place: index + window,
      window,
      change: variance > 0 ? (squares / usual - tests) / Math.sqrt(variance) : 0,
    })),
  );
  const phases = phasesAt(found.filter(({ change }) => change > LEAST_CHANGE), blocks);
  known.set(side.columns.self, phases);
  return phases;
}

interface Found {
  place: number;
  window: number;
  change: number;
}

/** A change is also seen from as far as the blocks that are compared reach. */
function phasesAt(found: Found[], blocks: number): Phases {
  const kept: number[] = [];
  for (const { place, window } of found.toSorted((one, other) => other.change - one.change)) {
    if (kept.every((other) => Math.abs(other - place) >= window)) kept.push(place);
  }
  return Uint32Array.from([0, ...kept.sort((one, other) => one - other), blocks]);
}

/** @returns where everything together becomes more or less
 * @param over what it is divided by
 * @param unit of one observation: less is no change */
export function loadPhasesOf(all: Float64Array, over: Float64Array, unit: number): Phases {
  const blocks = all.length;
  const [sums, divisors] = [new Float64Array(blocks + 1), new Float64Array(blocks + 1)];
  running(all, 0, sums);
  running(over, 0, divisors);
  const differences = (window: number): { place: number; window: number; squares: number }[] =>
    Array.from({ length: Math.max(0, blocks + 1 - 2 * window) }, (_, from) => {
      const [place, end] = [from + window, from + 2 * window];
      const [before, after] = [divisors[place]! - divisors[from]!, divisors[end]! - divisors[place]!];
      // Of the means of so many blocks, as if it were one's.
      const difference = before > 0 && after > 0 ? (sums[end]! - sums[place]!) / after - (sums[place]! - sums[from]!) / before : 0;
      return { place, window, squares: (difference ** 2 * window) / 2 };
    });
  // What lasts for a block or two is no phase.
  const usual = Math.max(...SHORT_WINDOWS.map((window) => middle(differences(window).map(({ squares }) => squares)) / MEDIAN_SQUARE), ((unit * blocks) / (divisors[blocks]! || 1)) ** 2);
  const found = LOAD_WINDOWS.flatMap(differences).map(({ place, window, squares }) => ({ place, window, change: Math.sqrt(squares / usual) }));
  return phasesAt(found.filter(({ change }) => change > LEAST_CHANGE), blocks);
}

function middle(values: number[]): number {
  return values.sort((one, other) => one - other)[values.length >> 1] ?? 0;
}

/** How different as many blocks before and after a place are. */
interface Change {
  /** Sum over the functions that came, each of which is one on average by chance. */
  squares: number;
  tests: number;
  /** Of the sum, by chance. */
  variance: number;
}

/** By place, from the first that has as many blocks before it. */
function differencesOf({ all, columns, squares: observed }: Observed, window: number): Change[] {
  const blocks = all.length;
  const unit = observed.self.reduce((sum, each) => sum + each, 0) / all.reduce((sum, each) => sum + each, 0);
  const upTo = new Float64Array(blocks + 1);
  running(all, 0, upTo);
  const places = Math.max(0, blocks - 2 * window + 1);
  const due = Float64Array.from({ length: places }, (_, index) => (upTo[index + window]! - upTo[index]!) / (upTo[index + 2 * window]! - upTo[index]!));
  const [squares, tests, variance] = [new Float64Array(places), new Uint32Array(places), new Float64Array(places)];
  for (let row = 0; row < observed.self.length; row++) {
    if (!(observed.self[row]! > 0)) continue;
    running(columns.self, row * blocks, upTo);
    for (let index = 0; index < places; index++) {
      const count = (upTo[index + 2 * window]! - upTo[index]!) / unit;
      const part = due[index]!;
      if (!(count > 0.5 && part > 0 && part < 1)) continue;
      const before = (upTo[index + window]! - upTo[index]!) / unit;
      squares[index]! += (before - count * part) ** 2 / (count * part * (1 - part));
      tests[index]!++;
      variance[index]! += Math.max(0, 2 * (1 - 1 / count));
    }
  }
  return Array.from(due, (_, index) => ({ squares: squares[index]!, tests: tests[index]!, variance: variance[index]! }));
}

/** Sums of the values before each block. */
function running(values: Float64Array, at: number, upTo: Float64Array): void {
  for (let block = 0; block + 1 < upTo.length; block++) upTo[block + 1] = upTo[block]! + values[at + block]!;
}

/** Which part of what phases do may come in one that was not met: 1 of a single phase, 0 of enough. */
export function unknownPart(phases: Phases): number {
  return Math.max(0, 1 - (phases.length - 2) / (ENOUGH_PHASES - 1));
}

/** By how much shares vary from phase to phase beyond what their blocks vary, in squares of themselves: of all functions together,
 * by their weight. 0: there is one phase. */
export function phaseVariance({ all, columns }: Observed, phases: Phases): number {
  if (phases.length < 3) return 0;
  let ofBlocks = 0;
  let ofPhases = 0;
  let shares = 0;
  for (let at = 0; at < columns.self.length; at += all.length) {
    const { ratio, divisor, rest } = residualsOf(columns.self, at, all);
    if (!(ratio > 0)) continue;
    shares += (ratio * divisor) ** 2;
    forEachPhase(rest, phases, (sum, squares) => {
      ofBlocks += squares;
      ofPhases += sum ** 2;
    });
  }
  return ofPhases < LEAST_RATIO * ofBlocks ? 0 : ((ofPhases - ofBlocks) / shares) * Math.min(MOST_UNEVEN, unevenLengths(all, phases));
}

function forEachPhase(values: Float64Array, phases: Phases, visit: (sum: number, squares: number) => void): void {
  for (let phase = 0; phase + 1 < phases.length; phase++) {
    let sum = 0;
    let squares = 0;
    for (let block = phases[phase]!; block < phases[phase + 1]!; block++) {
      sum += values[block]!;
      squares += values[block]! ** 2;
    }
    visit(sum, squares);
  }
}

/** As many phases as good as theirs would be of equal length, over one fewer: what their own mean takes from their variance. */
export function unevenLengths(over: Float64Array, phases: Phases): number {
  let sum = 0;
  let squares = 0;
  forEachPhase(over, phases, (length) => {
    sum += length;
    squares += length ** 2;
  });
  return 1 / (1 - squares / sum ** 2);
}

/** By how much one phase differs from others, in squares of their mean.
 * @param ratio of each phase, and what it is divided by
 * @param uneven see `unevenLengths` */
export function betweenPhases(phases: Phases, ratio: (phase: number) => { value: number; weight: number }, uneven: number): number {
  const found = Array.from({ length: phases.length - 1 }, (_, phase) => ratio(phase)).filter(({ weight }) => weight > 0);
  const all = found.reduce((sum, { weight }) => sum + weight, 0);
  const mean = found.reduce((sum, { value, weight }) => sum + value * weight, 0) / all;
  if (found.length < 2 || mean === 0) return 0;
  return found.reduce((sum, { value, weight }) => sum + (weight / all) * (value / mean - 1) ** 2, 0) * Math.min(MOST_UNEVEN, uneven);
}

/** The spread of the blocks, or where the value follows the program's phases, that of the phases. */
export function withPhases(spread: Spread, values: Float64Array, at: number, over: Float64Array, phases: Phases): Spread {
  if (phases.length < 3 || !(spread.variance > 0)) return spread;
  const { divisor, rest } = residualsOf(values, at, over);
  let ofBlocks = 0;
  let ofPhases = 0;
  forEachPhase(rest, phases, (sum, squares) => {
    ofBlocks += squares;
    ofPhases += sum ** 2;
  });
  const uneven = Math.min(MOST_UNEVEN, unevenLengths(over, phases));
  const variance = ofPhases * uneven;
  if (variance < LEAST_RATIO * ofBlocks) return spread;
  return { ...spread, variance: Math.max(spread.variance, variance / divisor ** 2), degrees: Math.min(spread.degrees, Math.max(1, 1 / (uneven - 1))) };
}
