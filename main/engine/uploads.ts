// SPDX-License-Identifier: Apache-2.0
/** Files that one window sends piece by piece, or was opened for, until they are recordings. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { Events, NamedFile } from '../../ipc/contract.ts';
import { baseName } from '../../profile/names.ts';
import type { Engine, HeldRecording } from './engine.ts';
import { FailureError, failureOf, fileFailures } from './failures.ts';
import { titleOf } from './recordings/keeping.ts';
import { isDatabase } from './recordings/reader.ts';
import { rethrowAs, writeFailure } from './recordings/storage-error.ts';

const MAX_UPLOAD_BYTES = 16 * 2 ** 30;
const MAX_UPLOADS = 4;

/** A window that says nothing more of its upload has given it up, or is in a tab that the browser put to sleep. */
const UPLOAD_PATIENCE_MS = 120_000;

interface Upload {
  path: string;
  descriptor: number;
  bytes: number;
  /** Ends it when nothing more comes. */
  timer: NodeJS.Timeout;
}

interface CompleteFile {
  path: string;
  /** It lies in the scratch folder, and is opened there, or goes. */
  isCopy: boolean;
}

export class Uploads {
  readonly #engine: Engine;
  readonly #emit: (progress: Events['importing']) => void;
  /** Path of the file that the window was opened for, until the window knows of it. */
  #named: string | null;
  /** By handle, from then on: what need not be sent. */
  readonly #whole = new Map<number, string>();
  readonly #uploads = new Map<number, Upload>();
  /** By handle. */
  readonly #openings = new Map<number, AbortController>();
  #count = 0;

  /** @param named the path of a file that the window was opened for, null: of none. */
  constructor(engine: Engine, named: string | null, emit: (progress: Events['importing']) => void) {
    this.#engine = engine;
    this.#emit = emit;
    this.#named = named;
  }

  /** null: none, or it was told already. */
  tellNamed(): NamedFile | null {
    if (this.#named === null) return null;
    const [path, upload] = [this.#named, ++this.#count];
    this.#named = null;
    this.#whole.set(upload, path);
    return { upload, name: baseName(path) };
  }

  /** @param upload null: of a new one. @returns its handle. @throws FailureError */
  add(upload: number | null, bytes: Uint8Array): number {
    const handle = upload ?? this.#begin();
    const file = this.#uploads.get(handle);
    if (!file) throw new FailureError(fileFailures.noSuchRecording());
    try {
      if (file.bytes + bytes.length > MAX_UPLOAD_BYTES) throw new FailureError(fileFailures.tooLarge('The file', 'more than 16 GiB'));
      for (let at = 0; at < bytes.length; ) at += writeSync(file.descriptor, bytes, at);
      file.bytes += bytes.length;
      file.timer.refresh();
      return handle;
    } catch (error) {
      this.drop(handle);
      return rethrowAs(writeFailure, file.path, error);
    }
  }

  /** A recording is opened, another tool's file is imported. @throws FailureError */
  async open(upload: number, name: string): Promise<HeldRecording> {
    const file = this.#take(upload);
    if (!file) throw new FailureError(fileFailures.noSuchRecording());
    const label = name.slice(0, 200);
    const cancel = new AbortController();
    this.#openings.set(upload, cancel);
    try {
      if (isDatabase(file.path)) {
        if (!file.isCopy) return await this.#engine.openFile(file.path, cancel.signal);
        return await this.#engine.opening.openScratch(file.path, titleOf(label), cancel.signal);
      }
      const onProgress = (doneBytes: number, totalBytes: number): void => this.#emit({ upload, doneBytes, totalBytes });
      const recording = await this.#engine.opening.importUpload(file.path, label, cancel.signal, onProgress);
      this.#discard(file);
      return recording;
    } catch (error) {
      if (!file.isCopy) throw error;
      this.#discard(file);
      // The person knows the file by its name, not by our copy of it.
      const failure = failureOf(error);
      throw new FailureError({ ...failure, message: failure.message.replaceAll(file.path, label) });
    } finally {
      this.#openings.delete(upload);
    }
  }

  /** Gives it up, or its opening; one that is not there is no mistake. */
  drop(upload: number): void {
    this.#openings.get(upload)?.abort();
    const file = this.#take(upload);
    if (file) this.#discard(file);
  }

  dropAll(): void {
    for (const upload of [...this.#uploads.keys(), ...this.#openings.keys()]) this.drop(upload);
  }

  #begin(): number {
    if (this.#uploads.size >= MAX_UPLOADS) throw new FailureError(fileFailures.tooLarge('The file', 'other files are still being taken over'));
    const path = this.#engine.scratch.newPath('.upload');
    try {
      const descriptor = openSync(path, 'wx', 0o600);
      const handle = ++this.#count;
      const timer = setTimeout(() => this.drop(handle), UPLOAD_PATIENCE_MS).unref();
      this.#uploads.set(handle, { path, descriptor, bytes: 0, timer });
    } catch (error) {
      rethrowAs(writeFailure, path, error);
    }
    return this.#count;
  }

  #discard({ path, isCopy }: CompleteFile): void {
    if (isCopy) this.#engine.scratch.remove(path);
  }

  /** Closed, and ours no more. */
  #take(handle: number): CompleteFile | undefined {
    const path = this.#whole.get(handle);
    if (path !== undefined) {
      this.#whole.delete(handle);
      return { path, isCopy: false };
    }
    const file = this.#uploads.get(handle);
    if (!file) return undefined;
    this.#uploads.delete(handle);
    clearTimeout(file.timer);
    closeSync(file.descriptor);
    return { path: file.path, isCopy: true };
  }
}
