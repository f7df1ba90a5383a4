// SPDX-License-Identifier: Apache-2.0
/** The formats that are read, and which one a file is of. */
import { cpuprofile } from './cpuprofile.ts';
import { folded } from './folded.ts';
import { perfScript } from './perf-script.ts';
import { pprof } from './pprof.ts';
import { speedscope } from './speedscope.ts';
import type { Format } from './format.ts';

/** Bytes of a file's beginning that are enough to tell. */
export const HEAD_BYTES = 64 * 1024;

/** Those whose beginning says most come first. */
export const FORMATS: readonly Format[] = [speedscope, cpuprofile, perfScript, folded, pprof];

/** null: none that is read. @param head the first HEAD_BYTES, not compressed */
export function recognise(head: Uint8Array, fileName: string): Format | null {
  return FORMATS.find((format) => format.recognises(head, fileName)) ?? null;
}
