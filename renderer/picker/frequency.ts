// SPDX-License-Identifier: Apache-2.0
/** The sampling rate as somebody typed it. */
export const LOWEST_HZ = 1;
export const HIGHEST_HZ = 9999;

export type CheckedFrequency = { ok: true; hertz: number } | { ok: false; message: string };

export function checkFrequency(text: string): CheckedFrequency {
  const typed = text.trim();
  if (typed === '') return { ok: false, message: `Type a rate from ${LOWEST_HZ} to 9,999 Hz; 99 suits most programs.` };
  if (!/^\d+$/.test(typed)) return { ok: false, message: 'The rate is a whole number of samples a second, like 99.' };
  const hertz = Number(typed);
  if (hertz < LOWEST_HZ) return { ok: false, message: `The rate must be at least ${LOWEST_HZ} Hz.` };
  if (hertz > HIGHEST_HZ) return { ok: false, message: 'The rate can be at most 9,999 Hz; above that, sampling slows the program down.' };
  return { ok: true, hertz };
}
