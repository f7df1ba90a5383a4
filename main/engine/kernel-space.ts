// SPDX-License-Identifier: Apache-2.0
/** Kernel addresses to (module, offset from its base), so that recordings compare across boots. */
import type { KernelSymbolsFrame } from './wire-frames.ts';
import { WireStreamError } from './wire-stream-error.ts';

export interface KernelModule {
  readonly name: string;
  readonly base: bigint;
  end: bigint;
  offsets: Uint32Array;
  names: string[];
  /** Symbols came that nobody took yet. */
  fresh: boolean;
}

/** More symbols are not kept; kernels have some 120,000 to 250,000. */
const MAX_SYMBOLS = 4_000_000;

export class KernelSpace {
  readonly #byName = new Map<string, KernelModule>();
  #sorted: KernelModule[] = [];
  #symbols = 0;

  /** Takes a part of a module's symbols. */
  add(frame: KernelSymbolsFrame): void {
    if ((this.#symbols += frame.names.length) > MAX_SYMBOLS) return;
    const known = this.#byName.get(frame.module);
    // A module that was unloaded and loaded elsewhere begins anew.
    if (!known || known.base !== frame.base) {
      this.#byName.set(frame.module, {
        name: frame.module,
        base: frame.base,
        end: frame.end,
        offsets: frame.offsets,
        names: frame.names,
        fresh: true,
      });
      this.#sorted = [...this.#byName.values()].sort((a, b) => (a.base < b.base ? -1 : a.base > b.base ? 1 : 0));
      return;
    }
    if (known.offsets.length > 0 && frame.offsets.length > 0 && frame.offsets[0]! < known.offsets.at(-1)!) {
      throw new WireStreamError('malformed', 'kernel symbols that are not sorted');
    }
    const offsets = new Uint32Array(known.offsets.length + frame.offsets.length);
    offsets.set(known.offsets);
    offsets.set(frame.offsets, known.offsets.length);
    known.offsets = offsets;
    for (const name of frame.names) known.names.push(name);
    if (frame.end > known.end) known.end = frame.end;
    known.fresh = true;
  }

  find(address: bigint): KernelModule | null {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sorted[middle]!.base <= address) low = middle + 1;
      else high = middle;
    }
    const module = this.#sorted[low - 1];
    return module && address < module.end ? module : null;
  }

  /** Empty: no symbol is known there. */
  nameAt(address: bigint): string {
    const module = this.find(address);
    if (!module) return '';
    const offset = Number(address - module.base);
    let low = 0;
    let high = module.offsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (module.offsets[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    return module.names[low - 1] ?? '';
  }
}
