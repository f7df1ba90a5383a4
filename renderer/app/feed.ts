// SPDX-License-Identifier: Apache-2.0
/** The newest picture and timeline, past React: canvases subscribe and paint. */
import type { Width } from '../../profile/comparison/difference-tree.ts';
import type { LatencyPicture, Picture, ProbePictures, Timeline } from '../worker/protocol.ts';

export class Feed<T> {
  #latest: T | null = null;
  readonly #listeners = new Set<(value: T | null) => void>();

  get latest(): T | null {
    return this.#latest;
  }

  publish(value: T | null): void {
    this.#latest = value;
    for (const listener of this.#listeners) listener(value);
  }

  listen(listener: (value: T | null) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

export interface Feeds {
  picture: Feed<Picture>;
  timeline: Feed<Timeline>;
  probes: Feed<ProbePictures>;
  /** Of a comparison, by what widths are. */
  difference: Readonly<Record<Width, Feed<Picture>>>;
  /** Of the probe of a comparison that is chosen. */
  latency: Feed<LatencyPicture>;
}

export function createFeeds(): Feeds {
  return { picture: new Feed(), timeline: new Feed(), probes: new Feed(), difference: { a: new Feed(), b: new Feed(), larger: new Feed() }, latency: new Feed() };
}
