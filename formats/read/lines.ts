// SPDX-License-Identifier: Apache-2.0
/** Bytes in any chunks to lines of text. Bytes that are no UTF-8 become U+FFFD. */
import { atLine, FormatError } from './format.ts';

/** UTF-16 units of one line: a stack of a million frames has some 20 million. */
const MAX_LINE = 64 * 1024 * 1024;

export class Lines {
  readonly #take: (line: string, number: number) => void;
  readonly #decoder = new TextDecoder();
  #pending = '';
  #number = 0;
  /** The last line had no end: the file may have been cut there. */
  isOpen = false;

  /** @param take called with each line, without its end, and its number from 1 */
  constructor(take: (line: string, number: number) => void) {
    this.#take = take;
  }

  /** @throws FormatError for a line that is too long */
  push(bytes: Uint8Array): void {
    this.#add(this.#decoder.decode(bytes, { stream: true }));
  }

  /** Takes the last line, which need not end in a line feed; returns how many there were. */
  end(): number {
    this.#add(this.#decoder.decode());
    this.isOpen = this.#pending !== '';
    if (this.isOpen) this.#line(this.#pending);
    this.#pending = '';
    return this.#number;
  }

  #add(text: string): void {
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      this.#line(this.#pending + text.slice(start, end));
      this.#pending = '';
      start = end + 1;
    }
    this.#pending += text.slice(start);
    if (this.#pending.length > MAX_LINE) throw new FormatError(atLine(this.#number + 1), 'it is longer than 64 Mi characters');
  }

  #line(line: string): void {
    this.#take(line.endsWith('\r') ? line.slice(0, -1) : line, ++this.#number);
  }
}

export const OPEN_NOTE = 'The file does not end in a line feed: it may have been cut.';

/** The whole lines of a file's beginning, or its only one. */
export function headLines(head: Uint8Array): string[] {
  const lines = new TextDecoder().decode(head).split('\n');
  return lines.length > 1 ? lines.slice(0, -1) : lines;
}
