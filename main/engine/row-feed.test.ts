// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Events, RecordingFigures, RecordingInfo } from '../../ipc/contract.ts';
import { appendSegments, createTables, rowCounts, segmentsSince, type Tables } from '../../profile/tables.ts';
import { worded } from '../../profile/testing.ts';
import { NONE } from '../../profile/units.ts';
import { StringInterner } from './interner.ts';
import type { Recording } from './recording-api.ts';
import { firstUnsoundRow } from './recordings/row-check.ts';
import { RowFeed } from './row-feed.ts';

const figures: RecordingFigures = {
  durationNs: 0,
  ledger: { fired: 0, notOurs: 0, stored: 0, lost: 0 },
  overhead: { bpfNs: 0, helperCpuNs: 0 },
};

class GrowingRecording implements Recording {
  readonly tables: Tables = createTables();
  readonly info = { id: 3 } as RecordingInfo;
  readonly figures = figures;
  sliceEnd = 0;

  readonly isFromHere = true;
  nameSource(): string {
    return '';
  }
  async whyUnnamed(): Promise<string> {
    return '';
  }

  subscribe(): () => void {
    return () => undefined;
  }

  /** A drain that touches every kind of table. */
  drain(samples: number): void {
    const { tables, sliceEnd } = this;
    const name = StringInterner.of(tables).index(`name ${sliceEnd}`);
    const module = tables.modules.append({ path: name, buildId: 0, kind: 0 });
    const process = tables.processes.append({ tgid: sliceEnd, parent: NONE, name, start: 0 });
    const thread = tables.threads.append({ process, tid: sliceEnd, name });
    const frame = tables.frames.append({ module, offset: sliceEnd, category: 0 });
    const stack = tables.stacks.append({ prefix: tables.stacks.length - 1, frame, end: 0 });
    for (let i = 0; i < samples; i++) tables.samples.append({ slice: sliceEnd, thread, stack, kind: 0, weight: 1 });
    this.sliceEnd++;
  }
}

/** A window that takes `take` events, then is full until it is asked to take more. */
class SlowPeer {
  left = 0;
  readonly replica = createTables();
  sliceEnd = 0;
  readonly sizes: number[] = [];

  get writable(): boolean {
    return this.left > 0;
  }

  emit(_: 'rows', { segments, sliceEnd }: Events['rows']): void {
    this.left--;
    appendSegments(this.replica, segments);
    this.sizes.push(segments.reduce((sum, { length }) => sum + length, 0));
    // No row may point to one that has not come, and no slice be called complete before its rows are there.
    expect(firstUnsoundRow(this.replica)).toBeNull();
    expect(sliceEnd).toBeGreaterThanOrEqual(this.sliceEnd);
    expect(this.replica.threads.length).toBeGreaterThanOrEqual(sliceEnd);
    this.sliceEnd = sliceEnd;
  }
}

const rows = (tables: Tables): unknown => segmentsSince(tables, rowCounts(createTables()));

describe('RowFeed', () => {
  it('gives a window all rows in a sound order, whatever its pace', () => {
    const steps = fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 40 })), { maxLength: 15 });
    fc.assert(
      fc.property(steps, (list) => {
        const recording = new GrowingRecording();
        const peer = new SlowPeer();
        const feed = new RowFeed(recording, peer);
        for (const [take, samples] of list) {
          recording.drain(samples);
          peer.left += take;
          feed.changed();
        }
        peer.left = 1000;
        feed.changed();
        expect(rows(peer.replica)).toEqual(rows(recording.tables));
        expect(peer.sliceEnd).toBe(recording.sliceEnd);
      }),
      { numRuns: 60 },
    );
  });

  it('cuts a long recording into pieces, and sends the pieces only as they are taken', () => {
    const recording = new GrowingRecording();
    for (let i = 0; i < 20; i++) recording.drain(20_000);
    const peer = new SlowPeer();
    const feed = new RowFeed(recording, peer);
    feed.changed();
    expect(peer.sizes).toEqual([]);
    peer.left = 2;
    feed.pump();
    expect(peer.sizes).toHaveLength(2);
    expect(peer.sliceEnd).toBe(0);
    peer.left = 1000;
    feed.pump();
    expect(Math.max(...peer.sizes)).toBeLessThanOrEqual(65_536);
    expect(peer.sliceEnd).toBe(20);
    expect(rows(peer.replica)).toEqual(rows(recording.tables));
    const sent = peer.sizes.length;
    feed.pump();
    expect(peer.sizes).toHaveLength(sent);
  });

  it('sends of events only the newest, and says which they are', () => {
    const recording = new GrowingRecording();
    const sent: [start: number, length: number][] = [];
    const range = (): number[] => [sent[0]![0], sent.reduce((sum, [, length]) => sum + length, 0)];
    const peer = { writable: true, emit: (_: 'rows', { segments }: Events['rows']) => void segments.filter(({ table }) => table === 'events').forEach(({ start, length }) => sent.push([start, length])) };
    const feed = new RowFeed(recording, peer);
    const events = recording.tables.events;
    for (let event = 0; event < 300_000; event++) events.append(worded(''));
    events.forget(10_000);
    feed.changed();
    expect(range()).toEqual([300_000 - 262_144, 262_144]);
    sent.length = 0;
    for (let event = 0; event < 30_000; event++) events.append(worded(''));
    feed.changed();
    expect(range()).toEqual([330_000 - 16_384, 16_384]);
    sent.length = 0;
    for (let event = 0; event < 100; event++) events.append(worded(''));
    events.forget(330_050);
    feed.changed();
    expect(range()).toEqual([330_050, 50]);
  });

  it('puts what piled up for a slow window into one event', () => {
    const recording = new GrowingRecording();
    const peer = new SlowPeer();
    const feed = new RowFeed(recording, peer);
    for (let i = 0; i < 30; i++) {
      recording.drain(5);
      feed.changed();
    }
    peer.left = 10;
    feed.pump();
    // A drain: a row each of strings, modules, processes, threads, frames and stacks, and five samples.
    expect(peer.sizes).toEqual([30 * 11]);
  });
});
