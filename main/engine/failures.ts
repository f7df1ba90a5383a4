// SPDX-License-Identifier: Apache-2.0
/**
 * Every failure that a person can meet, in one place (refusals of the helper: refusals.ts): a stable code, what
 * happened, and what to do.
 * Inside the engine they travel as `FailureError` (ipc/failure.ts); windows get the plain `Failure`.
 */
import type { Failure } from '../../ipc/contract.ts';
import { isFailure } from '../../ipc/failure.ts';

export { FailureError } from '../../ipc/failure.ts';

/** The failure that any thrown value stands for; one that nobody foresaw becomes "internal". */
export function failureOf(error: unknown): Failure {
  if (isFailure(error)) return { code: error.code, message: error.message, remedy: error.remedy };
  const what = error instanceof Error ? error.message : String(error);
  return {
    code: 'internal',
    message: `Something unforeseen went wrong in Emberscope: ${what}`,
    remedy: 'Please report it with this sentence and what you did.',
  };
}

const plural = (count: number, one: string, many: string): string => `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
export const INSTALL_COMMAND = 'npm run install-helper';

/** Failures of finding, starting and talking to the helper. */
export const helperFailures = {
  missing: (path: string): Failure => ({
    code: 'helperMissing',
    message: `The privileged helper is not installed at ${path}.`,
    remedy: `Install it with \`${INSTALL_COMMAND}\`, or run Emberscope as root.`,
  }),
  notBuilt: (): Failure => ({
    code: 'helperMissing',
    message: 'The helper program has not been built.',
    remedy: 'Run `npm run setup`, which builds it and says what is missing.',
  }),
  wrongVersion: (found: string, expected: string): Failure => ({
    code: 'helperWrongVersion',
    message: `The installed helper is version ${found}, but this Emberscope is ${expected}.`,
    remedy: `Install the matching helper with \`${INSTALL_COMMAND}\`.`,
  }),
  dismissed: (): Failure => ({
    code: 'authenticationDismissed',
    message: 'The authentication dialog was dismissed, so nothing was recorded.',
    remedy: 'Start again and authenticate, or run Emberscope as root.',
  }),
  /** @param mode what the helper was to do: `HelperMode` */
  notAuthorised: (mode: 'profile' | 'trace' = 'profile'): Failure => ({
    code: 'notAuthorised',
    message:
      mode === 'profile'
        ? 'The system did not authorise profiling: the password was wrong, or your user may not do it.'
        : 'The system did not authorise tracing, which it asks for apart from profiling: the password was wrong, your user may not do it, or your session is not the active one of this computer.',
    remedy: `Try again, ask an administrator to allow the action org.emberscope.${mode}, or run Emberscope as root.`,
  }),
  noAgent: (): Failure => ({
    code: 'noAgent',
    message: 'No authentication agent is running in this session, so nobody could be asked for a password.',
    remedy: 'Start a polkit agent (desktops have one; on a text console run `pkttyagent`), or run Emberscope as root.',
  }),
  noPkexec: (): Failure => ({
    code: 'noPkexec',
    message: 'pkexec, which asks for the permission to profile, is not installed.',
    remedy: 'Install polkit (Debian and Ubuntu: the packages polkitd and pkexec), or run Emberscope as root.',
  }),
  notStarted: (detail: string): Failure => ({
    code: 'helperFailed',
    message: `The helper ended before it said hello${detail ? `: ${detail}` : '.'}`,
    remedy: `Run \`npm run setup\` (or \`${INSTALL_COMMAND}\`) again; if it stays so, report it with this sentence.`,
  }),
  silent: (seconds: number): Failure => ({
    code: 'helperFailed',
    message: `The helper did not answer within ${seconds} seconds.`,
    remedy: 'Try again; if it stays so, report it with this sentence.',
  }),
  died: (how: string): Failure => ({
    code: 'helperFailed',
    message: `The helper ended in the middle of the recording (${how}). What came until then is kept.`,
    remedy: 'Start again to go on recording.',
  }),
  malformed: (detail: string): Failure => ({
    code: 'helperMalformed',
    message: `The helper sent something that is not understood: ${detail}. What came until then is kept.`,
    remedy: `Install the matching helper with \`${INSTALL_COMMAND}\`; if it stays so, report it with this sentence.`,
  }),
  noHeartbeat: (): Failure => ({
    code: 'noHeartbeat',
    message: 'The helper had not heard from Emberscope for 10 seconds and ended. What came until then is kept.',
    remedy: 'The machine may be overloaded or was suspended: start again.',
  }),
};

/** Failures of what was asked to be recorded. */
export const targetFailures = {
  noSuchProcess: (tgid: number): Failure => ({
    code: 'noSuchProcess',
    message: tgid > 0 ? `There is no process ${tgid}.` : 'The process is not there.',
    remedy: 'It may have ended: choose one that runs now.',
  }),
  isThread: (tid: number, tgid: number): Failure => ({
    code: 'noSuchProcess',
    message: `${tid} is a thread of process ${tgid}, not a process.`,
    remedy: `Record process ${tgid}.`,
  }),
  gone: (): Failure => ({
    code: 'targetGone',
    message: 'The process ended before sampling could start.',
    remedy: 'Choose one that runs now, or let Emberscope launch the command.',
  }),
  stackDepth: (value: number): Failure => ({
    code: 'stackDepth',
    message: `Stacks of ${value} frames cannot be kept.`,
    remedy: 'Choose a whole number from 1 to 1,023.',
  }),
  frequency: (value: number): Failure => ({
    code: 'frequency',
    message: `A sampling frequency of ${value} Hz is not possible.`,
    remedy: 'Choose a whole number from 1 to 9,999 Hz; 99 is a good choice.',
  }),
  none: (): Failure => ({
    code: 'targets',
    message: 'No process was chosen, too many were, or one was named twice.',
    remedy: 'Choose each process once, at most 1,024 of them, or the whole system.',
  }),
  cgroupWhole: (): Failure => ({
    code: 'cgroupWhole',
    message: 'The root of the cgroups holds every process of this computer: it is no container.',
    remedy: 'Choose the whole system, or the cgroup of one of its containers.',
  }),
  cgroupEmpty: (folder: string): Failure => ({
    code: 'cgroupEmpty',
    message: `No process that could be recorded is in the cgroup ${JSON.stringify(folder.slice(0, 200))}.`,
    remedy: 'It may have ended: choose another one.',
  }),
  cgroupFull: (folder: string, most: number): Failure => ({
    code: 'cgroupFull',
    message: `More than ${most.toLocaleString('en')} processes are in the cgroup ${JSON.stringify(folder.slice(0, 200))}.`,
    remedy: 'Choose a cgroup within it, or the whole system.',
  }),
  request: (what: string): Failure => ({
    code: 'request',
    message: `The request is not understood: ${what}.`,
    remedy: 'Reload the window; if it stays so, report it with this sentence.',
  }),
  commandNotFound: (command: string): Failure => ({
    code: 'commandNotFound',
    message: `There is no command ${JSON.stringify(command)}.`,
    remedy: 'Check its spelling, or give its whole path.',
  }),
  commandNotExecutable: (command: string): Failure => ({
    code: 'commandNotExecutable',
    message: `${JSON.stringify(command)} is there but cannot be executed by this user.`,
    remedy: 'Make it executable (`chmod +x`), or choose another command.',
  }),
  commandFolder: (folder: string): Failure => ({
    code: 'folderMissing',
    message: `The command's working folder ${JSON.stringify(folder)} is not there.`,
    remedy: 'Choose one that is.',
  }),
  commandFailed: (detail: string): Failure => ({
    code: 'commandFailed',
    message: `The command could not be started: ${detail}.`,
    remedy: 'Check that it runs in a terminal.',
  }),
  interrupted: (): Failure => ({
    code: 'interrupted',
    message: 'Emberscope was closed before sampling began.',
    remedy: 'Nothing was recorded.',
  }),
  demoMissing: (): Failure => ({
    code: 'demoMissing',
    message: 'The demo program has not been built.',
    remedy: 'Run `npm run setup`, which builds it.',
  }),
};

/** Failures of files. */
export const fileFailures = {
  notThere: (path: string): Failure => ({
    code: 'fileMissing',
    message: `There is no file ${path}.`,
    remedy: 'Check the name.',
  }),
  notReadable: (path: string, detail: string): Failure => ({
    code: 'fileNotReadable',
    message: `${path} cannot be read: ${detail}.`,
    remedy: 'Check that it is a file and that you may read it.',
  }),
  notEmber: (path: string): Failure => ({
    code: 'notEmber',
    message: `${path} is not an Emberscope recording.`,
    remedy: 'Choose a file that Emberscope wrote (.ember).',
  }),
  /** @param guess what it seems to be and what to do, where that is known */
  unknownFormat: (path: string, guess: { what: string; remedy: string } | null): Failure => ({
    code: 'unknownFormat',
    message: guess ? `${path} is ${guess.what}.` : `${path} is neither a recording nor a file of another tool that is read here.`,
    remedy: guess?.remedy ?? 'Read are recordings (.ember), folded stacks, `perf script` text, pprof, speedscope JSON and .cpuprofile.',
  }),
  /** Another tool's file. @param where "line 12: ", or empty */
  brokenImport: (path: string, title: string, where: string, detail: string): Failure => ({
    code: 'damaged',
    message: `${path} cannot be imported as ${title}: ${where}${detail}. Nothing of it was kept.`,
    remedy: 'Write it again with the tool that made it, or name its format with --format where it is another one.',
  }),
  damaged: (path: string, detail: string): Failure => ({
    code: 'damaged',
    message: `${path} is damaged or was cut: ${detail}.`,
    remedy: 'Copy it again from where it came; if it was copied while being recorded, copy the -wal file beside it, too.',
  }),
  newer: (path: string, found: number, known: number): Failure => ({
    code: 'newerFormat',
    message: `${path} was written by a newer Emberscope (format ${found}; this one reads up to ${known}).`,
    remedy: 'Open it with that version, or update this one.',
  }),
  tooLarge: (path: string, detail: string): Failure => ({
    code: 'tooLarge',
    message: `${path} is too large to open: ${detail}.`,
    remedy: 'Record for a shorter time or at a lower frequency.',
  }),
  endless: (path: string, seconds: number): Failure => ({
    code: 'damaged',
    message: `Reading ${path} came to nothing for ${seconds} seconds and was given up.`,
    remedy: 'The file is damaged, or lies on a disk that does not answer: copy it to another one and try again.',
  }),
  cancelled: (path: string): Failure => ({
    code: 'cancelled',
    message: `Opening ${path} was cancelled.`,
    remedy: 'Open it again.',
  }),
  folderMissing: (folder: string): Failure => ({
    code: 'folderMissing',
    message: `The folder ${folder} is not there.`,
    remedy: 'Create it, or choose another one.',
  }),
  notWritable: (path: string, detail: string): Failure => ({
    code: 'notWritable',
    message: `${path} cannot be written: ${detail}.`,
    remedy: 'Choose a place where you may write.',
  }),
  occupied: (path: string): Failure => ({
    code: 'outputExists',
    message: `${path} is there already and is not an Emberscope recording, so it was left alone.`,
    remedy: 'Choose another name.',
  }),
  inUse: (path: string): Failure => ({
    code: 'inUse',
    message: `${path} is being recorded by another Emberscope.`,
    remedy: 'Wait until that recording has ended, or choose another name.',
  }),
  diskFull: (path: string): Failure => ({
    code: 'diskFull',
    message: `The disk is full, so the recording ended. What came until then is in ${path}.`,
    remedy: 'Free some space, then start again.',
  }),
  noRoom: (path: string): Failure => ({
    code: 'diskFull',
    message: `The disk is full: there is no room for ${path}.`,
    remedy: 'Free some space, then do it again; every recording is where it was.',
  }),
  writeFailed: (path: string, detail: string): Failure => ({
    code: 'writeFailed',
    message: `Writing ${path} failed (${detail}), so the recording ended. What came until then is kept there.`,
    remedy: 'Check the disk, then start again.',
  }),
  noSuchRecording: (): Failure => ({
    code: 'noSuchRecording',
    message: 'This recording is not open any more.',
    remedy: 'Open it again.',
  }),
  badName: (name: string): Failure => ({
    code: 'badName',
    message: `${JSON.stringify(name.slice(0, 80))} cannot be the name of a recording.`,
    remedy: 'Choose a name without slashes, at most 120 characters long.',
  }),
};

export const libraryFailures = {
  notThere: (file: string): Failure => ({
    code: 'notInLibrary',
    message: `There is no recording ${JSON.stringify(file.slice(0, 80))} in the library any more.`,
    remedy: 'It was renamed, moved or deleted meanwhile. The list is being read again.',
  }),
  tooManyTags: (most: number, length: number): Failure => ({
    code: 'badTags',
    message: `A recording can have at most ${most} tags of at most ${length} characters.`,
    remedy: 'Take some away, or put it into the notes.',
  }),
  longNotes: (most: number): Failure => ({
    code: 'longNotes',
    message: `Notes can be at most ${most.toLocaleString('en')} characters long.`,
    remedy: 'Shorten them; they were not saved.',
  }),
  nothingToUndo: (): Failure => ({
    code: 'nothingToUndo',
    message: 'This deletion cannot be undone any more.',
    remedy: 'Look into the trash of your desktop.',
  }),
  notInTrash: (file: string): Failure => ({
    code: 'notInTrash',
    message: `${file} is not in the trash any more: it was emptied meanwhile, or something took it out.`,
    remedy: 'A copy of it can only come from elsewhere, such as a backup.',
  }),
  stillRecorded: (file: string): Failure => ({
    code: 'inUse',
    message: `${file} is being recorded.`,
    remedy: 'Stop the recording first.',
  }),
  folderGone: (folder: string, files: number): Failure => ({
    code: 'folderGone',
    message: `The folder ${folder} is not there any more; ${plural(files, 'recording was', 'recordings were')} in it.`,
    remedy: 'Connect or mount its disk, or choose another folder.',
  }),
  notAnnotated: (path: string, why: string): Failure => ({
    code: 'notAnnotated',
    message: `The tags and notes of ${path} were not saved: ${why}.`,
    remedy: 'The recording itself is as it was. Make it writable, or copy it to a place that is.',
  }),
  badFileName: (file: string): Failure => ({
    code: 'badFileName',
    message: `The name of ${JSON.stringify(file.slice(0, 80))} is no text in UTF-8, so the file cannot be opened here.`,
    remedy: 'Give it another name with the tool that made it, or in a file manager.',
  }),
  noFileManager: (path: string): Failure => ({
    code: 'noFileManager',
    message: `No file manager answers here. The file is ${path}.`,
    remedy: 'Open its folder yourself.',
  }),
  badFolder: (folder: string): Failure => ({
    code: 'badFolder',
    message: `${JSON.stringify(folder.slice(0, 200))} cannot be the folder of the recordings: it must begin at the root, with "/".`,
    remedy: 'Name the whole path, like /home/you/recordings.',
  }),
  closed: (): Failure => ({
    code: 'closed',
    message: 'The library is closed.',
    remedy: 'Start Emberscope again.',
  }),
};

export const probeFailures = {
  unsupported: (): Failure => ({
    code: 'probesUnsupported',
    message: 'This recording takes no probes.',
    remedy: 'Start one on the Functions screen.',
  }),
  memoryNotPossible: (why: string): Failure => ({
    code: 'memoryNotPossible',
    message: `Allocations cannot be watched here${why === '' ? '.' : `: ${why}`}`,
    remedy: 'Ask another question of this process, or look at what the Doctor says about probes.',
  }),
  badProbe: (what: string): Failure => ({
    code: 'badProbe',
    message: `This cannot be asked of a function: ${what}.`,
    remedy: 'Change the question, or choose another function.',
  }),
  tooManyFunctions: (pattern: string, matches: number, final: boolean): Failure => ({
    code: 'tooManyFunctions',
    message: `${JSON.stringify(pattern.slice(0, 80))} matches ${plural(matches, 'function', 'functions')}.`,
    remedy: final ? 'No more than 10,000 can be probed at once: choose a narrower pattern.' : 'Each call of any of them will cost the target a little: confirm their number, or choose a narrower pattern.',
  }),
  noSuchCgroup: (folder: string): Failure => ({
    code: 'noSuchCgroup',
    message: `There is no cgroup ${JSON.stringify(folder.slice(0, 200))} of version 2.`,
    remedy: 'Name its folder below /sys/fs/cgroup: the line of /proc/PID/cgroup that begins with "0::" has it.',
  }),
  noSuchFunction: (name: string, more: string): Failure => ({
    code: 'noSuchFunction',
    message: `Nothing that can be traced is called ${JSON.stringify(name.slice(0, 80))}.`,
    remedy: more || 'Check its spelling; functions of a program are found in its process (--pid).',
  }),
};

/** A bound of the engine was reached. */
export function recordingFull(rows: number, what: string): Failure {
  return {
    code: 'recordingFull',
    message: `The recording reached its limit of ${plural(rows, 'row', 'rows')} of ${what} and ended. It is saved.`,
    remedy: 'Start again; a lower frequency or fewer processes make it last longer.',
  };
}
