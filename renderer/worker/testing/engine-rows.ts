// SPDX-License-Identifier: Apache-2.0
/** For tests only: a recording that grows, and the `rows` events that an engine would send of it. */
import type { Events, RecordingInfo } from '../../../ipc/contract.ts';
import { ProfileWriter } from '../../../profile/testing.ts';
import { createTables, rowCounts, segmentsSince } from '../../../profile/tables.ts';

export const figures: Events['rows']['figures'] = {
  durationNs: 1e9,
  ledger: { fired: 10, notOurs: 0, stored: 10, lost: 0 },
  overhead: { bpfNs: 1000, helperCpuNs: 1000 },
};

export const info: RecordingInfo = {
  id: 1,
  target: 'program 1',
  question: 'on-cpu',
  frequencyHz: 50,
  startedAt: 1.7e12,
  host: 'here',
  kernel: '6.1.0',
  cpus: 2,
  settings: { frequency: 50, children: true, kernelStacks: true },
  state: { kind: 'live' },
  savedAs: null,
};

export class GrowingRecording extends ProfileWriter {
  #sent = rowCounts(createTables());

  /** Everything since the last event. */
  rows(sliceEnd = 1): Events['rows'] {
    const segments = segmentsSince(this.tables, this.#sent);
    this.#sent = rowCounts(this.tables);
    return { id: 1, segments, sliceEnd, figures };
  }

  /** As for a window that subscribes anew. */
  fromTheBeginning(): void {
    this.#sent = rowCounts(createTables());
  }

  /** Samples of a stack, frames by name, outermost first; "x+0x10" stays unnamed. */
  samples(stack: string, weight = 1, slice = 0, thread = this.thread(1, 'main')): void {
    this.sample(this.stack(stack.split(';').map((name) => this.#frame(name))), weight, slice, thread);
  }

  /** The frame written so, for naming it late. */
  frameOf(name: string): number {
    return this.#frame(name);
  }

  readonly #frames = new Map<string, number>();
  #offset = 0;

  #frame(name: string): number {
    let frame = this.#frames.get(name);
    if (frame === undefined) {
      const [, path, offset] = /^(.+)\+0x([0-9a-f]+)$/.exec(name) ?? [];
      const module = this.module(`/lib/${path ?? 'program'}`);
      frame = this.frame(module, offset === undefined ? 0x10_0000 + (this.#offset += 16) : parseInt(offset, 16));
      this.#frames.set(name, frame);
      if (path === undefined) this.symbol(frame, name, 0, module);
    }
    return frame;
  }
}
