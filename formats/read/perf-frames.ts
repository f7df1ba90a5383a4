// SPDX-License-Identifier: Apache-2.0
/** Frames of `perf script` to rows: the same text, the same frame. */
import { NONE, type FrameIndex } from '../../profile/units.ts';
import { codePlace } from './code-place.ts';
import type { FrameLine } from './perf-lines.ts';
import { MAX_FRAMES, type ProfileBuilder } from './profile-builder.ts';

/** A line of a stack, with the source line that stands below it where perf was asked for it. */
export interface StackLine extends FrameLine {
  /** "file.c:12"; empty: not there. */
  source: string;
}

/** Texts whose frames are remembered; then it begins anew, and frames may stand twice. */
const MAX_KNOWN = 1_000_000;
/** Addresses of the kernel are kept from here, which leaves them exact. */
const KERNEL_DIGITS = 12;

export class PerfFrames {
  readonly #builder: ProfileBuilder;
  readonly #known = new Map<string, FrameIndex>();

  constructor(builder: ProfileBuilder) {
    this.#builder = builder;
  }

  /** Leaf first. Inlined functions stand before the frame whose code they are in, at the same address.
   * @param lines as they stand in the file */
  frames(lines: readonly StackLine[]): FrameIndex[] {
    const frames: FrameIndex[] = [];
    let first = 0;
    for (let i = 0; i < lines.length && frames.length < MAX_FRAMES; i++) {
      const { isInlined, address } = lines[i]!;
      // What is called inlined and has no other frame around it is one itself.
      if (isInlined && lines[i + 1]?.address === address) continue;
      // A mark of perf's between the kernel's part of a stack and the program's.
      if (address === 'ffffffffffffffff') {
        first = i + 1;
        continue;
      }
      frames.push(this.#frame(lines.slice(first, i + 1)));
      first = i + 1;
    }
    return frames;
  }

  /** @param lines the innermost first */
  #frame(lines: readonly StackLine[]): FrameIndex {
    const key = lines.map(({ address, symbol, module, source }) => `${address} ${symbol} (${module}) ${source}`).join('\n');
    let frame = this.#known.get(key);
    if (frame === undefined) {
      frame = this.#make([...lines].reverse());
      if (this.#known.size >= MAX_KNOWN) this.#known.clear();
      this.#known.set(this.#builder.own(key), frame);
    }
    return frame;
  }

  #make(lines: readonly StackLine[]): FrameIndex {
    const builder = this.#builder;
    const outer = lines[0]!;
    const isKernel = outer.address.length === 16 && outer.address.startsWith('ffff');
    const { module, category } = codePlace(builder, outer.module, { isKernel, isNamed: outer.symbol !== '' });
    const offset = parseInt(isKernel ? outer.address.slice(-KERNEL_DIGITS) : outer.address, 16);
    const frame = builder.frame(module, offset, category);
    lines.forEach(({ symbol, source }, depth) => {
      const place = /^(.+):(\d+)$/.exec(source);
      const row = symbol === '' ? NONE : builder.function(symbol, module);
      if (depth < 256) builder.symbol(frame, depth, row, place?.[1], Number(place?.[2] ?? 0));
    });
    return frame;
  }
}
