// SPDX-License-Identifier: Apache-2.0
/**
 * Flow control from the engine to the window. Neither a WebSocket in a page nor a MessagePort lets the
 * receiver slow its sender down, so the engine keeps at most `windowBytes` on the way that the window has
 * not acknowledged; the rest waits here.
 */
export class SendWindow {
  readonly #send: (bytes: Uint8Array<ArrayBuffer>) => void;
  readonly #windowBytes: number;
  #queue: { bytes: Uint8Array<ArrayBuffer>; replaces: string | null }[] = [];
  #unacknowledged = 0;
  #queued = 0;

  constructor(windowBytes: number, send: (bytes: Uint8Array<ArrayBuffer>) => void) {
    this.#windowBytes = windowBytes;
    this.#send = send;
  }

  /** The next message leaves at once. */
  get writable(): boolean {
    return this.#queue.length === 0 && this.#unacknowledged < this.#windowBytes;
  }

  get queuedBytes(): number {
    return this.#queued;
  }

  /**
   * Sends now or later, in order. A message is sent whole once the window is not full, so up to one message
   * more than `windowBytes` is on the way.
   * @param replaces messages still waiting under the same key are dropped: only the newest matters.
   */
  send(bytes: Uint8Array<ArrayBuffer>, replaces: string | null = null): void {
    if (this.writable) {
      this.#sendNow(bytes);
      return;
    }
    if (replaces !== null) {
      this.#queue = this.#queue.filter((waiting) => waiting.replaces !== replaces || !this.#drop(waiting.bytes));
    }
    this.#queue.push({ bytes, replaces });
    this.#queued += bytes.byteLength;
  }

  /** Returns false when more is acknowledged than was sent. */
  acknowledge(bytes: number): boolean {
    if (bytes > this.#unacknowledged) return false;
    this.#unacknowledged -= bytes;
    while (this.#queue.length > 0 && this.#unacknowledged < this.#windowBytes) {
      const { bytes: next } = this.#queue.shift()!;
      this.#queued -= next.byteLength;
      this.#sendNow(next);
    }
    return true;
  }

  clear(): void {
    this.#queue = [];
    this.#queued = 0;
  }

  #sendNow(bytes: Uint8Array<ArrayBuffer>): void {
    this.#unacknowledged += bytes.byteLength;
    this.#send(bytes);
  }

  #drop(bytes: Uint8Array): true {
    this.#queued -= bytes.byteLength;
    return true;
  }
}

/** The window acknowledges when this much has come; a window of the engine must be well above it. */
export const ACKNOWLEDGE_BYTES = 64 * 1024;

/** The window's side: counts what was taken, and says when to tell. */
export class Receipts {
  #pending = 0;

  /** Bytes to acknowledge now, 0: not yet. */
  took(bytes: number): number {
    this.#pending += bytes;
    if (this.#pending < ACKNOWLEDGE_BYTES) return 0;
    const due = this.#pending;
    this.#pending = 0;
    return due;
  }
}
