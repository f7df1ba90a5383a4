// SPDX-License-Identifier: Apache-2.0
/** What a helper's file says of itself, without starting it (native/helper/main.c): that may ask for a password. */
import { readFileSync, statSync } from 'node:fs';

export interface HelperVersion {
  version: string;
  protocol: number;
}

const MARK = 'emberscope-helper version ';
/** Such a file is no helper. */
const MAX_BYTES = 64 * 2 ** 20;

let known: { key: string; found: HelperVersion | null } | null = null;

/** null: it cannot be read, or says nothing. Read once for each file that is put there. */
export function helperVersion(path: string): HelperVersion | null {
  try {
    const { ino, size, ctimeMs } = statSync(path);
    const key = `${path} ${ino} ${size} ${ctimeMs}`;
    if (known?.key !== key) known = { key, found: size > MAX_BYTES ? null : markIn(readFileSync(path)) };
    return known.found;
  } catch {
    return null;
  }
}

function markIn(bytes: Buffer): HelperVersion | null {
  const at = bytes.indexOf(MARK);
  if (at < 0) return null;
  const match = /^([\w.+-]{1,64}) protocol (\d{1,9})\0/.exec(bytes.toString('latin1', at + MARK.length, at + MARK.length + 128));
  return match && { version: match[1]!, protocol: Number(match[2]) };
}
