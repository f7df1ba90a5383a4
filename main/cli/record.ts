// SPDX-License-Identifier: Apache-2.0
/** `emberscope record`: the engine without a window, until it is stopped or the target has ended. */
import { setTimeout } from 'node:timers/promises';
import { unitOf, type Question } from '../../profile/questions.ts';
import type { DebugFilesStatus, RecordingFigures, SamplingEvent, SamplingSettings, TargetRequest } from '../../ipc/contract.ts';
import { FailureError, failureOf, targetFailures } from '../engine/failures.ts';
import { findCommand } from '../engine/processes/find-command.ts';
import type { ActiveRecording } from '../engine/recording-api.ts';
import { readAgain } from './record-again.ts';
import { ExitCode, exitCodeOf } from './exit-code.ts';
import { lossLines, memoryLine, summarise, waitLine, type Summary } from './info.ts';
import type { InterruptibleSurroundings } from './surroundings.ts';
import { count, duration, formatFailure, percent, printable, ProgressLine } from './terminal.ts';
import { checkOutput, startTicks, usage } from './values.ts';

export interface RecordOptions {
  pid?: number[];
  system?: boolean;
  /** A recording, whose target and settings these are; the other settings do not count then. */
  again?: string;
  /** Folder below the root of cgroups. */
  cgroup?: string;
  seconds?: number;
  frequency: number;
  stackDepth: number;
  children: boolean;
  kernel: boolean;
  event: 'cpu-clock' | 'cycles';
  question: Question;
  /** Nanoseconds. */
  minWait?: number;
  output?: string;
  force?: boolean;
  debuginfod?: boolean;
}

const events: Readonly<Record<RecordOptions['event'], SamplingEvent>> = { 'cpu-clock': 'cpuClock', cycles: 'cycles' };

type TargetOptions = Pick<RecordOptions, 'pid' | 'system' | 'cgroup'>;

function namedTargets({ pid, system, cgroup }: TargetOptions, command: readonly string[]): number {
  return Number(pid !== undefined) + Number(system === true) + Number(cgroup !== undefined) + Number(command.length > 0);
}

function severalTargets(): FailureError {
  return usage('More than one kind of target was named.', 'Choose one of --pid, --cgroup, --system, --again, and -- COMMAND….');
}

function settingsOf({ frequency, stackDepth, children, kernel, event, question, minWait }: RecordOptions): SamplingSettings {
  return { frequency, stackDepth, children, kernelStacks: kernel, event: events[event], question, ...(minWait === undefined ? {} : { leastWaitNs: minWait }) };
}

/** @throws FailureError when it is not exactly one of processes, the system and a command */
export function targetOf(options: TargetOptions, command: readonly string[]): TargetRequest {
  const asked = namedTargets(options, command);
  if (asked === 0) {
    throw usage(
      'Nothing was named to record.',
      'Name processes (--pid 4121), a cgroup (--cgroup), the whole system (--system), or a command (-- COMMAND…).',
    );
  }
  if (asked > 1) throw severalTargets();
  if (options.pid)
    return { kind: 'processes', processes: options.pid.map((tgid) => ({ tgid, startTicks: startTicks(tgid) })) };
  if (options.cgroup !== undefined) return { kind: 'cgroup', folder: options.cgroup };
  if (options.system) return { kind: 'system' };
  findCommand(command[0]!, process.cwd()); // before anybody is asked for a password
  return { kind: 'command', command: [...command] };
}

function progressText(figures: RecordingFigures, question: Question): string {
  const { stored, lost } = figures.ledger;
  if (question !== 'on-cpu' && question !== 'wall') return `  ${duration(figures.durationNs)}  (Ctrl-C stops)`;
  return `  ${duration(figures.durationNs)}  ${count(stored)} samples  ${count(lost)} lost  (Ctrl-C stops)`;
}

function debugFilesText({ current, missing }: DebugFilesStatus): string {
  if (!current) return '  fetching debug symbols…';
  const name = current.module.slice(current.module.lastIndexOf('/') + 1);
  const [done, total] = [current.doneBytes, current.totalBytes].map((bytes) => (bytes === null ? '?' : (bytes / 2 ** 20).toFixed(1)));
  return `  fetching debug symbols of ${printable(name)}: ${done} of ${total} MiB, ${count(missing)} more  (Ctrl-C goes on without)`;
}

const COMMAND_ENDS_MS = 1_000;

/** How the command that was launched ended, as a shell would say it. */
async function commandLine(recording: ActiveRecording, name: string): Promise<string | null> {
  if (!recording.command) return null;
  // It ended before its recording, or was asked to end; one that does not care is not waited for.
  const waiting = new AbortController();
  const tired = setTimeout(COMMAND_ENDS_MS, null, { signal: waiting.signal }).catch(() => null);
  const exit = await Promise.race([recording.command, tired]);
  waiting.abort(); // the timer would keep the process
  if (!exit) return `command     ${name} is still running`;
  if (exit.signal) return `command     ${name} was ended by ${exit.signal}`;
  return `command     ${name} ended with exit code ${exit.code}`;
}

export function stopAfter(recording: ActiveRecording, seconds: number): void {
  const ended = new AbortController();
  void recording.finished.then(() => ended.abort());
  setTimeout(seconds * 1000, undefined, { signal: ended.signal }).then(
    () => void recording.stop(),
    () => undefined, // it ended before
  );
}

function measuredIn(summary: Summary): string[] {
  const { question, samples, durationNs, frequencyHz } = summary;
  if (question === 'memory') return [memoryLine(summary)];
  const sampled = `samples     ${count(samples)} in ${duration(durationNs)} at ${frequencyHz} Hz`;
  return unitOf(question) === 'samples' ? [sampled] : [...(samples > 0 ? [sampled] : []), waitLine(summary)];
}

async function closing(recording: ActiveRecording, commandName: string): Promise<string> {
  const summary = summarise(recording.tables, recording.figures, recording.info);
  const { complete, truncated, broken } = summary.stacks;
  const lines = [
    `target      ${summary.target}`,
    ...measuredIn(summary),
    ...lossLines(summary),
    `stacks      ${percent(complete, complete + truncated + broken)} complete`,
    `frames      ${percent(summary.frames.named, summary.frames.all)} named`,
    await commandLine(recording, commandName),
    `recording   ${recording.path}`,
  ];
  return printable(lines.filter((line) => line !== null).join('\n')) + '\n';
}

export async function record(
  command: readonly string[],
  options: RecordOptions,
  around: InterruptibleSurroundings,
): Promise<ExitCode> {
  const { terminal, interrupts } = around;
  if (options.output === undefined)
    throw usage('Nothing says where the recording should go.', 'Add --output FILE.ember.');
  const named = options.again === undefined ? { target: targetOf(options, command), settings: settingsOf(options) } : null;
  if (options.again !== undefined && namedTargets(options, command) > 0) throw severalTargets();
  const output = checkOutput(options.output, options.force ?? false);

  const progress = new ProgressLine(terminal);
  const engine = await around.openEngine();
  try {
    if (options.debuginfod && engine.debugFileServers.length === 0)
      throw usage('DEBUGINFOD_URLS names no server.', 'Set it (see debuginfod(8)), or leave --debuginfod out.');
    const interrupted = new Promise<never>((_, reject) => {
      interrupts.onFirst(() =>
        reject(
          new FailureError({
            code: 'interrupted',
            message: 'Interrupted before sampling began.',
            remedy: 'Nothing was recorded.',
          }),
        ),
      );
    });
    const { target, settings } = named ?? (await readAgain(options.again!, engine));
    const { question = 'on-cpu' } = settings;
    progress.show('  starting…');
    let stopping = false;
    let waiting = false;
    const onDebugFiles = (status: DebugFilesStatus): void => {
      if (!waiting) interrupts.onNext(() => engine.debugFiles('cancel'));
      waiting = true;
      progress.show(debugFilesText(status));
    };
    const starting = engine.startRecording(
      target,
      settings,
      {
        output,
        onProgress: (figures) => {
          if (!stopping) progress.show(progressText(figures, question));
        },
        // The command is the user's: it talks to the terminal as if it had been started there.
        commandStdio: 'inherit',
        ...(options.debuginfod ? { onDebugFiles } : {}),
      },
    );
    const recording = await Promise.race([starting, interrupted]);
    interrupted.catch(() => undefined); // from here on an interrupt stops the recording
    interrupts.onFirst(() => {
      stopping = true;
      progress.show('  finishing… (Ctrl-C again ends at once)');
      void recording.stop();
    });
    if (options.seconds !== undefined) stopAfter(recording, options.seconds);
    const outcome = await recording.finished;
    progress.clear();

    const failure = outcome.failure ?? (outcome.reason === 'targetGone' ? targetFailures.gone() : null);
    if (failure) terminal.errors.write(formatFailure(failure));
    terminal.errors.write(await closing(recording, command[0] ?? ''));
    return failure ? exitCodeOf(failure) : ExitCode.ok;
  } catch (error) {
    progress.clear();
    throw new FailureError(failureOf(error));
  } finally {
    progress.clear();
    await engine.close();
  }
}
