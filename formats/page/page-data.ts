// SPDX-License-Identifier: Apache-2.0
/** What a page holds beside its script, as JSON. */
import type { DifferencePalette } from '../../profile/comparison/difference-colours.ts';
import type { WrittenUnit } from '../../profile/questions.ts';

/** Row of `names` of blocks of merged siblings. */
export const MERGED_NAME = 0;
/** Category of what is no code: the root and processes. */
export const NO_CODE = -1;

/** Columns are parallel. */
export interface PageData {
  unit: WrittenUnit;
  icicle: boolean;
  /** By name; row 0 is MERGED_NAME. */
  names: string[];
  /** By name: FrameCategory, or NO_CODE. */
  categories: number[];
  /** By name: what most of its time is (profile/tints.ts), -1: CPU time is all that there is. */
  tints: number[];
  /** By name: path of the module; empty: not known. */
  modules: string[];
  /** By frame, parents before their children, siblings from left to right: row of the parent (the root's: 0), of `names`. */
  parent: number[];
  name: number[];
  total: number[];
  self: number[];
  /** Of two recordings; null: there is but one. */
  difference: PageDifference | null;
}

/** A is before, B after. */
export interface PageDifference {
  /** What the two are called. */
  a: string;
  b: string;
  palette: DifferencePalette;
  /** What may be noise has the colour of what is unchanged. */
  isNoiseGrey: boolean;
  /** Columns by frame: shares of the total, 0 to 1. */
  totalA: number[];
  totalB: number[];
  selfA: number[];
  selfB: number[];
  /** By frame: its colour, as difference-colours.ts has them. */
  step: number[];
}
