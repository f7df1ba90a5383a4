// SPDX-License-Identifier: Apache-2.0
/** What of a recording's request can be asked once more, now and here; and why the rest cannot. */
import type { Failure, ProcessSummary } from '../../../ipc/contract.ts';
import type { RecordedRequest, RecordingFacts, Repetition } from '../../../ipc/library-contract.ts';
import { FailureError, failureOf } from '../failures.ts';
import { checkCommand } from '../processes/launched-command.ts';
import { checkSettings, checkTarget } from '../processes/target.ts';
import { repetitionFailures } from './repetition-failures.ts';

type RecordedProcess = Extract<RecordedRequest, { kind: 'processes' }>['processes'][number];

/** @param name of the recording @param running what runs now, asked for where processes were recorded */
export async function repetitionOf(name: string, facts: Pick<RecordingFacts, 'request' | 'settings' | 'question'> | null, running: () => Promise<readonly ProcessSummary[]>): Promise<Repetition> {
  const request = facts?.request ?? null;
  if (facts === null || request === null) return impossible(repetitionFailures.notSaid(name));
  // Of probes nothing is sampled.
  const wrong = facts.question === 'probes' ? null : failureFrom(() => checkSettings(facts.settings));
  if (wrong) return impossible(wrong);
  switch (request.kind) {
    case 'system':
      return { kind: 'ready', target: { kind: 'system' } };
    case 'demo': {
      const failure = failureFrom(() => checkTarget({ kind: 'demo' }));
      return failure ? impossible(failure) : { kind: 'ready', target: { kind: 'demo' } };
    }
    case 'cgroup': {
      const target = { kind: 'cgroup', folder: request.folder } as const;
      const failure = failureFrom(() => checkTarget(target));
      if (failure === null) return { kind: 'ready', target };
      const isGone = failure.code === 'noSuchCgroup' || failure.code === 'cgroupEmpty';
      return { kind: 'choose', name: '', failure: isGone ? repetitionFailures.containerGone(request.folder) : failure };
    }
    case 'command':
      return { ...request, failure: failureFrom(() => void checkCommand(request.command, request.folder)) };
    case 'processes':
      return ofProcesses(name, request.processes, await running());
    case 'imported':
      return impossible(repetitionFailures.imported(name, request.format));
    default:
      return request satisfies never;
  }
}

function impossible(failure: Failure): Repetition {
  return { kind: 'impossible', failure };
}

function failureFrom(check: () => void): Failure | null {
  try {
    check();
    return null;
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    return failureOf(error);
  }
}

/** The list says "node (MainThread)" of what was recorded as "node". */
function isSame({ name, commandLine }: RecordedProcess, running: ProcessSummary): boolean {
  return running.commandLine === commandLine && (running.name === name || running.name.startsWith(`${name} (`));
}

/** Exactly those that were recorded, by name and command line; where that says more or fewer of them, somebody chooses. */
function ofProcesses(name: string, recorded: readonly RecordedProcess[], running: readonly ProcessSummary[]): Repetition {
  const found = running.filter((one) => recorded.some((process) => isSame(process, one)));
  const missing = recorded.filter((process) => !running.some((one) => isSame(process, one)));
  const [first] = missing.length > 0 ? missing : recorded;
  // A list of none is in no file that we wrote.
  if (first === undefined) return impossible(repetitionFailures.notSaid(name));
  if (missing.length > 0) return { kind: 'choose', name: first.name, failure: repetitionFailures.processesGone(missing.map((process) => process.name), recorded.length) };
  if (found.length !== recorded.length) return { kind: 'choose', name: first.name, failure: repetitionFailures.severalProcesses(first.name, found.length, recorded.length) };
  return { kind: 'ready', target: { kind: 'processes', processes: found.map(({ tgid, startTicks }) => ({ tgid, startTicks })) } };
}
