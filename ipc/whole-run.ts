// SPDX-License-Identifier: Apache-2.0
import type { RecordingInfo } from './contract.ts';

/** A command was launched for it and ended by itself: all of its life is there, so that its phases are no chance. */
export function isWholeRun({ isLaunched = false, state }: RecordingInfo): boolean {
  return isLaunched && state.kind === 'finished' && state.reason === 'targetExited';
}
