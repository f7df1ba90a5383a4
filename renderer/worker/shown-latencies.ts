// SPDX-License-Identifier: Apache-2.0
/** The probes of two sides as the window compares them, and the one whose pictures are looked at. */
import type { ProbeInfo, RecordingId } from '../../ipc/contract.ts';
import { compareLatencies, type ProbeRun } from '../../profile/comparison/latencies.ts';
import { latencyNotes, sideNotes } from '../../profile/comparison/latency-words.ts';
import type { ProbePart } from '../../profile/comparison/probe-parts.ts';
import type { Side } from '../../profile/comparison/sides.ts';
import { SLICE_NANOSECONDS } from '../../profile/units.ts';
import type { ComparedPart, ComparedRun, CompareView, LatencyPicture, LatencyView } from './compare-protocol.ts';
import { LatencyParts } from './latency-parts.ts';
import { comparePart, latencyPicture, partRuns, partsOf, type PartedRun } from './latency-picture.ts';
import type { Replica } from './replica.ts';
import type { Post } from './shown-recording.ts';

export class ShownLatencies {
  readonly #post: Post;
  readonly #replicaOf: (id: RecordingId) => Replica | undefined;
  readonly #probesOf: (id: RecordingId) => readonly ProbeInfo[] | null;
  #view: LatencyView | null;
  #runs: { a: PartedRun[]; b: PartedRun[] } | null = null;
  /** The part that was compared last, since every width asks again. */
  #part: { key: string; runs: { a: ProbeRun[]; b: ProbeRun[] }; part: ComparedPart | null } | null = null;
  /** Of what was compared last: another normalisation changes nothing here. */
  #compared = '';

  /** @param probesOf null: the engine has not told yet */
  constructor(replicaOf: (id: RecordingId) => Replica | undefined, probesOf: (id: RecordingId) => readonly ProbeInfo[] | null, post: Post, view: LatencyView | null) {
    this.#replicaOf = replicaOf;
    this.#probesOf = probesOf;
    this.#post = post;
    this.#view = view;
  }

  compare(view: CompareView, sides: { a: Side; b: Side }): void {
    const [a, b] = [this.#side(view.a), this.#side(view.b)];
    if (a === null || b === null) return;
    const runs = [...view.a, ...view.b];
    const compared = JSON.stringify([view.a, view.b, runs.map(({ recording }) => this.#replicaOf(recording)!.newestRowAt), runs.map(({ recording }) => this.#probesOf(recording)!.length)]);
    if (compared === this.#compared) return;
    this.#compared = compared;
    this.#runs = { a, b };
    this.#part = null;
    const latencies = compareLatencies(a, b);
    this.#post({ type: 'latencies', latencies, notes: [...sideNotes(sides.a, sides.b), ...latencyNotes(latencies, sides.a, sides.b)] });
    this.draw(this.#view);
  }

  /** Another probe, or another width; null: nobody looks. */
  draw(view: LatencyView | null): void {
    this.#view = view;
    if (view === null || this.#runs === null) return;
    const part = view.part === null ? null : this.#comparedPart(view.part, view.rows);
    const picture: LatencyPicture = { ...latencyPicture(view, part?.runs ?? this.#runs), parts: partsOf(view, this.#runs), part: part?.part ?? null };
    const { histograms, heats, difference } = picture;
    const buffers = [histograms.a, histograms.b].flatMap(({ buckets, counts }) => [buckets.buffer as ArrayBuffer, counts.buffer as ArrayBuffer]).concat(heats.a.counts.buffer, heats.b.counts.buffer);
    this.#post({ type: 'latencyPicture', picture }, difference === null ? buffers : buffers.concat(difference.a.buffer, difference.b.buffer, difference.steps.buffer));
  }

  #comparedPart(part: ProbePart, rows: LatencyView['rows']) {
    const key = JSON.stringify([part, rows]);
    if (this.#part?.key !== key) {
      const runs = partRuns(part, rows, this.#runs!);
      this.#part = { key, runs, part: comparePart(part, this.#runs!, runs) };
    }
    return this.#part;
  }

  /** null: not all of it is here yet. */
  #side(compared: readonly ComparedRun[]): PartedRun[] | null {
    const found: PartedRun[] = [];
    for (const { recording, range, hiddenThreads } of compared) {
      const replica = this.#replicaOf(recording);
      const probes = this.#probesOf(recording);
      if (!replica?.figures || probes === null) return null;
      const end = Math.max(1, replica.sliceEnd, Math.ceil(replica.figures.durationNs / SLICE_NANOSECONDS));
      found.push({ probes, range: range ?? { from: 0, to: end }, columns: (probe) => replica.buckets.columns(probe), isNarrowed: hiddenThreads.length > 0, parts: new LatencyParts(replica.tables, replica.buckets, range) });
    }
    return found;
  }
}
