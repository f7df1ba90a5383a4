// SPDX-License-Identifier: Apache-2.0
/** What `latency` and `trace` share: a recording of probes, from its start to how it ended. */
import type { Failure, ProbeInfo, ProbeRequest, ProbeTarget } from '../../ipc/contract.ts';
import { droppedWords } from '../../ipc/dropped-events.ts';
import { FailureError, failureOf, targetFailures } from '../engine/failures.ts';
import { findCommand } from '../engine/processes/find-command.ts';
import type { EngineApi, ProbeRecording } from '../engine/recording-api.ts';
import { ExitCode, exitCodeOf } from './exit-code.ts';
import type { Interrupts } from './interrupt.ts';
import { findProbeTarget, type ProbeTargetName } from './probe-target.ts';
import { stopAfter } from './record.ts';
import type { InterruptibleSurroundings } from './surroundings.ts';
import { formatFailure, printable } from './terminal.ts';
import { checkOutput, startTicks, usage } from './values.ts';

export interface ProbingOptions {
  pid?: number[];
  seconds?: number;
  /** Of a pattern; more are refused. */
  most?: number;
  /** Percent of one CPU; 0: no limit. */
  budget?: number;
  /** Folder below the root of cgroups. */
  cgroup?: string;
  output?: string;
  force?: boolean;
  json?: boolean;
}

/** What was typed. */
export interface Asked {
  targets: readonly string[];
  /** To be started, with its arguments; empty: none. */
  command: readonly string[];
}

export interface Probing {
  recording: ProbeRecording;
}

/** Those that were, as they are now. */
export function attachedTo({ probes }: ProbeRecording): ProbeInfo[] {
  return probes!.infos.filter(({ state }) => state !== 'refused');
}

export interface ProbingSteps {
  /** What to ask of each target. @param tgids whose files are looked into; none: the whole system */
  request: (target: ProbeTargetName, engine: EngineApi, tgids: readonly number[]) => ProbeRequest | Promise<ProbeRequest>;
  /** All are attached, or wait for their file. */
  begun: (probing: Probing) => void;
  /** After each drain. */
  drained: () => void;
  /** The recording is complete. */
  ended: (probing: Probing) => void;
}

/** @throws FailureError where it is not one kind, or not there */
function targetOf(tgids: readonly number[], command: readonly string[]): ProbeTarget {
  if (command.length > 0) {
    if (tgids.length > 0) throw usage('More than one kind of target was named.', 'Choose one of --pid and -- COMMAND….');
    findCommand(command[0]!, process.cwd()); // before anybody is asked for a password
    return { kind: 'command', command: [...command] };
  }
  return tgids.length > 0 ? { kind: 'processes', processes: tgids.map((tgid) => ({ tgid, startTicks: startTicks(tgid) })) } : { kind: 'system' };
}

/** Runs until it is interrupted, its time is over, or the processes have ended. @throws FailureError */
export async function runProbes({ targets, command }: Asked, options: ProbingOptions, around: InterruptibleSurroundings, steps: ProbingSteps): Promise<ExitCode> {
  const { terminal, interrupts } = around;
  if (targets.length === 0) throw usage('Nothing was named to probe.', 'Name a function, tracepoint, marker or ready question before "--".');
  const output = options.output === undefined ? undefined : checkOutput(options.output, options.force ?? false);
  const target = targetOf(options.pid ?? [], command);
  const engine = await around.openEngine();
  try {
    const requestsOf = async (tgids: readonly number[]): Promise<ProbeRequest[]> => {
      const requests: ProbeRequest[] = [];
      for (const name of targets) requests.push({ ...(await steps.request(await findProbeTarget(name, [...tgids], engine), engine, tgids)), ...limitsOf(options) });
      return requests;
    };
    // The files of a command are known once it is held.
    const early = target.kind === 'command' ? null : await requestsOf(options.pid ?? []);
    const started = engine.startProbes(target, {
      ...(output === undefined ? {} : { output }),
      onProgress: () => steps.drained(),
      // The command is the user's: it talks to the terminal as if it had been started there, but not into our JSON.
      commandStdio: options.json === true ? ['inherit', 2, 2] : 'inherit',
    });
    const recording = await interruptible(started, interrupts);
    interrupts.onFirst(() => void recording.stop());
    const told = new Set<number>();
    const tell = (): void => {
      for (const { probe, title, state, why } of recording.probes!.infos) {
        if (why !== '' && state !== 'detached' && !told.has(probe)) terminal.errors.write(printable(`${title}${state === 'refused' ? ' was not attached' : ''}: ${why}\n`));
        told.add(probe);
      }
    };
    for (const request of early ?? (await requestsOf(recording.probes!.tgids))) await attach(recording, request);
    tell();
    for (const { name, module } of recording.probes!.waiting) {
      terminal.errors.write(printable(`${name} waits: the command is not linked with ${module}. It is attached when that is mapped, and what is called before is not seen.\n`));
    }
    if (attachedTo(recording).length + recording.probes!.waiting.length === 0) {
      await recording.stop();
      await engine.closeRecording(recording.info.id);
      return ExitCode.failure;
    }
    const probing = { recording };
    steps.begun(probing);
    await recording.letRun();
    recording.probes!.subscribe(tell);
    if (options.seconds !== undefined) stopAfter(recording, options.seconds);
    const exhausted = whenAllGone(probing, () => void recording.stop());
    const outcome = await recording.finished;
    steps.ended(probing);
    const failure: Failure | null = outcome.failure ?? (outcome.reason === 'targetGone' ? targetFailures.gone() : null);
    if (failure) terminal.errors.write(formatFailure(failure));
    if (output !== undefined) terminal.errors.write(printable(`recording   ${recording.path}\n`));
    await engine.closeRecording(recording.info.id);
    if (failure) return exitCodeOf(failure);
    return exhausted() || attachedTo(recording).length === 0 ? ExitCode.failure : ExitCode.ok;
  } finally {
    await engine.close();
  }
}

function limitsOf({ most, budget, cgroup }: ProbingOptions): Pick<ProbeRequest, 'most' | 'budget' | 'cgroup'> {
  return { ...(most === undefined ? {} : { most }), ...(budget === undefined ? {} : { budget }), ...(cgroup === undefined ? {} : { cgroup }) };
}

/** Nothing more comes when each was detached for its cost, or its file is gone. @returns whether it came to that */
function whenAllGone({ recording }: Probing, end: () => void): () => boolean {
  let gone = false;
  const forget = recording.probes!.subscribe(() => {
    const isGone = ({ state, why }: ProbeInfo): boolean => state === 'detached' && why !== '';
    gone = recording.info.state.kind === 'live' && recording.probes!.waiting.length === 0 && attachedTo(recording).every(isGone);
    if (!gone) return;
    forget();
    end();
  });
  return () => gone;
}

/** @throws FailureError: then the recording is over */
async function attach(recording: ProbeRecording, request: ProbeRequest): Promise<void> {
  try {
    await recording.probes!.attach(request);
  } catch (error) {
    await recording.stop();
    throw new FailureError(failureOf(error));
  }
}

async function interruptible<T>(starting: Promise<T>, interrupts: Interrupts): Promise<T> {
  const interrupted = new Promise<never>((_, reject) => {
    interrupts.onFirst(() => reject(new FailureError({ code: 'interrupted', message: 'Interrupted before the probes were attached.', remedy: 'Nothing was recorded.' })));
  });
  interrupted.catch(() => undefined); // from here on an interrupt stops the recording
  return Promise.race([starting, interrupted]);
}

/** What was missed, lost or left out, a line each; empty: nothing was. */
export function shortfalls({ title, state, why, figures }: ProbeInfo): string[] {
  const said = (count: number, words: string): string[] => (count > 0 ? [`${title}: ${count.toLocaleString('en')} ${words}`] : []);
  return [
    ...(state === 'detached' && why !== '' ? [`${title}: ${why}`] : []),
    ...said(figures.missed, 'calls whose entry or return was not seen'),
    ...said(figures.recursed, 'calls within calls of themselves, deeper than is kept'),
    ...said(figures.lost, 'measured, but lost for want of room'),
    ...said(figures.dropped, `events dropped: ${droppedWords(figures)}`),
  ];
}
