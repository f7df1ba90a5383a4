// SPDX-License-Identifier: Apache-2.0
/** Bytes or a value that the contract does not allow. The message is one plain sentence. */
export class CodecError extends Error {
  override readonly name = 'CodecError';
}
