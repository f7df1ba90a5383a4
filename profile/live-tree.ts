// SPDX-License-Identifier: Apache-2.0
/** A call tree that follows growing tables under one filter. */
import { CallTree } from './call-tree.ts';
import { NOTHING_COLLAPSED } from './collapse.ts';
import { EVERYTHING, SampleIndex, sampleTest, type SampleFilter } from './filter.ts';
import type { Key } from './frame-keys.ts';
import { SAMPLES_ONLY, weightsOf, type Weighing } from './questions.ts';
import type { Tables } from './tables.ts';

export class LiveTree {
  readonly tree: CallTree;
  readonly samples: SampleIndex;
  readonly #tables: Tables;
  readonly #scale: Weighing;
  #filter: SampleFilter = EVERYTHING;
  #sampleRows = 0;
  #symbolRows = 0;

  constructor(tables: Tables, collapse = NOTHING_COLLAPSED, scale: Weighing = SAMPLES_ONLY) {
    this.#tables = tables;
    this.#scale = scale;
    this.tree = new CallTree(tables, collapse);
    this.samples = new SampleIndex(tables);
  }

  /** Takes the rows that came since the last call: names first, so that new stacks are folded but once.
   * @returns whether anything came. */
  advance(): boolean {
    const { samples, symbols } = this.#tables;
    if (this.#sampleRows === samples.length && this.#symbolRows === symbols.length) return false;
    if (this.#symbolRows < symbols.length) this.tree.applySymbols(this.#symbolRows, symbols.length);
    this.#symbolRows = symbols.length;
    const meant = sampleTest(samples, this.#filter);
    const { stack } = samples.columns;
    const weightOf = weightsOf(samples, this.#scale);
    this.#takeSamples((row, process) => {
      if (meant(row)) this.tree.fold(stack[row]!, weightOf(row), process);
    });
    return true;
  }

  /** Weighs the tree by another filter, new rows included. Nodes keep their numbers. */
  show(filter: SampleFilter): void {
    this.#filter = filter;
    const { samples, symbols } = this.#tables;
    if (this.#symbolRows < symbols.length) this.tree.applySymbols(this.#symbolRows, symbols.length);
    this.#symbolRows = symbols.length;
    this.#takeSamples(() => undefined);
    const { stack, thread } = samples.columns;
    const weightOf = weightsOf(samples, this.#scale);
    const { processes } = this.tree;
    this.tree.reweigh((add) =>
      this.samples.forEach(filter, (row) => add(stack[row]!, weightOf(row), processes.ofThread(thread[row]!))),
    );
  }

  /** Whether processes are shown is said by all samples, whatever the filter. */
  #takeSamples(visit: (row: number, process: Key) => void): void {
    const { samples } = this.#tables;
    const { thread } = samples.columns;
    const weightOf = weightsOf(samples, this.#scale);
    for (; this.#sampleRows < samples.length; this.#sampleRows++) {
      const row = this.#sampleRows;
      if (weightOf(row) === 0) continue;
      const process = this.tree.processes.ofThread(thread[row]!);
      this.tree.meet(process);
      visit(row, process);
    }
  }
}
