// SPDX-License-Identifier: Apache-2.0
/** What the probes of recordings measured, as it is compared. */
import { compareLatencies, type Latencies, type ProbeRun } from '../../profile/comparison/latencies.ts';
import { columnsByProbe } from '../../profile/comparison/probe-values.ts';
import type { Run, Side } from '../../profile/comparison/sides.ts';
import { SLICE_NANOSECONDS } from '../../profile/units.ts';
import { isFreed } from '../engine/functions/ready-questions.ts';
import { probesOf } from '../engine/probes/probe-info.ts';

function probeRun({ tables, filter, durationNs }: Run): ProbeRun {
  const probes = probesOf(tables);
  const questions = new Map(probes.map(({ probe, request }) => [probe, request.name]));
  const columns = columnsByProbe(tables, filter, (probe, group) => isFreed(questions.get(probe) ?? '', group));
  const { slice } = tables.buckets.columns;
  let end = Math.max(1, Math.ceil(durationNs / SLICE_NANOSECONDS));
  for (let row = 0; row < tables.buckets.length; row++) end = Math.max(end, slice[row]! + 1);
  return { probes, range: filter.range ?? { from: 0, to: end }, columns: (probe) => columns.get(probe), isNarrowed: filter.hiddenThreads.length > 0 };
}

export function latenciesOf(a: Side, b: Side): Latencies {
  return compareLatencies(a.runs.map(probeRun), b.runs.map(probeRun));
}
