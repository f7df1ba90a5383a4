// SPDX-License-Identifier: Apache-2.0
/**
 * Bytes of a helper, cut anywhere, to frames. The helper is not trusted: type and length are checked
 * before anything is kept, at most one payload (1 MiB) is held, and the first bad frame ends the stream.
 */
import { decodePayload } from './wire-payload.ts';
import { probeFixedSizes } from './wire-probe-payload.ts';
import { WireStreamError } from './wire-stream-error.ts';
import type { WireFrame } from './wire-frames.ts';
import {
  WIRE_HEADER_SIZE,
  WIRE_MAX_PAYLOAD,
  wireBytes,
  wireCounts,
  wireCpuTime,
  wireEnd,
  wireGeneration,
  wireHeader,
  wireHello,
  wireKernelSymbols,
  wireLedger,
  wireLossEntry,
  wireMapping,
  wireModule,
  wireNote,
  wireProcess,
  wirePythonCode,
  wireRefused,
  wireStack,
  wireStarted,
  wireTables,
  wireThread,
  WireType,
} from './wire-layout.gen.ts';

/** Bytes of the fixed part of each frame that a helper may send. */
const fixedSizes: ReadonlyMap<number, number> = new Map([
  [WireType.hello, wireHello.size],
  [WireType.started, wireStarted.size],
  [WireType.process, wireProcess.size],
  [WireType.thread, wireThread.size],
  [WireType.generation, wireGeneration.size],
  [WireType.mapping, wireMapping.size],
  [WireType.module, wireModule.size],
  [WireType.bytes, wireBytes.size],
  [WireType.tables, wireTables.size],
  [WireType.kernelSymbols, wireKernelSymbols.size],
  [WireType.pythonCode, wirePythonCode.size],
  [WireType.stack, wireStack.size],
  [WireType.counts, wireCounts.size],
  [WireType.cpuTime, wireCpuTime.size],
  [WireType.loss, wireLossEntry.size],
  [WireType.ledger, wireLedger.size],
  [WireType.note, wireNote.size],
  [WireType.refused, wireRefused.size],
  [WireType.end, wireEnd.size],
  ...probeFixedSizes,
]);

export class WireDecoder {
  readonly #header = new Uint8Array(WIRE_HEADER_SIZE);
  readonly #headerView = new DataView(this.#header.buffer);
  #headerFilled = 0;
  #type = 0;
  #payload: Uint8Array<ArrayBuffer> | null = null;
  #payloadFilled = 0;
  #failed: WireStreamError | null = null;

  /**
   * The frames that `chunk` completes. The chunk is copied, never kept.
   * @throws WireStreamError at the first bad frame, and from then on always.
   */
  *push(chunk: Uint8Array): Generator<WireFrame, void, undefined> {
    if (this.#failed) throw this.#failed;
    try {
      let at = 0;
      while (at < chunk.length || (this.#payload && this.#payloadFilled === this.#payload.length)) {
        if (!this.#payload) {
          at = this.#takeHeader(chunk, at);
          continue;
        }
        const part = chunk.subarray(at, at + this.#payload.length - this.#payloadFilled);
        this.#payload.set(part, this.#payloadFilled);
        this.#payloadFilled += part.length;
        at += part.length;
        if (this.#payloadFilled < this.#payload.length) return;
        const payload = this.#payload;
        this.#payload = null;
        this.#headerFilled = 0;
        yield decodePayload(this.#type, payload);
      }
    } catch (error) {
      if (error instanceof WireStreamError) this.#failed = error;
      throw error;
    }
  }

  /** Call when the stream has ended. @throws WireStreamError when it ended within a frame. */
  finish(): void {
    if (this.#failed) throw this.#failed;
    if (this.#payload || this.#headerFilled > 0) {
      throw (this.#failed = new WireStreamError('cut', 'the stream ended within a frame'));
    }
  }

  #takeHeader(chunk: Uint8Array, at: number): number {
    const part = chunk.subarray(at, at + WIRE_HEADER_SIZE - this.#headerFilled);
    this.#header.set(part, this.#headerFilled);
    this.#headerFilled += part.length;
    if (this.#headerFilled < WIRE_HEADER_SIZE) return at + part.length;
    const length = this.#headerView.getUint32(wireHeader.length, true);
    this.#type = this.#headerView.getUint16(wireHeader.type, true);
    const fixed = fixedSizes.get(this.#type);
    if (fixed === undefined) throw new WireStreamError('unknownType', `a frame of the unknown type ${this.#type}`);
    if (length > WIRE_MAX_PAYLOAD) throw new WireStreamError('tooLong', `a frame of ${length} bytes`);
    if (length < fixed) throw new WireStreamError('tooShort', `a frame of type ${this.#type} with only ${length} bytes`);
    if (this.#headerView.getUint16(wireHeader.zero, true) !== 0) {
      throw new WireStreamError('malformed', 'a frame header whose reserved field is not zero');
    }
    this.#payload = new Uint8Array(length);
    this.#payloadFilled = 0;
    return at + part.length;
  }
}
