// SPDX-License-Identifier: Apache-2.0
/** Where a reloaded page finds its recordings again, each window its own. */
import type { TargetRequest } from '../../ipc/contract.ts';

/** Ids begin anew with the engine, so the start counts, too. */
export interface Remembered {
  id: number;
  startedAt: number;
  /** What it was started on. */
  target: TargetRequest | null;
  opened: boolean;
}

/** The recording of the live screen, and that of probes beside it. */
const keys = { live: 'emberscope.shown', probes: 'emberscope.probes-shown' };

export function remember(which: keyof typeof keys, shown: Remembered): void {
  try {
    sessionStorage.setItem(keys[which], JSON.stringify(shown));
  } catch {
    // Only a reload would have used it.
  }
}

/** Written by this very page: nothing else reaches its session storage. */
export function remembered(which: keyof typeof keys): Remembered | null {
  try {
    return JSON.parse(sessionStorage.getItem(keys[which]) ?? 'null') as Remembered | null;
  } catch {
    return null;
  }
}
