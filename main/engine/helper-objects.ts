// SPDX-License-Identifier: Apache-2.0
/**
 * Files that we may not open, read through the helper: of a container, of another user, or deleted. Their bytes come in
 * pieces into a file of our own; whoever reads it checks its build id.
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { encodeRead } from './wire-encoder.ts';
import type { BytesFrame } from './wire-frames.ts';
import { WIRE_READ_MAX } from './wire-layout.gen.ts';

/** Of one file, and of all of a session. libLLVM has 110 MB. */
const MAX_FILE_BYTES = 512 * 2 ** 20;
const MAX_BYTES = 2 ** 30;
/** A helper that is busy sends EAGAIN. */
const EAGAIN = 11;
const RETRY_MS = 50;
const RETRIES = 100;
const ANSWER_MS = 10_000;

export class HelperObjects {
  readonly #send: (bytes: Uint8Array) => void;
  /** Module -> who waits for its next bytes. */
  readonly #waiting = new Map<number, (frame: BytesFrame | null) => void>();
  readonly #files = new Map<number, Promise<string | null>>();
  #folder = '';
  #bytes = 0;
  #closed = false;

  constructor(send: (bytes: Uint8Array) => void) {
    this.#send = send;
  }

  take(frame: BytesFrame): void {
    this.#waiting.get(frame.module)?.(frame);
  }

  /** A file of our own with the bytes of the module's, until `close`; null: the helper may not read it either. */
  fetch(module: number): Promise<string | null> {
    let file = this.#files.get(module);
    if (!file) this.#files.set(module, (file = this.#copy(module).catch(() => null)));
    return file;
  }

  close(): void {
    this.#closed = true;
    for (const take of this.#waiting.values()) take(null);
    if (this.#folder !== '') rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = '';
  }

  async #copy(module: number): Promise<string | null> {
    const first = await this.#read(module, 0);
    if (!first || first.fileSize > MAX_FILE_BYTES || this.#bytes + first.fileSize > MAX_BYTES || this.#closed) return null;
    this.#bytes += first.fileSize;
    if (this.#folder === '') this.#folder = mkdtempSync(join(tmpdir(), 'emberscope-objects-'));
    const path = join(this.#folder, String(module));
    const file = openSync(path, 'wx', 0o600);
    try {
      for (let part: BytesFrame | null = first, offset = 0; ; part = await this.#read(module, offset)) {
        // A file that changes its size meanwhile is not the one that runs.
        if (!part || part.fileSize !== first.fileSize || this.#closed) return null;
        writeSync(file, part.bytes, 0, part.bytes.length, offset);
        offset += part.bytes.length;
        if (offset >= first.fileSize) return path;
        if (part.bytes.length === 0) return null;
      }
    } finally {
      closeSync(file);
    }
  }

  async #read(module: number, offset: number): Promise<BytesFrame | null> {
    for (let attempt = 0; attempt < RETRIES && !this.#closed; attempt++) {
      const answer = await this.#ask(module, offset);
      if (answer?.error !== EAGAIN) return answer && answer.error === 0 && answer.offset === offset ? answer : null;
      await wait(RETRY_MS);
    }
    return null;
  }

  async #ask(module: number, offset: number): Promise<BytesFrame | null> {
    const answer = Promise.withResolvers<BytesFrame | null>();
    const timer = setTimeout(() => answer.resolve(null), ANSWER_MS);
    this.#waiting.set(module, answer.resolve);
    this.#send(encodeRead(module, offset, WIRE_READ_MAX));
    try {
      return await answer.promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(module);
    }
  }
}
