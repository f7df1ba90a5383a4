// SPDX-License-Identifier: Apache-2.0
/** `emberscope record --again FILE`: what a recording was made of, with its settings. */
import type { SamplingSettings, TargetRequest } from '../../ipc/contract.ts';
import { FailureError } from '../engine/failures.ts';
import type { EngineApi } from '../engine/recording-api.ts';
import { usage } from './values.ts';

export interface Again {
  target: TargetRequest;
  settings: SamplingSettings;
}

/** One word of a POSIX shell's line. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The options of `record` that ask for these settings; those that are the default are left out. */
export function settingsOptions({ frequency, stackDepth = 127, children, kernelStacks, event, question = 'on-cpu', leastWaitNs }: SamplingSettings): string[] {
  return [
    ...(frequency === 99 ? [] : ['-F', String(frequency)]),
    ...(stackDepth === 127 ? [] : ['-d', String(stackDepth)]),
    ...(children ? [] : ['--no-children']),
    ...(kernelStacks ? [] : ['--no-kernel']),
    ...(event === 'cycles' ? ['-e', 'cycles'] : []),
    ...(question === 'on-cpu' ? [] : ['-q', question]),
    ...(leastWaitNs === undefined ? [] : ['--min-wait', `${leastWaitNs}ns`]),
  ];
}

/**
 * A command is not run unseen, since a file may say anything: its line is shown instead.
 * @throws FailureError where it cannot be started as it was
 */
export async function readAgain(file: string, engine: EngineApi): Promise<Again> {
  const recording = await engine.openRecording(file);
  const { info } = recording;
  if (info.question === 'probes') throw usage(`${file} asked single functions.`, 'Run it again in the window, or ask them with latency or trace.');
  const repetition = await engine.repetition(recording);
  await engine.closeRecording(info.id);
  const settings: SamplingSettings = { ...info.settings, question: info.question };
  switch (repetition.kind) {
    case 'ready':
      return { target: repetition.target, settings };
    case 'command': {
      if (repetition.failure) throw new FailureError(repetition.failure);
      const words = ['emberscope', 'record', ...settingsOptions(settings), '-o', 'FILE.ember', '--', ...repetition.command.map(quoted)];
      throw usage(`${file} was recorded of a command, and what a file says is not run unseen.`, `Run it with: cd ${quoted(repetition.folder)} && ${words.join(' ')}`);
    }
    case 'choose':
    case 'impossible':
      throw new FailureError(repetition.failure);
    default:
      return repetition satisfies never;
  }
}
