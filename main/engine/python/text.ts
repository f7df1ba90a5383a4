// SPDX-License-Identifier: Apache-2.0
/** A Python str as it lies in memory: characters of one, two or four bytes, all of the same width. */
export function pythonText(bytes: Uint8Array, width: 1 | 2 | 4): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (width === 1) return buffer.toString('latin1');
  if (width === 2) return buffer.toString('utf16le');
  let text = '';
  for (let at = 0; at + 4 <= buffer.length; at += 4) {
    const point = buffer.readUInt32LE(at);
    text += point > 0x10ffff ? '\ufffd' : String.fromCodePoint(point);
  }
  return text;
}
