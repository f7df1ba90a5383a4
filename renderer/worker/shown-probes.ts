// SPDX-License-Identifier: Apache-2.0
/** A recording of probes as the window looks at it: which pictures, tables and events go out, and when. */
import type { RecordingInfo } from '../../ipc/contract.ts';
import { EventWords } from '../../profile/event-words.ts';
import type { Tables } from '../../profile/tables.ts';
import { compilePattern } from '../../profile/pattern.ts';
import { eventRow, eventsText, taskOf } from './event-text.ts';
import type { EventLog, EventList, EventTest } from './event-log.ts';
import { Pace } from './pace.ts';
import { ProbeDetailsMaker } from './probe-details.ts';
import type { ProbeFigures } from './probe-figures.ts';
import type { EventsPage, EventsView, ProbeView } from './probe-protocol.ts';
import type { Post } from './shown-recording.ts';

/** Histograms are watched, as the helper's drains come. */
const PICTURE_MILLISECONDS = 200;
const TABLE_MILLISECONDS = 500;
const EVENTS_MILLISECONDS = 100;
/** Rows of one page; no screen shows more. */
const MOST_PAGE_ROWS = 400;

/** What is needed of the recording's replica. */
export interface ProbeSource {
  readonly recording: number;
  readonly tables: Tables;
  readonly sliceEnd: number;
  readonly buckets: ProbeFigures;
  readonly events: EventLog;
  readonly info: RecordingInfo | null;
}

export class ShownProbes {
  readonly #source: ProbeSource;
  readonly #post: Post;
  readonly #details: ProbeDetailsMaker;
  readonly #words: EventWords;
  readonly #pictures = new Pace(() => this.#sendPictures(), PICTURE_MILLISECONDS);
  readonly #tables = new Pace(() => this.#sendDetails(), TABLE_MILLISECONDS);
  readonly #pages = new Pace(() => this.#sendEvents(), EVENTS_MILLISECONDS);
  #view: ProbeView;
  /** The list stands still, since so many events had come. */
  #still: { list: EventList; kept: number; seen: number } | null = null;
  #error: string | null = null;

  constructor(source: ProbeSource, view: ProbeView, post: Post) {
    this.#source = source;
    this.#post = post;
    this.#view = view;
    this.#details = new ProbeDetailsMaker(source.tables);
    this.#words = new EventWords(source.tables);
    this.#filter(view.events);
    this.#now();
  }

  show(view: ProbeView): void {
    const before = this.#view;
    this.#view = view;
    const { events } = view;
    if (!isSameFilter(before.events, events)) this.#filter(events);
    // Where nothing comes any more, all that was kept stands still by itself.
    if (events?.follow !== false || this.#source.info?.state.kind === 'finished') this.#still = null;
    else this.#still ??= this.#stop();
    this.#now();
  }

  /** Rows came. */
  wanted(): void {
    if (!this.#view.paused) {
      this.#pictures.wanted();
      if (this.#view.selected !== null) this.#tables.wanted();
    }
    if (this.#view.events !== null) this.#pages.wanted();
  }

  end(): void {
    for (const pace of [this.#pictures, this.#tables, this.#pages]) pace.end();
    this.#source.events.filter(null);
  }

  /** The matching events as a text; of the list that stands still where it does. */
  export(format: 'text' | 'csv'): string {
    return eventsText(this.#source.tables, this.#words, this.#still?.list ?? this.#source.events.list(), format);
  }

  #now(): void {
    this.#pictures.now();
    this.#tables.now();
    this.#pages.now();
  }

  #stop(): { list: EventList; kept: number; seen: number } {
    const { events } = this.#source;
    return { list: events.copy(), kept: events.kept, seen: events.seen };
  }

  #filter(view: EventsView | null): void {
    const { tables, events } = this.#source;
    const wasStill = this.#still !== null;
    this.#still = null;
    const pattern = view === null || view.pattern === '' ? null : compilePattern(view.pattern, view.ignoreCase);
    this.#error = pattern !== null && 'error' in pattern ? pattern.error : null;
    // A pattern that is not finished yet shows everything, and says what is wrong.
    const names = pattern === null || 'error' in pattern ? null : pattern;
    const probe = view?.probe ?? null;
    const test: EventTest = (columns, at) => {
      if (probe !== null && columns.probe[at] !== probe) return false;
      return names === null || names.test(this.#words.message(columns, at)) || names.test(`${taskOf(tables, columns.thread[at]!)} ${tables.threads.columns.tid[columns.thread[at]!] ?? ''}`);
    };
    events.filter(probe === null && names === null ? null : test);
    if (wasStill) this.#still = this.#stop();
  }

  #sendPictures(): void {
    const view = this.#view;
    const { recording, sliceEnd, buckets, tables } = this.#source;
    const probes = view.probes.map((probe) => buckets.picture(probe, view, sliceEnd));
    const precision = view.range === null ? 1 : Math.max(1, ...view.probes.map((probe) => buckets.precision(probe, view.range!.from)));
    const tgids = [...new Set(tables.processes.columns.tgid.subarray(0, Math.min(tables.processes.length, 64)))];
    const transfer = probes.flatMap(({ heat, histogram }) => [heat.counts.buffer, histogram.buckets.buffer as ArrayBuffer, histogram.counts.buffer as ArrayBuffer]);
    this.#post({ type: 'probePictures', pictures: { recording, probes, sliceEnd, precision, tgids } }, transfer);
  }

  #sendDetails(): void {
    const { selected } = this.#view;
    if (selected === null) return;
    const { buckets, recording } = this.#source;
    this.#post({ type: 'probeDetails', details: this.#details.make(buckets, recording, selected, this.#view) });
  }

  #sendEvents(): void {
    const view = this.#view.events;
    if (view === null) return;
    const { tables, events, recording } = this.#source;
    const still = this.#still;
    const list = still?.list ?? events.list();
    const count = Math.min(view.count, MOST_PAGE_ROWS, list.length);
    const first = view.follow ? list.length - count : Math.max(0, Math.min(view.first, list.length - count));
    const rows = Array.from({ length: count }, (_, index) => eventRow(tables, this.#words, list, first + index));
    const page: EventsPage = {
      recording,
      matched: list.length,
      kept: still?.kept ?? events.kept,
      seen: events.seen,
      since: still === null ? 0 : events.seen - still.seen,
      first,
      rows,
      error: this.#error,
    };
    this.#post({ type: 'events', page });
  }
}

function isSameFilter(a: EventsView | null, b: EventsView | null): boolean {
  return a?.probe === b?.probe && a?.pattern === b?.pattern && a?.ignoreCase === b?.ignoreCase && (a === null) === (b === null);
}
