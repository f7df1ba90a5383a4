// SPDX-License-Identifier: Apache-2.0
/** Opens files as recordings: where they lie, of the scratch folder, and made of another tool's. */
import type { Failure, RecordingId } from '../../ipc/contract.ts';
import { failureOf } from './failures.ts';
import { FileRecording, type OpenOptions } from './file-recording.ts';
import { importInThread } from './recordings/importing.ts';
import type { Scratch } from './recordings/scratch.ts';

export interface OpenSurroundings {
  scratch: Scratch;
  nextId: () => RecordingId;
  hold: (recording: FileRecording) => void;
}

/** Leftovers of crashed sessions that are opened for the first window, and their size: the rest waits in the folder. */
const MAX_LEFT = 5;
const MAX_LEFT_BYTES = 256 * 2 ** 20;

export class Opening {
  readonly #around: OpenSurroundings;
  /** Files that are being read where they lie, by path: two windows get the same recording. */
  readonly #opening = new Map<string, Promise<FileRecording>>();
  /** Aborted when the engine closes. */
  readonly #stopping = new AbortController();
  #recovered = false;

  constructor(around: OpenSurroundings) {
    this.#around = around;
  }

  /** @throws FailureError */
  async open(path: string, options: OpenOptions = {}): Promise<FileRecording> {
    const signal = options.signal ? AbortSignal.any([options.signal, this.#stopping.signal]) : this.#stopping.signal;
    const recording = await FileRecording.open(this.#around.nextId(), path, { ...options, signal });
    this.#around.hold(recording);
    return recording;
  }

  /** A file of the scratch folder, which goes when the recording is closed unsaved. @throws FailureError */
  openScratch(path: string, title: string | null, cancel?: AbortSignal): Promise<FileRecording> {
    return this.open(path, { title, saved: false, ...(cancel ? { signal: cancel } : {}) });
  }

  /** Once for all who ask at a time. @param path absolute. @throws FailureError */
  openShared(path: string, cancel?: AbortSignal): Promise<FileRecording> {
    let opening = this.#opening.get(path);
    if (opening === undefined) {
      opening = this.open(path, cancel ? { signal: cancel } : {}).finally(() => this.#opening.delete(path));
      this.#opening.set(path, opening);
    }
    return opening;
  }

  /** Makes a recording in the scratch folder of another tool's file, and opens it. @throws FailureError */
  async importUpload(path: string, fileName: string, cancel: AbortSignal, onProgress: (doneBytes: number, totalBytes: number) => void): Promise<FileRecording> {
    const { scratch } = this.#around;
    const output = scratch.newPath();
    await importInThread(path, output, { fileName, onProgress, signal: AbortSignal.any([cancel, this.#stopping.signal]) });
    try {
      return await this.openScratch(output, null, cancel);
    } catch (error) {
      scratch.remove(output);
      throw error;
    }
  }

  /** Opens what a crash left, once there is a window to offer it; one after the other, as they are read. */
  async recoverOnce(): Promise<void> {
    if (this.#recovered) return;
    this.#recovered = true;
    for (const path of this.#around.scratch.crashed(MAX_LEFT, MAX_LEFT_BYTES)) {
      try {
        await this.open(path, { saved: false, isLeft: true });
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        const failure: Failure = failureOf(error);
        console.error(`A recording of an earlier session could not be opened: ${failure.message}`);
      }
    }
  }

  /** Nothing is opened any more. */
  stop(): void {
    this.#stopping.abort();
  }
}
