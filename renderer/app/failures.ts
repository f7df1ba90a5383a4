// SPDX-License-Identifier: Apache-2.0
import type { Failure } from '../../ipc/contract.ts';
import { CallRefused } from './engine.ts';

/** What is said of an error that came out of a call. */
export function asFailure(error: unknown): Failure {
  if (error instanceof CallRefused) return error.failure;
  return {
    code: 'window',
    message: `The window failed: ${error instanceof Error ? error.message : String(error)}`,
    remedy: 'Reload the window; the recording goes on without it.',
  };
}
