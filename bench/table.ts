// SPDX-License-Identifier: Apache-2.0
/** Rows of text in columns, the first to the left and the others to the right. */
export function printTable(title: string, header: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = header.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  ');
  console.log(`\n${title}\n${line(header)}\n${widths.map((width) => '-'.repeat(width)).join('  ')}`);
  for (const row of rows) console.log(line(row));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** "1.02 (goal <= 1.05)", with a word where it is missed. */
export function againstGoal(value: number, goal: number, digits = 2): string {
  const verdict = value <= goal ? 'met' : `missed by ${((value / goal - 1) * 100).toFixed(0)} %`;
  return `${value.toFixed(digits)} (goal <= ${goal}: ${verdict})`;
}
