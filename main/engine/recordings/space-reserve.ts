// SPDX-License-Identifier: Apache-2.0
/**
 * Space kept back on a recording's disk: given free when the disk is full, it is enough to bring the recording to
 * its end. It lies in a file without a name, so that it goes with this process, however that ends.
 */
import { randomFillSync, randomUUID } from 'node:crypto';
import { closeSync, openSync, statfsSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** The log of a live recording is copied back when it has 4 MiB; for a while it may be longer. */
const MOST_BYTES = 6 * 1024 * 1024;
/** Of the free space at most a fourth: the rest is for rows. */
const SHARE = 4;
const PIECE = 256 * 1024;

export class SpaceReserve {
  #descriptor: number | null = null;
  #bytes = 0;

  /** As much as is sensible there, maybe nothing. Never throws. */
  static in(folder: string): SpaceReserve {
    const reserve = new SpaceReserve();
    try {
      const { bavail, bsize } = statfsSync(folder);
      reserve.#take(folder, Math.min(MOST_BYTES, Math.floor((bavail * bsize) / SHARE)));
    } catch {
      // A disk that is full already, or a file system that keeps no file without a name.
    }
    return reserve;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** No less than on a large disk. */
  get isWhole(): boolean {
    return this.#bytes === MOST_BYTES;
  }

  release(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
    this.#bytes = 0;
  }

  #take(folder: string, bytes: number): void {
    const path = join(folder, `.emberscope-reserve-${randomUUID()}`);
    this.#descriptor = openSync(path, 'wx', 0o600);
    unlinkSync(path);
    // Noise: zeros take no space where the file system compresses.
    const noise = randomFillSync(new Uint8Array(Math.min(PIECE, bytes)));
    while (this.#bytes < bytes) this.#bytes += writeSync(this.#descriptor, noise, 0, Math.min(noise.length, bytes - this.#bytes));
  }
}
