// SPDX-License-Identifier: Apache-2.0
/** Why a helper's stream cannot be read on. */
export type WireStreamErrorCode = 'unknownType' | 'tooLong' | 'tooShort' | 'malformed' | 'cut' | 'wrongState';

export class WireStreamError extends Error {
  readonly code: WireStreamErrorCode;

  /** @param detail a noun phrase: "a frame of 5 bytes" */
  constructor(code: WireStreamErrorCode, detail: string) {
    super(detail);
    this.name = 'WireStreamError';
    this.code = code;
  }
}
