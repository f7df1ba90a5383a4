// SPDX-License-Identifier: Apache-2.0
/** What the window remembers between two starts: in the browser's local storage, so per user and shell. */
import type { SamplingSettings } from '../../ipc/contract.ts';
import type { ColourMode } from '../flamegraph/palette.ts';
import { ASKED } from './questions.ts';
import { checkFrequency } from '../picker/frequency.ts';

export type ThemePreference = 'system' | 'dark' | 'light';

export interface Preferences {
  theme: ThemePreference;
  layout: 'flame' | 'icicle';
  colours: ColourMode;
  settings: SamplingSettings;
}

const valid: { [N in keyof Preferences]: (value: unknown) => value is Preferences[N] } = {
  theme: (value): value is ThemePreference => value === 'system' || value === 'dark' || value === 'light',
  layout: (value): value is 'flame' | 'icicle' => value === 'flame' || value === 'icicle',
  colours: (value): value is ColourMode => value === 'origin' || value === 'module' || value === 'unnamed',
  settings: (value): value is SamplingSettings => {
    if (typeof value !== 'object' || value === null) return false;
    const { frequency, children, kernelStacks, stackDepth = 127, question = 'on-cpu', leastWaitNs = 0 } = value as Record<string, unknown>;
    if (!Number.isInteger(stackDepth) || (stackDepth as number) < 1 || (stackDepth as number) > 1023) return false;
    if (!ASKED.some((each) => each === question) || !Number.isInteger(leastWaitNs) || (leastWaitNs as number) < 0 || (leastWaitNs as number) > 100e9) return false;
    return typeof children === 'boolean' && typeof kernelStacks === 'boolean' && checkFrequency(String(frequency)).ok;
  },
};

/** The remembered value; `otherwise` where there is none, or one that another version wrote. */
export function readPreference<N extends keyof Preferences>(name: N, otherwise: Preferences[N]): Preferences[N] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(`emberscope.${name}`) ?? 'null');
    return valid[name](value) ? value : otherwise;
  } catch {
    return otherwise;
  }
}

/** Remembers; where storage is refused (private mode, full) the window works on without. */
export function writePreference<N extends keyof Preferences>(name: N, value: Preferences[N]): void {
  try {
    localStorage.setItem(`emberscope.${name}`, JSON.stringify(value));
  } catch {
    // Nothing depends on it.
  }
}
