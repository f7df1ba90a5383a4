// SPDX-License-Identifier: Apache-2.0
/**
 * Characters that no exported name keeps: control characters (C0, DEL, C1), line and paragraph separators,
 * marks that turn the direction of text (a name must not make its neighbours read backwards), and the two
 * that XML 1.0 cannot hold.
 */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff]/g;

/** The name with each such character as `?`, and halves of surrogate pairs as U+FFFD. */
export function printable(name: string): string {
  return name.toWellFormed().replace(UNPRINTABLE, '?');
}
