// SPDX-License-Identifier: Apache-2.0
/** What `latency` and `trace` share: a recording of probes, from its start to how it ended. */
import type { Failure, ProbeInfo, ProbeRequest } from '../../ipc/contract.ts';
import { FailureError, failureOf, targetFailures } from '../engine/failures.ts';
import type { EngineApi, ProbeRecording } from '../engine/recording-api.ts';
import { ExitCode, exitCodeOf } from './exit-code.ts';
import type { Interrupts } from './interrupt.ts';
import { findProbeTarget, type ProbeTargetName } from './probe-target.ts';
import { stopAfter } from './record.ts';
import type { InterruptibleSurroundings } from './surroundings.ts';
import { formatFailure, printable } from './terminal.ts';
import { checkOutput, startTicks } from './values.ts';

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
}

export interface Probing {
  recording: ProbeRecording;
  /** Those that were attached, as they were then. */
  attached: ProbeInfo[];
}

export interface ProbingSteps {
  /** What to ask of each target. */
  request: (target: ProbeTargetName, engine: EngineApi) => ProbeRequest | Promise<ProbeRequest>;
  /** All are attached. */
  begun: (probing: Probing) => void;
  /** After each drain. */
  drained: () => void;
  /** The recording is complete. */
  ended: (probing: Probing) => void;
}

/** Runs until it is interrupted, its time is over, or the processes have ended. @throws FailureError */
export async function runProbes(names: readonly string[], options: ProbingOptions, around: InterruptibleSurroundings, steps: ProbingSteps): Promise<ExitCode> {
  const { terminal, interrupts } = around;
  const output = options.output === undefined ? undefined : checkOutput(options.output, options.force ?? false);
  const tgids = options.pid ?? [];
  const processes = tgids.map((tgid) => ({ tgid, startTicks: startTicks(tgid) }));
  const engine = await around.openEngine();
  try {
    const requests: ProbeRequest[] = [];
    for (const name of names) {
      const target = await findProbeTarget(name, tgids, engine);
      requests.push({ ...(await steps.request(target, engine)), ...(options.most === undefined ? {} : { most: options.most }), ...(options.budget === undefined ? {} : { budget: options.budget }), ...(options.cgroup === undefined ? {} : { cgroup: options.cgroup }) });
    }
    const started = engine.startProbes(processes.length > 0 ? { kind: 'processes', processes } : { kind: 'system' }, {
      ...(output === undefined ? {} : { output }),
      onProgress: () => steps.drained(),
    });
    const recording = await interruptible(started, interrupts);
    interrupts.onFirst(() => void recording.stop());
    const infos: ProbeInfo[] = [];
    for (const request of requests) infos.push(await attach(recording, request));
    const attached = infos.filter(({ state }) => state !== 'refused');
    for (const { title, state, why } of infos) {
      if (why !== '') terminal.errors.write(printable(`${title}${state === 'refused' ? ' was not attached' : ''}: ${why}\n`));
    }
    if (attached.length === 0) {
      await recording.stop();
      await engine.closeRecording(recording.info.id);
      return ExitCode.failure;
    }
    const probing = { recording, attached };
    steps.begun(probing);
    if (options.seconds !== undefined) stopAfter(recording, options.seconds);
    const exhausted = whenAllGone(probing, () => void recording.stop());
    const outcome = await recording.finished;
    steps.ended(probing);
    const failure: Failure | null = outcome.failure ?? (outcome.reason === 'targetGone' ? targetFailures.gone() : null);
    if (failure) terminal.errors.write(formatFailure(failure));
    if (output !== undefined) terminal.errors.write(printable(`recording   ${recording.path}\n`));
    await engine.closeRecording(recording.info.id);
    if (failure) return exitCodeOf(failure);
    return exhausted() ? ExitCode.failure : ExitCode.ok;
  } finally {
    await engine.close();
  }
}

/** Nothing more comes when each was detached for its cost, or its file is gone. @returns whether it came to that */
function whenAllGone({ recording, attached }: Probing, end: () => void): () => boolean {
  const rows = new Set(attached.map(({ probe }) => probe));
  let gone = false;
  const forget = recording.probes!.subscribe(() => {
    gone = recording.info.state.kind === 'live' && recording.probes!.infos.every(({ probe, state, why }) => !rows.has(probe) || (state === 'detached' && why !== ''));
    if (!gone) return;
    forget();
    end();
  });
  return () => gone;
}

/** @throws FailureError: then the recording is over */
async function attach(recording: ProbeRecording, request: ProbeRequest): Promise<ProbeInfo> {
  try {
    return await recording.probes!.attach(request);
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
    ...said(figures.dropped, 'events dropped: they came faster than they could be taken'),
  ];
}
