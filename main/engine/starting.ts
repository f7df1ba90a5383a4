// SPDX-License-Identifier: Apache-2.0
/** Begins live recordings: a helper for each, its target prepared, and what has begun handed to the engine. */
import { resolve } from 'node:path';
import type { Failure, ProbeTarget, RecordingId, SamplingSettings, TargetRequest } from '../../ipc/contract.ts';
import { FailureError, fileFailures, targetFailures } from './failures.ts';
import { HelperSession } from './helper-session.ts';
import type { HelperStarter } from './helper-starter.ts';
import type { HelperStream } from './helper-stream.ts';
import { LiveRecording, takesProbes, type LiveSurroundings } from './live-recording.ts';
import { askForMemory } from './probes/memory-question.ts';
import { checkSettings, checkTarget, prepareTarget, type PreparedTarget } from './processes/target.ts';
import type { StartOptions } from './recording-api.ts';
import { checkOutput, freeOutput } from './recordings/output.ts';
import type { Scratch } from './recordings/scratch.ts';

export interface StartSurroundings extends Omit<LiveSurroundings, 'id' | 'replay' | 'choosePath'> {
  helpers: HelperStarter;
  scratch: Scratch;
  nextId: () => RecordingId;
  /** Sampling runs. */
  begun: (recording: LiveRecording) => void;
  /** What it was begun for cannot be. */
  close: (id: RecordingId) => Promise<void>;
}

/** What a recording of probes samples: nothing. */
const PROBES: SamplingSettings = { question: 'probes', frequency: 99, children: true, kernelStacks: true };

export class Starting {
  readonly #around: StartSurroundings;
  /** Sessions whose sampling has not begun. */
  readonly #sessions = new Set<HelperSession>();
  #isStopped = false;

  constructor(around: StartSurroundings) {
    this.#around = around;
  }

  /** @throws FailureError */
  async start(target: TargetRequest, settings: SamplingSettings, options: StartOptions): Promise<LiveRecording> {
    checkSettings(settings);
    checkTarget(target);
    if (options.output !== undefined) checkOutput(resolve(options.output));
    const session = await this.#openHelper(takesProbes(settings) ? 'trace' : 'profile');
    const prepared = await prepareTarget(target, options.commandStdio).catch((error: unknown) => {
      session.abandon();
      throw error;
    });
    const recording = await this.#begin(session, prepared, settings, options, false);
    if (settings.question !== 'memory') return recording;
    await askForMemory(recording).catch(async (error: unknown) => {
      await this.#around.close(recording.info.id);
      throw error;
    });
    await recording.letRun();
    return recording;
  }

  /** @throws FailureError */
  startProbes(target: Exclude<ProbeTarget, { kind: 'recording' }>, options: StartOptions): Promise<LiveRecording> {
    return this.start(target, PROBES, options);
  }

  /** A recording of probes of what another one looks at. @throws FailureError */
  async startProbesBeside(other: LiveRecording, options: StartOptions): Promise<LiveRecording> {
    const { title, system, processes, cgroup, request } = other.target;
    const session = await this.#openHelper('trace');
    return this.#begin(session, { title, system, processes, cgroup, command: null, ownCommand: false, request }, PROBES, options, false);
  }

  /** @throws FailureError */
  async replay(stream: HelperStream, options: StartOptions): Promise<LiveRecording> {
    if (options.output !== undefined) checkOutput(resolve(options.output));
    const explain = (): Failure => fileFailures.notReadable('The stream', 'it holds no hello');
    const session = await HelperSession.open(stream, { version: null, helloTimeout: 0, explain });
    const target = { title: 'replay', system: true, processes: [], cgroup: 0n, command: null, ownCommand: false, request: null };
    return this.#begin(session, target, { frequency: 99, children: true, kernelStacks: true }, options, true);
  }

  /** Nothing begins any more. */
  stop(): void {
    this.#isStopped = true;
    for (const session of this.#sessions) session.stop();
  }

  /** A password may be asked for meanwhile, and the engine closed. @throws FailureError */
  async #openHelper(mode: Parameters<HelperStarter['open']>[0]): Promise<HelperSession> {
    const session = await this.#around.helpers.open(mode);
    if (!this.#isStopped) return session;
    session.abandon();
    throw new FailureError(targetFailures.interrupted());
  }

  async #begin(session: HelperSession, target: PreparedTarget, settings: SamplingSettings, options: StartOptions, replay: boolean): Promise<LiveRecording> {
    const { scratch, nextId, begun } = this.#around;
    this.#sessions.add(session);
    const recording = await LiveRecording.start(session, target, settings, options, {
      ...this.#around,
      id: nextId(),
      replay,
      choosePath: () => (options.output === undefined ? scratch.newPath() : freeOutput(resolve(options.output))),
    }).finally(() => this.#sessions.delete(session));
    begun(recording);
    return recording;
  }
}
