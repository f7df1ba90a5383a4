// SPDX-License-Identifier: Apache-2.0
/**
 * Columns of whole numbers as short texts: each number in digits of five bits, the lowest first, with a sixth bit where
 * another digit follows, as the mappings of source maps. Of 50,000 frames three columns are some 300 KiB so, and 800 as JSON.
 */
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const BITS = 5;
const MORE = 32;

/** Numbers from 0 on; fractions are rounded. */
export function packed(numbers: Iterable<number>): string {
  let text = '';
  for (const number of numbers) {
    // Not by bits: weights go beyond 32 of them.
    let rest = Math.max(0, Math.round(number));
    for (; rest >= MORE; rest = Math.floor(rest / MORE)) text += DIGITS[(rest % MORE) + MORE];
    text += DIGITS[rest];
  }
  return text;
}

/** Numbers that never become smaller: what each is above the one before. */
export function packedSteps(numbers: readonly number[]): string {
  return packed(numbers.map((number, at) => number - (at === 0 ? 0 : numbers[at - 1]!)));
}

/** What the script of the picture does. */
export function unpacked(text: string): number[] {
  const numbers: number[] = [];
  let number = 0;
  let scale = 1;
  for (const character of text) {
    const digit = DIGITS.indexOf(character);
    number += (digit % MORE) * scale;
    scale *= 2 ** BITS;
    if (digit >= MORE) continue;
    numbers.push(number);
    number = 0;
    scale = 1;
  }
  return numbers;
}
