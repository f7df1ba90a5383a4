// SPDX-License-Identifier: Apache-2.0
/** Unwind rows as text, so that a difference can be read. */
export interface Row {
  /** Bytes into the file. */
  at: number;
  /** As in "sp+24, fp at cfa-16". */
  rule: string;
}

const FP_AT_FP = -128;
const signed = (value: number) => (value < 0 ? `${value}` : `+${value}`);

function frameRule(cfa: string, fp: number): string {
  if (fp === 0) return cfa;
  return `${cfa}, fp at ${fp === FP_AT_FP ? 'fp' : `cfa${signed(fp * 8)}`}`;
}

function ruleOf(rule: number, cfa: number, fp: number): string {
  switch (rule) {
    case 0:
      return 'none';
    case 1:
      return 'outermost';
    case 2:
      return frameRule(`sp${signed(cfa)}`, fp);
    case 3:
      return frameRule(`fp${signed(cfa)}`, fp);
    case 4:
      return `stub sp${signed(cfa)} from ${fp}`;
    case 5:
      return frameRule(`*(sp${signed(cfa)})`, fp);
    case 6:
      return frameRule(`*(fp${signed(cfa)})`, fp);
    case 7:
      return `signal at sp${signed(cfa)}`;
    case 8:
      return frameRule(`*(sp${signed(cfa)})+8`, fp);
    case 9:
      return frameRule(`*(fp${signed(cfa)})+8`, fp);
    default:
      throw new Error(`rule ${rule} is none of records.h`);
  }
}

/** `struct unwind_row` of bpf/records.h. */
export function readRows(bytes: Uint8Array): Row[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 8 }, (_, i) => ({
    at: view.getUint32(i * 8, true),
    rule: ruleOf(view.getUint8(i * 8 + 7), view.getInt16(i * 8 + 4, true) * 8, view.getInt8(i * 8 + 6)),
  }));
}

/** The rule for a place in the file; undefined in front of the first row. */
export function ruleAt(rows: readonly Row[], at: number): string | undefined {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle]!.at <= at) low = middle + 1;
    else high = middle;
  }
  return rows[low - 1]?.rule;
}
