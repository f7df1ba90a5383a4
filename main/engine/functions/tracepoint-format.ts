// SPDX-License-Identifier: Apache-2.0
/** The fields of a tracepoint, from its format in tracefs. */

export interface TracepointField {
  name: string;
  /** As C writes it: "pid_t", "char[16]". */
  type: string;
  /** Bytes from the beginning of the record. */
  offset: number;
  size: number;
  signed: boolean;
}

const MAX_FIELDS = 64;
const line = /^\s*field:(.+?)\s*;\s*offset:(\d+);\s*size:(\d+);(?:\s*signed:(\d);)?\s*$/;

/** Without the fields that all have ("common_pid"). */
export function parseTracepointFormat(text: string): TracepointField[] {
  const fields: TracepointField[] = [];
  for (const each of text.split('\n')) {
    const found = line.exec(each);
    if (!found || fields.length >= MAX_FIELDS) continue;
    // "const char * name", "char comm[16]", "__data_loc char[] name"
    const parts = /^(.*?)([A-Za-z_]\w*)((?:\[[^\]]*\])*)$/.exec(found[1]!);
    if (!parts || parts[2]!.startsWith('common_')) continue;
    const type = parts[1]!.trim() + parts[3]!;
    fields.push({ name: parts[2]!, type, offset: Number(found[2]), size: Number(found[3]), signed: found[4] === '1' });
  }
  return fields;
}
