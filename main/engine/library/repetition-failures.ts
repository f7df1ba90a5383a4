// SPDX-License-Identifier: Apache-2.0
/** Why a recording cannot be made once more as it was. */
import type { Failure } from '../../../ipc/contract.ts';

/** Names in one sentence. */
const NAMES = 5;

function gone(missing: number, of: number): string {
  if (of === 1) return 'The process that was recorded does not run any more';
  return missing === of ? `None of the ${of} processes that were recorded runs any more` : `${missing} of the ${of} processes that were recorded no longer run`;
}

export const repetitionFailures = {
  notSaid: (name: string): Failure => ({
    code: 'notSaid',
    message: `“${name}” does not say what was asked to be recorded.`,
    remedy: 'It was made by an earlier version, or from a stream: pick the target again.',
  }),
  imported: (name: string, format: string): Failure => ({
    code: 'notRecordedHere',
    message: `“${name}” was read from a file of another program (${format}).`,
    remedy: 'Only what Emberscope recorded can be recorded again.',
  }),
  processesGone: (names: readonly string[], of: number): Failure => ({
    code: 'processesGone',
    message: `${gone(names.length, of)}: ${[...new Set(names)].slice(0, NAMES).join(', ')}.`,
    remedy: 'Choose among those that are called so now, or launch the command.',
  }),
  severalProcesses: (name: string, found: number, of: number): Failure => ({
    code: 'severalProcesses',
    message: `${found} processes have the name and the command line of ${of === 1 ? 'the one that was' : `the ${of} that were`} recorded: ${name}.`,
    remedy: 'Choose which.',
  }),
  containerGone: (folder: string): Failure => ({
    code: 'containerGone',
    message: `The container that was recorded is not there any more, or nothing runs in it (${folder.slice(0, 200)}).`,
    remedy: 'One that is made anew has another name: choose one of its processes, or the container that it is in.',
  }),
};
