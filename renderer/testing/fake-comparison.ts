// SPDX-License-Identifier: Apache-2.0
/** Test only. What the worker says of two sides: a real comparison of made-up recordings. */
import { compare, ComparisonError, type Comparison } from '../../profile/comparison/comparison.ts';
import { sureOf } from '../../profile/comparison/difference-colours.ts';
import { DifferenceTree } from '../../profile/comparison/difference-tree.ts';
import type { Run, Side } from '../../profile/comparison/sides.ts';
import { drawProgram, record, slowed, without } from '../../profile/comparison/testing.ts';
import { differencePicture } from '../worker/difference-picture.ts';
import type { CompareView, DifferenceView, FromCompareWorker } from '../worker/protocol.ts';

const HOSTILE = '<img src=x onerror=alert(3)>\u202e';

/** A and B of which a function grew, one came and one went. */
function madeUp(hostile: boolean): { before: Run; after: Run } {
  const drawn = drawProgram(3, { share: 0.09, leaves: 24 });
  const subject = hostile ? HOSTILE : 'subject';
  const before = { ...drawn, leaves: drawn.leaves.map((leaf) => (leaf.name === 'subject' ? { ...leaf, name: subject } : leaf)) };
  const gone = before.leaves[3]!.name;
  const added = { ...before, leaves: [...before.leaves, { name: 'added_later', caller: 'caller_0', costs: before.leaves[1]!.costs.map((cost) => cost * 2) }] };
  const after = without(slowed(added, subject, 2.2), gone);
  return { before: record(before, { seed: 7, seconds: 120, cpus: 2 }), after: record(after, { seed: 8, seconds: 120, cpus: 2 }) };
}

export class FakeComparison {
  readonly #emit: (message: FromCompareWorker) => void;
  readonly #hostile: boolean;
  #compared: { a: Side; b: Side; comparison: Comparison } | null = null;
  #view: DifferenceView | null = null;

  constructor(emit: (message: FromCompareWorker) => void, hostile: boolean) {
    this.#emit = emit;
    this.#hostile = hostile;
  }

  show(view: CompareView | null): void {
    if (view === null) return;
    const { before, after } = madeUp(this.#hostile);
    const isSame = view.a[0]!.recording === view.b[0]!.recording;
    const [a, b] = [{ runs: [before] }, { runs: [isSame ? before : after] }];
    try {
      const comparison = compare(a, b, { normalisation: view.normalisation });
      this.#compared = { a, b, comparison };
      const { identities: _, ...result } = comparison;
      this.#emit({ type: 'comparison', result: { ...result, matched: result.functions.length }, failure: null });
      this.draw(this.#view);
    } catch (error) {
      if (!(error instanceof ComparisonError)) throw error;
      const { code, message, remedy } = error;
      this.#emit({ type: 'comparison', result: null, failure: { code, message, remedy } });
    }
  }

  draw(view: DifferenceView | null): void {
    this.#view = view;
    if (view === null || this.#compared === null) return;
    const { a, b, comparison } = this.#compared;
    const tree = new DifferenceTree(a, b, comparison, { inverted: view.inverted });
    const sure = view.noise ? null : sureOf(comparison);
    this.#emit({ type: 'differencePictures', pictures: view.widths.map((widths) => ({ widths, picture: differencePicture(tree, sure, view, widths, view.width, 1) })) });
  }
}
