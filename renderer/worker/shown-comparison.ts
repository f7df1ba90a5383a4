// SPDX-License-Identifier: Apache-2.0
/** Two sides as the window compares them: made anew when rows come, at a pace that leaves time for everything else. */
import type { RecordingId } from '../../ipc/contract.ts';
import { isWholeRun } from '../../ipc/whole-run.ts';
import { compare, ComparisonError, type Comparison } from '../../profile/comparison/comparison.ts';
import { differenceHtml, differenceSvg } from '../../formats/difference.ts';
import { CountedRuns } from '../../profile/comparison/counted-runs.ts';
import { sureOf, type DifferencePalette } from '../../profile/comparison/difference-colours.ts';
import { DifferenceTree } from '../../profile/comparison/difference-tree.ts';
import { runOf, type Run, type Side } from '../../profile/comparison/sides.ts';
import { MOST_FUNCTIONS, type ComparedRun, type CompareView, type DifferenceFormat, type DifferenceView } from './compare-protocol.ts';
import { differencePicture } from './difference-picture.ts';
import { Pace } from './pace.ts';
import type { Replica } from './replica.ts';
import type { ShownLatencies } from './shown-latencies.ts';
import type { Post } from './shown-recording.ts';

/** A live side changes several times a second; nobody reads a table that fast. */
const COMPARE_MILLISECONDS = 2000;
/** Rows of a file come in pieces: nothing is said of half a recording. Since the last of them came. */
const STILL_MILLISECONDS = 150;

export class ShownComparison {
  readonly #post: Post;
  readonly #replicaOf: (id: RecordingId) => Replica | undefined;
  readonly #latencies: ShownLatencies;
  readonly #pace = new Pace(() => this.#compare(), COMPARE_MILLISECONDS);
  readonly #counted = new CountedRuns();
  #view: CompareView;
  #drawn: DifferenceView | null;
  /** What is compared now, and its merged tree, which is made when it is looked at. */
  #compared: { a: Side; b: Side; comparison: Comparison; sure: ReadonlySet<number>; tree: DifferenceTree | null } | null = null;
  /** The tree that the main thread saw last, of an earlier comparison: what it zoomed to is one of its nodes. */
  #before: DifferenceTree | null = null;
  #revision = 0;
  #still: ReturnType<typeof setTimeout> | undefined;

  constructor(view: CompareView, replicaOf: (id: RecordingId) => Replica | undefined, post: Post, drawn: DifferenceView | null, latencies: ShownLatencies) {
    this.#view = view;
    this.#replicaOf = replicaOf;
    this.#post = post;
    this.#drawn = drawn;
    this.#latencies = latencies;
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

  /** Draws by another view; null: nobody looks. */
  draw(view: DifferenceView | null): void {
    this.#drawn = view;
    if (view === null || !this.#compared || !(view.width > 0)) return;
    const { comparison, sure, tree } = this.#compared;
    const known = tree?.inverted === view.inverted ? tree : new DifferenceTree(comparison, { inverted: view.inverted, like: this.#before });
    this.#compared.tree = known;
    this.#before = null;
    const pictures = view.widths.map((widths) => ({ widths, picture: differencePicture(known, view.noise ? null : sure, view, widths, view.width, ++this.#revision) }));
    this.#post({ type: 'differencePictures', pictures });
  }

  /** As it is drawn: widths, which way up, and whether noise is grey as in the view. Empty where nothing is compared. */
  export(format: DifferenceFormat, palette: DifferencePalette): string {
    if (!this.#compared) return '';
    const { a, b, comparison, sure } = this.#compared;
    const { inverted = false, noise = false, widths: [width = 'b'] = [] } = this.#drawn ?? {};
    const tree = new DifferenceTree(comparison, { inverted, width });
    const names = ({ runs }: Side): string => runs.map(({ label }) => label).join(', ');
    const picture = { title: 'What changed', a: names(a), b: names(b), palette, sure: noise ? null : sure };
    if (format === 'svg') return differenceSvg(tree, picture);
    const { unit, weights } = comparison;
    return differenceHtml(tree, picture, unit === 'nanoseconds' ? { all: weights.a / 1000, unit: 'µs' } : { all: weights.a, unit });
  }

  end(): void {
    clearTimeout(this.#still);
    this.#pace.end();
  }

  #soon(): void {
    clearTimeout(this.#still);
    const now = performance.timeOrigin + performance.now();
    const newest = [...this.#view.a, ...this.#view.b].map(({ recording }) => this.#replicaOf(recording)?.newestRowAt ?? now);
    this.#still = setTimeout(() => this.#compare(), Math.max(0, STILL_MILLISECONDS + Math.max(...newest) - now));
  }

  #compare(): void {
    const [a, b] = [this.#side(this.#view.a), this.#side(this.#view.b)];
    if (a === null || b === null) {
      this.#counted.of(this.#finished());
      return this.#post({ type: 'comparison', result: null, failure: null });
    }
    this.#latencies.compare(this.#view, { a, b });
    try {
      const comparison = compare(a, b, { normalisation: this.#view.normalisation, counted: this.#counted });
      const { identities: _identities, sampled: _sampled, ...sent } = comparison;
      this.#before = this.#compared?.tree ?? this.#before;
      this.#compared = { a, b, comparison, sure: sureOf(comparison), tree: null };
      this.#post({ type: 'comparison', result: { ...sent, functions: sent.functions.slice(0, MOST_FUNCTIONS), matched: sent.functions.length }, failure: null });
      this.draw(this.#drawn);
    } catch (error) {
      if (!(error instanceof ComparisonError)) throw error;
      this.#compared = null;
      const { code, message, remedy } = error;
      this.#post({ type: 'comparison', result: null, failure: { code, message, remedy } });
    }
  }

  /** null: not all of it is here yet. */
  #side(runs: readonly ComparedRun[]): Side | null {
    const found = runs.flatMap((run) => this.#runOf(run) ?? []);
    return found.length > 0 && found.length === runs.length ? { runs: found } : null;
  }

  /** null: its rows are not here. */
  #runOf({ recording, label, range, hiddenThreads }: ComparedRun): Run | null {
    const replica = this.#replicaOf(recording);
    const info = replica?.info;
    if (!replica?.figures || !info) return null;
    const { question, frequencyHz, host, kernel } = info;
    return runOf(replica.tables, { question, frequencyHz, durationNs: replica.figures.durationNs, label, host, kernel, isWhole: isWholeRun(info) }, { range, hiddenThreads });
  }

  /** What is here already and stays as it is: it is counted while the rest is chosen and opened. */
  #finished(): Run[] {
    const isFinished = ({ recording }: ComparedRun): boolean => this.#replicaOf(recording)?.info?.state.kind === 'finished';
    return [...this.#view.a, ...this.#view.b].filter(isFinished).flatMap((run) => this.#runOf(run) ?? []).filter(({ tables }) => tables.samples.length > 0);
  }
}
