// SPDX-License-Identifier: Apache-2.0
/** What the command's exit code tells a script. Documented in --help and in docs/CLI.md. */
import type { Failure } from '../../ipc/contract.ts';

export const ExitCode = {
  ok: 0,
  failure: 1,
  usage: 2,
  notPermitted: 3,
  targetGone: 4,
  badFile: 5,
  unable: 6,
  conditionMet: 7,
  interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export const exitCodeHelp = `
Exit codes:
  0    done; for record also when it was stopped with Ctrl-C
  1    something failed; what was recorded until then is kept
  2    the command line is wrong: an option, a value, or where the output should go
  3    not permitted: no privileged helper, or the authentication was refused or dismissed
  4    the target is not there: no such process, command or function, or it ended before sampling began
  5    the file is not a readable recording, nor a file that can be imported
  6    doctor: this computer cannot sample as it is
  7    compare: a condition of --fail-if is met
  130  interrupted: Ctrl-C before sampling began, while a file was imported, or twice
Errors go to standard error: what happened, then what to do.`;

const byFailure: Readonly<Record<string, ExitCode>> = {
  frequency: ExitCode.usage,
  targets: ExitCode.usage,
  badProbe: ExitCode.usage,
  tooManyFunctions: ExitCode.usage,
  usage: ExitCode.usage,
  folderMissing: ExitCode.usage,
  outputExists: ExitCode.usage,
  helperMissing: ExitCode.notPermitted,
  helperWrongVersion: ExitCode.notPermitted,
  authenticationDismissed: ExitCode.notPermitted,
  notAuthorised: ExitCode.notPermitted,
  noAgent: ExitCode.notPermitted,
  noPkexec: ExitCode.notPermitted,
  notPermitted: ExitCode.notPermitted,
  otherUser: ExitCode.notPermitted,
  privileges: ExitCode.notPermitted,
  notCaller: ExitCode.notPermitted,
  lockdown: ExitCode.notPermitted,
  noSuchProcess: ExitCode.targetGone,
  targetGone: ExitCode.targetGone,
  commandNotFound: ExitCode.targetGone,
  commandNotExecutable: ExitCode.targetGone,
  demoMissing: ExitCode.targetGone,
  processesGone: ExitCode.targetGone,
  severalProcesses: ExitCode.targetGone,
  containerGone: ExitCode.targetGone,
  noSuchFunction: ExitCode.targetGone,
  fileMissing: ExitCode.badFile,
  fileNotReadable: ExitCode.badFile,
  notEmber: ExitCode.badFile,
  unknownFormat: ExitCode.badFile,
  damaged: ExitCode.badFile,
  newerFormat: ExitCode.badFile,
  tooLarge: ExitCode.badFile,
  interrupted: ExitCode.interrupted,
};

export function exitCodeOf(failure: Failure): ExitCode {
  return byFailure[failure.code] ?? ExitCode.failure;
}
