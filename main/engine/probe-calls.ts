// SPDX-License-Identifier: Apache-2.0
/** What a window may ask about single functions, and what it is told of its probes. */
import type { WindowPeer } from '../../ipc/connection.ts';
import type { FunctionList, FunctionQuery, ProbeInfo, ProbeRequest, ProbeTarget, ReadyQuestion, RecordingId, RecordingInfo } from '../../ipc/contract.ts';
import type { Engine } from './engine.ts';
import { FailureError, probeFailures } from './failures.ts';
import { LiveRecording } from './live-recording.ts';
import { probesOf } from './probes/probe-info.ts';
import type { RecordingProbes } from './probes/recording-probes.ts';

/** Figures come with every drain of every probe; nobody reads them that fast. */
const TELL_EVERY_MS = 250;

export class ProbeCalls {
  readonly #engine: Engine;
  #peer: WindowPeer | null = null;
  /** Recordings whose probes the window is told of soon. */
  readonly #due = new Map<RecordingId, NodeJS.Timeout>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  attachWindow(peer: WindowPeer): void {
    this.#peer = peer;
  }

  detachWindow(): void {
    for (const id of [...this.#due.keys()]) this.forget(id);
    this.#peer = null;
  }

  forget(id: RecordingId): void {
    clearTimeout(this.#due.get(id));
    this.#due.delete(id);
  }

  changed(id: RecordingId): void {
    if (!this.#peer || this.#due.has(id)) return;
    this.#due.set(id, setTimeout(() => this.#tell(id), TELL_EVERY_MS).unref());
  }

  functions(query: FunctionQuery): Promise<FunctionList> {
    return this.#engine.catalogue.list(query);
  }

  readyQuestions(): Promise<ReadyQuestion[]> {
    return this.#engine.catalogue.readyQuestions();
  }

  async start(target: ProbeTarget): Promise<RecordingInfo> {
    return (await this.#engine.startProbes(target)).info;
  }

  /** @throws FailureError noSuchRecording */
  async letRun(id: RecordingId): Promise<RecordingInfo> {
    const recording = this.#engine.recording(id);
    if (recording instanceof LiveRecording) await recording.letRun();
    return recording.info;
  }

  attach(id: RecordingId, request: ProbeRequest): Promise<ProbeInfo | null> {
    return this.#live(id).attach(request);
  }

  detach(id: RecordingId, probe: number): void {
    this.#live(id).detach(probe);
  }

  list(id: RecordingId): ProbeInfo[] {
    const recording = this.#engine.recording(id);
    return recording instanceof LiveRecording ? (recording.probes?.infos ?? []) : probesOf(recording.tables);
  }

  /** @throws FailureError probesUnsupported */
  #live(id: RecordingId): RecordingProbes {
    const recording = this.#engine.recording(id);
    const probes = recording instanceof LiveRecording ? recording.probes : null;
    if (!probes) throw new FailureError(probeFailures.unsupported());
    return probes;
  }

  #tell(id: RecordingId): void {
    this.#due.delete(id);
    this.#peer?.emit('probes', { id, probes: this.list(id) });
  }
}
