// SPDX-License-Identifier: Apache-2.0
/**
 * What a connection needs of the thing below it: whole messages, in order, until it closes.
 * Implemented over sockets (socket-transport.ts) and ports (port-transport.ts).
 */
export interface Transport {
  /** The bytes must not be changed afterwards. After closing, they are dropped. */
  send(bytes: Uint8Array<ArrayBuffer>): void;
  /** One listener; messages that came before it was set are kept for it. */
  onMessage(listener: (bytes: Uint8Array) => void): void;
  /** One listener, called once, also when it is set after closing. `reason`: a sentence, or empty when asked. */
  onClose(listener: (reason: string) => void): void;
  /** Closes both sides; the other one is told the reason. May be called again. */
  close(reason?: string): void;
}

/** The part that all transports share: what came before somebody listened, and closing once. */
export class Inbox {
  #waiting: Uint8Array[] = [];
  #listener: ((bytes: Uint8Array) => void) | null = null;
  #closeListener: ((reason: string) => void) | null = null;
  #closed: string | null = null;

  get closed(): boolean {
    return this.#closed !== null;
  }

  push(bytes: Uint8Array): void {
    if (this.closed) return;
    if (this.#listener) this.#listener(bytes);
    else this.#waiting.push(bytes);
  }

  close(reason: string): void {
    if (this.closed) return;
    this.#closed = reason;
    this.#closeListener?.(reason);
  }

  onMessage(listener: (bytes: Uint8Array) => void): void {
    this.#listener = listener;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const bytes of waiting) listener(bytes);
  }

  onClose(listener: (reason: string) => void): void {
    this.#closeListener = listener;
    if (this.#closed !== null) listener(this.#closed);
  }
}
