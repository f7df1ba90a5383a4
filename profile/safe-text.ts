// SPDX-License-Identifier: Apache-2.0
/** The one place where hostile text is made harmless. */

/** UTF-16 units kept of one text; what is longer is cut and ends in an ellipsis. */
export const MAX_TEXT_LENGTH = 65_536;

// C0, DEL and C1; U+2028/2029 (they end lines); the marks that turn the reading direction, by which a name
// can be shown as another one; and half surrogate pairs, which have no UTF-8 form.
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const CONTROL_PICTURES = 0x2400;

/**
 * Text that is safe to draw, to print on a terminal and to write as one line: C0 control characters and DEL
 * become their control pictures (a tab is "␉"), everything else that does not stand for itself is U+FFFD.
 */
export function safeText(text: string): string {
  const bounded = text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH - 1)}…` : text;
  return bounded.replace(UNSAFE, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(CONTROL_PICTURES + code);
    return code === 0x7f ? '\u2421' : '\ufffd';
  });
}
