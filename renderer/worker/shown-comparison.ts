// SPDX-License-Identifier: Apache-2.0
/** Two sides as the window compares them: made anew when rows come, at a pace that leaves time for everything else. */
import type { RecordingId } from '../../ipc/contract.ts';
import { compare, ComparisonError } from '../../profile/comparison/comparison.ts';
import { runOf, type Run, type Side } from '../../profile/comparison/sides.ts';
import { MOST_FUNCTIONS, type ComparedRun, type CompareView } from './compare-protocol.ts';
import { Pace } from './pace.ts';
import type { Replica } from './replica.ts';
import type { Post } from './shown-recording.ts';

/** A live side changes several times a second; nobody reads a table that fast. */
const COMPARE_MILLISECONDS = 2000;
/** Rows of a file come in pieces: nothing is said of half a recording. */
const STILL_MILLISECONDS = 150;

export class ShownComparison {
  readonly #post: Post;
  readonly #replicaOf: (id: RecordingId) => Replica | undefined;
  readonly #pace = new Pace(() => this.#compare(), COMPARE_MILLISECONDS);
  #view: CompareView;
  #still: ReturnType<typeof setTimeout> | undefined;

  constructor(view: CompareView, replicaOf: (id: RecordingId) => Replica | undefined, post: Post) {
    this.#view = view;
    this.#replicaOf = replicaOf;
    this.#post = post;
    this.#soon();
  }

  show(view: CompareView): void {
    this.#view = view;
    this.#soon();
  }

  /** Rows of a recording came. */
  rowsCame(id: RecordingId): void {
    if (![...this.#view.a, ...this.#view.b].some(({ recording }) => recording === id)) return;
    if (this.#replicaOf(id)?.info?.state.kind === 'live') return this.#pace.wanted();
    this.#soon();
  }

  end(): void {
    clearTimeout(this.#still);
    this.#pace.end();
  }

  #soon(): void {
    clearTimeout(this.#still);
    this.#still = setTimeout(() => this.#compare(), STILL_MILLISECONDS);
  }

  #compare(): void {
    const [a, b] = [this.#side(this.#view.a), this.#side(this.#view.b)];
    if (a === null || b === null) return this.#post({ type: 'comparison', result: null, failure: null });
    try {
      const { identities: _, ...comparison } = compare(a, b, { normalisation: this.#view.normalisation });
      const result = { ...comparison, functions: comparison.functions.slice(0, MOST_FUNCTIONS), matched: comparison.functions.length };
      this.#post({ type: 'comparison', result, failure: null });
    } catch (error) {
      if (!(error instanceof ComparisonError)) throw error;
      const { code, message, remedy } = error;
      this.#post({ type: 'comparison', result: null, failure: { code, message, remedy } });
    }
  }

  /** null: not all of it is here yet. */
  #side(runs: readonly ComparedRun[]): Side | null {
    const found: Run[] = [];
    for (const { recording, label, range, hiddenThreads } of runs) {
      const replica = this.#replicaOf(recording);
      const info = replica?.info;
      if (!replica?.figures || !info) return null;
      const { question, frequencyHz, host, kernel } = info;
      found.push(runOf(replica.tables, { question, frequencyHz, durationNs: replica.figures.durationNs, label, host, kernel }, { range, hiddenThreads }));
    }
    return found.length > 0 ? { runs: found } : null;
  }
}
