// SPDX-License-Identifier: Apache-2.0
/** Numbers that must not be mixed up carry their unit or their table in the type. */
type Brand<Name extends string> = number & { readonly __brand?: Name };

/** CLOCK_MONOTONIC nanoseconds, or a length of time; exact below 2^53 (104 days). */
export type Nanoseconds = Brand<'ns'>;
/** A row of the strings table. 0 is the empty string. */
export type StringIndex = Brand<'string'>;
export type ModuleIndex = Brand<'module'>;
export type ProcessIndex = Brand<'process'>;
export type ThreadIndex = Brand<'thread'>;
export type FunctionIndex = Brand<'function'>;
export type FrameIndex = Brand<'frame'>;
export type StackIndex = Brand<'stack'>;
/** A 20 ms slice, counted from the first slice of the recording. */
export type SliceIndex = Brand<'slice'>;

/** "No row": the sentinel of every column that points to another table. */
export const NONE = -1;

export const SLICE_NANOSECONDS = 20_000_000;
