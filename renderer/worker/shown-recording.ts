// SPDX-License-Identifier: Apache-2.0
/** One recording as the window shows it: takes views and rows, and says what to send and when. */
import { unitOf, type Unit } from '../../profile/questions.ts';
import type { Events, RecordingId, RecordingInfo } from '../../ipc/contract.ts';
import { isSameCollapse } from '../../profile/collapse.ts';
import type { SampleFilter } from '../../profile/filter.ts';
import { detailsInSteps } from './details.ts';
import { Pace } from './pace.ts';
import { PictureMaker, transferables } from './picture.ts';
import type { FromWorker, NodeDetails, NodeIndex, Timeline, View } from './protocol.ts';
import { Replica } from './replica.ts';
import { statusOf } from './status.ts';
import { Stepwise } from './stepwise.ts';
import { threadsOf } from './threads.ts';

/** Threads and details look at much and change slowly. */
const SLOW_MILLISECONDS = 1000;
/** Figures are read, not watched: text that changes more often only has the page lay itself out. */
const FIGURES_MILLISECONDS = 500;

export type Post = (message: FromWorker, transfer?: ArrayBuffer[]) => void;

/** Pictures are numbered over all recordings, so that `drawn` is of one of them. */
export interface Revisions {
  last: number;
  /** The last picture sent and not yet drawn; null: the next may go. */
  awaited: number | null;
}

const timelineCounts: Readonly<Record<Unit, Timeline['counts']>> = { samples: 'CPUs', nanoseconds: 'threads', bytes: 'MiB/s' };

export class ShownRecording {
  readonly replica: Replica;
  readonly #pictures: PictureMaker;
  readonly #post: Post;
  readonly #revisions: Revisions;
  readonly #fast = new Pace(() => this.#update());
  readonly #figures = new Pace(() => this.#sendStatus(), FIGURES_MILLISECONDS);
  readonly #slow = new Pace(() => this.#updateSlowly(), SLOW_MILLISECONDS);
  readonly #details = new Stepwise<NodeDetails>((details) => this.#post({ type: 'details', details }));
  /** Another collapsing is under way: the picture stays as it was, and what comes waits. */
  readonly #collapsing = new Stepwise<void>(() => this.#collapsed());
  /** Whose details are looked up. */
  #detailed: NodeIndex | null = null;
  /** Null: another recording is on the screen. */
  #view: View | null = null;
  /** The newest view, while a picture is on its way: a hand that drags sends more views than can be computed. */
  #pending: View | null = null;
  #isPictureDue = false;
  #late: ReturnType<typeof setTimeout> | undefined;

  constructor(recording: RecordingId, post: Post, revisions: Revisions) {
    this.replica = new Replica(recording);
    this.#pictures = new PictureMaker(this.replica);
    this.#post = post;
    this.#revisions = revisions;
  }

  get view(): View | null {
    return this.#view;
  }

  set info(info: RecordingInfo) {
    this.replica.info = info;
    if (!this.#view) return;
    this.#fast.wanted();
    this.#figures.wanted();
  }

  /** @throws RowsMissing as `ReceivedTables.append` does. */
  append(rows: Events['rows'], at: number): void {
    const { sliceEnd } = this.replica;
    this.replica.append(rows, at);
    // Without rows there is nothing new to draw, but time that passed.
    if (!this.#view || (rows.segments.length === 0 && rows.sliceEnd <= sliceEnd)) return;
    this.#fast.wanted();
    this.#figures.wanted();
    this.#slow.wanted();
  }

  /** Computed and sent at once, or when the last picture is drawn. Null: no longer shown. */
  show(view: View | null): void {
    if (view && this.#view && this.#revisions.awaited !== null) {
      this.#pending = view;
      return;
    }
    this.#pending = null;
    if (view) return this.#apply(view);
    this.#view = null;
    this.end();
  }

  /** The newest view is what an export means. */
  settle(): void {
    if (this.#pending) this.#apply(this.#pending);
    this.#collapsing.finish();
  }

  /** A picture was drawn: what was held back goes now. */
  drawn(): void {
    if (this.#pending) this.#apply(this.#pending);
    else if (this.#isPictureDue) this.#sendPicture();
  }

  #apply(view: View): void {
    const before = this.#view;
    this.#view = view;
    this.#pending = null;
    const isFirst = before === null;
    const isHiding = isFirst || !sameThreads(before, view);
    const isSlowDue = isHiding || !sameRange(before, view) || !sameKinds(before, view) || before.probe !== view.probe;
    // Begun again below by the filter and the rules that count now.
    if (isSlowDue || (before !== null && !isSameCollapse(before.collapse, view.collapse))) this.#collapsing.end();
    // What a pause kept back belongs to the picture before any other filter is applied to it.
    this.#fold();
    if (isHiding) this.replica.hide(view.hiddenThreads);
    this.replica.show(view.kinds ?? undefined);
    this.replica.probe = view.probe ?? null;
    if (isSlowDue) {
      // Half of it would be by the filter before.
      this.#details.end();
      this.replica.weigh(filterOf(view));
    }
    const { followed } = this.replica;
    if (view.zoom !== before?.zoom) followed.renew(view.zoom);
    followed.resolve(view.zoom);
    if (view.selection !== null && view.selection !== before?.selection && view.selection !== view.zoom) followed.renew(view.selection);
    if (view.selection !== null) followed.resolve(view.selection);
    if (!this.#collapsing.isRunning && !isSameCollapse(this.replica.tree.collapse, view.collapse)) {
      this.#details.end();
      this.#collapsing.begin(this.replica.collapseInSteps(view.collapse));
    }
    this.#fast.now();
    if (isFirst) this.#figures.now();
    if (isSlowDue) this.#slow.now();
    else if (before?.selection !== view.selection) this.#sendDetails();
  }

  end(): void {
    this.#fast.end();
    this.#figures.end();
    this.#slow.end();
    this.#details.end();
    this.#collapsing.end();
    clearTimeout(this.#late);
  }

  #fold(): void {
    if (this.#view?.paused === false && !this.#collapsing.isRunning) this.replica.fold();
  }

  #collapsed(): void {
    // Within `#apply` the picture is made after this.
    this.#fast.wanted();
    this.#sendDetails();
  }

  #update(): void {
    const view = this.#view;
    if (!view) return;
    const { replica } = this;
    this.#fold();
    this.#sendPicture();
    const { recording, sliceEnd, info } = replica;
    if (info) {
      const { cpus, slicesPerColumn } = replica.cpus();
      const counts = timelineCounts[unitOf(info.question)];
      const timeline = { recording, firstSlice: 0, slicesPerColumn, cpus, counts, sliceEnd };
      this.#post({ type: 'timeline', timeline }, [cpus.buffer]);
    }
  }

  #sendStatus(): void {
    const status = this.#view && statusOf(this.replica);
    if (status) this.#post({ type: 'status', status });
  }

  #updateSlowly(): void {
    if (!this.#view) return;
    const { recording, info } = this.replica;
    if (info) this.#post({ type: 'threads', recording, threads: threadsOf(this.replica) });
    this.#sendDetails();
  }

  /** Looked up beside the pictures; what is under way for the same node is not begun again. */
  #sendDetails(): void {
    // They are made when it is done.
    if (this.#collapsing.isRunning) return;
    const selection = this.#view?.selection ?? null;
    if (this.#details.isRunning && this.#detailed === selection) return;
    this.#detailed = selection;
    if (selection !== null) return this.#details.begin(detailsInSteps(this.replica, selection));
    this.#details.end();
    this.#post({ type: 'details', details: null });
  }

  #sendPicture(): void {
    if (!this.#view || this.replica.figures === null) return;
    if (this.#revisions.awaited !== null) {
      this.#isPictureDue = true;
      return;
    }
    this.#isPictureDue = false;
    const picture = this.#pictures.make(this.#view, ++this.#revisions.last);
    this.#revisions.awaited = picture.revision;
    this.#post({ type: 'picture', picture }, transferables(picture));
    clearTimeout(this.#late);
    const { behind } = this.#pictures;
    // Where no more rows come, the last picture tells of all of them.
    if (behind !== null) this.#late = setTimeout(() => this.#fast.wanted(), behind);
  }
}

function filterOf({ range, hiddenThreads }: View): SampleFilter {
  return { range, hiddenThreads };
}

function sameThreads(a: View, b: View): boolean {
  const hidden = new Set(a.hiddenThreads);
  return a.hiddenThreads.length === b.hiddenThreads.length && b.hiddenThreads.every((thread) => hidden.has(thread));
}

function sameKinds(a: View | null, b: View): boolean {
  return a?.kinds?.join() === b.kinds?.join();
}

function sameRange(a: View | null, b: View): boolean {
  return a?.range?.from === b.range?.from && a?.range?.to === b.range?.to;
}
