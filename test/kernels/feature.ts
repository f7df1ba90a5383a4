// SPDX-License-Identifier: Apache-2.0
/** One row of the matrix: what is tried in each guest, and what came of it. */
import type { CapabilityName } from '../../main/engine/doctor/machine.ts';
import type { Guest } from './guest.ts';

export type Verdict =
  | { readonly kind: 'works'; readonly figures: string }
  /** The kernel cannot, and the helper said why. */
  | { readonly kind: 'unavailable'; readonly reason: string }
  | { readonly kind: 'failed'; readonly problem: string };

export interface Feature {
  readonly name: string;
  /** Part of the short version, which `npm test` runs. */
  readonly short: boolean;
  /** The check of the Doctor that says whether it works. */
  readonly check?: CapabilityName;
  /** @param tried what was tried in this guest before */
  readonly run: (guest: Guest, tried: readonly Tried[]) => Promise<Verdict>;
}

export interface Tried {
  readonly feature: Feature;
  readonly verdict: Verdict;
  /** Of this machine's time. */
  readonly seconds: number;
}

export function works(figures: string): Verdict {
  return { kind: 'works', figures };
}

export function unavailable(reason: string): Verdict {
  return { kind: 'unavailable', reason };
}

export function failed(problem: string): Verdict {
  return { kind: 'failed', problem };
}
