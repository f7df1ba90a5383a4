// SPDX-License-Identifier: Apache-2.0
/**
 * The rows of one recording on their way to one window: all from the beginning, then what is new. Nothing is
 * cut while the window is behind, so a slow window gets fewer and larger pieces, and no row is held twice. But of events,
 * which may be hundreds of thousands a second, only the newest go there: the file has all.
 */
import type { Events } from '../../ipc/contract.ts';
import { rowBatches } from '../../ipc/row-batches.ts';
import { tableNames } from '../../profile/schema.ts';
import { createTables, rowCounts, type RowCounts, type Segment } from '../../profile/tables.ts';
import type { Recording } from './recording-api.ts';
import { KEPT_EVENTS } from './row-limits.ts';

/** Rows copied out of a table at once: bounds what a catch-up holds beside the tables. */
const ROWS_AT_ONCE = 65_536;
/** In each further round, of which there are ten a second: more than 150,000 a second nobody follows. */
const EVENTS_AT_ONCE = 16_384;

export interface FeedPeer {
  readonly writable: boolean;
  emit(name: 'rows', payload: Events['rows']): void;
}

export class RowFeed {
  readonly #recording: Recording;
  readonly #peer: FeedPeer;
  #sent: RowCounts = rowCounts(createTables());
  #sliceEnd = 0;
  #round: Generator<Events['rows']> | null = null;
  #due = true;

  constructor(recording: Recording, peer: FeedPeer) {
    this.#recording = recording;
    this.#peer = peer;
  }

  /** There may be something new. */
  changed(): void {
    this.#due = true;
    this.pump();
  }

  /** Sends until the window is full or has everything. */
  pump(): void {
    while (this.#peer.writable) {
      if (!this.#round) {
        if (!this.#due) return;
        this.#due = false;
        this.#round = this.#batches();
      }
      const { done, value } = this.#round.next();
      if (done) this.#round = null;
      else this.#peer.emit('rows', value);
    }
  }

  /** Everything up to now, in the order of the schema, so that no row points to one that has not been sent. */
  *#batches(): Generator<Events['rows'], void, undefined> {
    const { id } = this.#recording.info;
    const goal = rowCounts(this.#recording.tables);
    const { sliceEnd, figures } = this.#recording;
    // Held back by one batch: only the last may say that its slices are complete.
    let held: Segment[] = [];
    for (const segments of this.#pieces(goal)) {
      for (const batch of rowBatches(segments)) {
        if (held.length > 0) yield { id, segments: held, sliceEnd: this.#sliceEnd, figures };
        held = batch;
      }
    }
    this.#sliceEnd = sliceEnd;
    yield { id, segments: held, sliceEnd, figures };
  }

  /** Small tables together, large ones in parts. */
  *#pieces(goal: RowCounts): Generator<Segment[], void, undefined> {
    const newest = goal.events - (this.#sent.events === 0 ? KEPT_EVENTS : EVENTS_AT_ONCE);
    this.#sent.events = Math.max(this.#sent.events, newest, Math.min(goal.events, this.#recording.tables.events.first));
    let piece: Segment[] = [];
    let rows = 0;
    for (const name of tableNames) {
      while (this.#sent[name] < goal[name]) {
        // What a slow window has not taken may be forgotten meanwhile.
        const start = Math.max(this.#sent[name], this.#recording.tables[name].first);
        if (start >= goal[name]) {
          this.#sent[name] = goal[name];
          break;
        }
        const end = Math.min(goal[name], start + ROWS_AT_ONCE - rows);
        const segment = this.#recording.tables[name].segment(start, end) as Segment;
        this.#sent[name] = end;
        piece.push(segment);
        rows += segment.length;
        if (rows < ROWS_AT_ONCE) continue;
        yield piece;
        piece = [];
        rows = 0;
      }
    }
    if (piece.length > 0) yield piece;
  }
}
