// SPDX-License-Identifier: Apache-2.0
/** A helper under a test's control: says what it is told to, and ends when asked as the real one does. */
import type { HelperStream, StreamExit } from '../helper-stream.ts';
import { places } from '../places.ts';
import { EndReason, ProbeReason, ProbeState, WIRE_HEADER_SIZE, wireDetach, wireProbe, WireType } from '../wire-layout.gen.ts';
import { StreamBuilder } from './stream-builder.ts';

export class FakeHelper {
  readonly stream: HelperStream;
  /** Types of the frames that came. */
  readonly received: number[] = [];
  #chunks: (Uint8Array | null)[] = [];
  #wake = Promise.withResolvers<undefined>();
  readonly #exited = Promise.withResolvers<StreamExit>();

  constructor() {
    this.stream = {
      output: this.#read(),
      send: (bytes) => this.#take(new DataView(bytes.buffer, bytes.byteOffset).getUint16(4, true), bytes.slice(WIRE_HEADER_SIZE)),
      closeInput: () => this.exit({}),
      kill: () => this.exit({ signal: 'SIGKILL', code: null }),
      exited: this.#exited.promise,
    };
    this.say(new StreamBuilder().hello(places().version));
  }

  say(builder: StreamBuilder): void {
    this.#push(builder.bytes());
  }

  exit(how: Partial<StreamExit>): void {
    this.#exited.resolve({ code: 0, signal: null, stderr: '', startError: '', ...how });
    this.#push(null);
  }

  /** Called when a START came; by default sampling of process 10 begins. */
  onStart = (): void => {
    const mappings = new StreamBuilder().process(10, 'app').generation(10, 1);
    this.say(mappings.mapping(10, 1, 0x400000n, 0x500000n, '/nonexistent/app', { buildId: Uint8Array.of(7), buildIdLength: 1 }).started());
  };

  /** Called when a PROBE came, with its number and names; by default it is attached by a uprobe. */
  onProbe = (probe: number, names: string[]): void => {
    this.say(new StreamBuilder().probeState(probe, { functions: names.length }));
  };

  #take(type: number, payload: Uint8Array): void {
    this.received.push(type);
    if (type === WireType.start) this.onStart();
    if (type === WireType.probe) {
      const view = new DataView(payload.buffer);
      const names = Buffer.from(payload.subarray(wireProbe.size)).toString('latin1').split('\0').slice(0, -1);
      this.onProbe(view.getUint32(wireProbe.probe, true), names);
    }
    if (type === WireType.detach) {
      const probe = new DataView(payload.buffer).getUint32(wireDetach.probe, true);
      this.say(new StreamBuilder().probeState(probe, { state: ProbeState.detached, reason: ProbeReason.asked }));
    }
    if (type === WireType.stop) this.say(new StreamBuilder().end(EndReason.asked));
  }

  #push(chunk: Uint8Array | null): void {
    this.#chunks.push(chunk);
    this.#wake.resolve(undefined);
  }

  async *#read(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      await this.#wake.promise;
      this.#wake = Promise.withResolvers<undefined>();
      for (const chunk of this.#chunks.splice(0)) {
        if (chunk === null) return;
        yield chunk;
      }
    }
  }
}
