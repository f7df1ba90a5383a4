// SPDX-License-Identifier: Apache-2.0
/** Tables as Markdown, and the part of a document that holds them. */
import { readFileSync, writeFileSync } from 'node:fs';

export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), `|${header.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

export function percent(part: number, whole: number, digits = 2): string {
  return whole > 0 ? `${((100 * part) / whole).toFixed(digits)} %` : '-';
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Puts `text` between `<!-- NAME: measured -->` and `<!-- NAME: end -->` of a document. @throws Error without them */
export function replaceBlock(file: string, name: string, text: string): void {
  const [begin, end] = [`<!-- ${name}: measured -->`, `<!-- ${name}: end -->`];
  const whole = readFileSync(file, 'utf8');
  const [from, to] = [whole.indexOf(begin), whole.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file} has no place for ${name}: ${begin} … ${end}`);
  writeFileSync(file, `${whole.slice(0, from + begin.length)}\n${text.trim()}\n${whole.slice(to)}`);
}
