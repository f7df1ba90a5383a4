// SPDX-License-Identifier: Apache-2.0
/** Stacks as text that can be expected: what belongs to the system, and differs between systems, is one word. */
import type { RecordedFrame, RecordedStack } from './recorded-stacks.ts';
import { nativeFrames, weightOf } from './recorded-stacks.ts';

/** Parts of the C library and of the compilers' run time in a static program. */
const STATIC_LIBC = /^(_?_libc_start|__restore_rt|_?_*longjmp|_?_*sigsetjmp|_?_*setjmp|_?_*swapcontext|__start_context|call_init|_?_dl_)/;
const SYSTEM = /^<(libc|vdso|unnamed)>$/;
const LIBC = /^(libc|ld-linux[^/]*|libpthread|libdl)[.-][^/]*$/;

function word(frame: RecordedFrame): string {
  const file = frame.module.split('/').at(-1)!;
  if (file === '[vdso]') return '<vdso>';
  if (LIBC.test(file) || STATIC_LIBC.test(frame.name)) return '<libc>';
  return frame.named ? frame.name : '<unnamed>';
}

/** "main;serve;bottom": native user frames, outermost first; `<libc>`, `<vdso>` and `<unnamed>` once where they follow
 * themselves. */
export function chainOf({ frames }: RecordedStack): string {
  const words = nativeFrames(frames).map(word);
  return words.filter((each, i) => !(SYSTEM.test(each) && each === words[i - 1])).join(';');
}

/** Samples by chain, the most first. */
export function chainsOf(stacks: readonly RecordedStack[]): Map<string, number> {
  const chains = new Map<string, number>();
  for (const stack of stacks) {
    const chain = chainOf(stack);
    if (chain !== '') chains.set(chain, (chains.get(chain) ?? 0) + stack.weight);
  }
  return new Map([...chains].sort((a, b) => b[1] - a[1]));
}

/**
 * Where a program's time must be: a chain (or a pattern of chains) and its share of the time, null where that is not
 * known. The first that fits takes a stack.
 */
export type Expected = readonly (readonly [chain: string | RegExp, share: number | null])[];

export interface Verdict {
  /** Samples of each row of what was expected. */
  counts: number[];
  /** Samples that no row holds, by chain, the most first. */
  strangers: Map<string, number>;
  samples: number;
}

export function judge(stacks: readonly RecordedStack[], expected: Expected): Verdict {
  const walked = stacks.filter(({ end }) => end !== null);
  const counts = expected.map(() => 0);
  const strangers = new Map<string, number>();
  for (const [chain, weight] of chainsOf(walked)) {
    const row = expected.findIndex(([each]) => (typeof each === 'string' ? each === chain : each.test(chain)));
    if (row >= 0) counts[row]! += weight;
    else strangers.set(chain, weight);
  }
  return { counts, strangers, samples: weightOf(walked) };
}
