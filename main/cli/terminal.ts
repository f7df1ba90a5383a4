// SPDX-License-Identifier: Apache-2.0
/** What the command line says, and where: results on standard output, everything else on standard error. */
import type { Failure } from '../../ipc/contract.ts';

export interface Terminal {
  readonly output: NodeJS.WritableStream & { isTTY?: boolean };
  readonly errors: NodeJS.WritableStream & { isTTY?: boolean; columns?: number; rows?: number };
}

const CLEAR_LINE = '\r\x1b[K';

/** A file name or a process's name can hold what steers a terminal or turns the direction of text: it is shown as U+FFFD. */
export function printable(text: string): string {
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '\ufffd');
}

/** Of a name, or anything else that somebody chose: it must not look like a line of ours. */
export function printableName(text: string): string {
  return printable(text.replace(/[\t\n]/g, '\ufffd'));
}

export function formatFailure(failure: Failure): string {
  return printable(`emberscope: ${failure.message}\n${failure.remedy}`.trimEnd()) + '\n';
}

/** One line on standard error that is written over; on anything but a terminal it says nothing. */
export class ProgressLine {
  readonly #errors: Terminal['errors'];
  #shown = false;

  constructor({ errors }: Terminal) {
    this.#errors = errors;
  }

  show(text: string): void {
    if (!this.#errors.isTTY) return;
    // A line that wraps could not be written over. A terminal without a size says 0 columns.
    this.#errors.write(CLEAR_LINE + printable(text).slice(0, (this.#errors.columns || 80) - 1));
    this.#shown = true;
  }

  clear(): void {
    if (this.#shown) this.#errors.write(CLEAR_LINE);
    this.#shown = false;
  }
}

/** Lines on standard error that are written over; on anything but a terminal it says nothing. */
export class ScreenBlock {
  readonly #errors: Terminal['errors'];
  #lines = 0;

  constructor({ errors }: Terminal) {
    this.#errors = errors;
  }

  show(lines: readonly string[]): void {
    if (!this.#errors.isTTY) return;
    // A line that wraps, or scrolls away, could not be written over.
    const shown = lines.slice(0, (this.#errors.rows || 24) - 1).map((line) => line.slice(0, (this.#errors.columns || 80) - 1));
    this.#errors.write(`${this.#up()}${shown.map((line) => `${line}\n`).join('')}`);
    this.#lines = shown.length;
  }

  clear(): void {
    if (this.#lines > 0) this.#errors.write(this.#up());
    this.#lines = 0;
  }

  #up(): string {
    return this.#lines > 0 ? `\x1b[${this.#lines}A\r\x1b[J` : '';
  }
}

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });

export const count = (value: number): string => whole.format(value);

/** "97.3 %"; never "100.0 %" while anything is missing, and a dash where there is nothing to share. */
export function percent(part: number, all: number): string {
  if (all <= 0) return '–';
  const share = (100 * part) / all;
  return `${tenths.format(part < all ? Math.min(share, 99.9) : share)} %`;
}

/** @param nanoseconds a length of time */
export function duration(nanoseconds: number): string {
  const seconds = nanoseconds / 1e9;
  if (seconds < 1e-3) return `${tenths.format(seconds * 1e6)} µs`;
  if (seconds < 1) return `${tenths.format(seconds * 1e3)} ms`;
  if (seconds < 60) return `${tenths.format(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  return `${hours > 0 ? `${hours} h ` : ''}${minutes % 60} min ${Math.floor(seconds % 60)} s`;
}
