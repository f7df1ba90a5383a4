// SPDX-License-Identifier: Apache-2.0
/** Those who are told when something changed. One that throws does not keep the others from being told. */
export class Listeners {
  readonly #set = new Set<() => void>();

  /** Returns what removes it. */
  add(listener: () => void): () => void {
    // An object of its own, so that the same function may be added twice.
    const entry = (): void => listener();
    this.#set.add(entry);
    return () => this.#set.delete(entry);
  }

  tell(): void {
    for (const listener of this.#set) {
      try {
        listener();
      } catch (error) {
        console.error('A listener failed:', error);
      }
    }
  }
}
