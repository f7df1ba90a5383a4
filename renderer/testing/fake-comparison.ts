// SPDX-License-Identifier: Apache-2.0
/** Test only. What the worker says of two sides: a real comparison of made-up recordings. */
import { compare, ComparisonError } from '../../profile/comparison/comparison.ts';
import { drawProgram, record, slowed, without } from '../../profile/comparison/testing.ts';
import type { CompareView, FromCompareWorker } from '../worker/protocol.ts';

const HOSTILE = '<img src=x onerror=alert(3)>\u202e';

export function fakeComparison({ normalisation, a, b }: CompareView, hostile: boolean): FromCompareWorker {
  const before = drawProgram(3, { share: 0.09, leaves: 24 });
  const named = hostile ? { ...before, leaves: before.leaves.map((leaf) => (leaf.name === 'subject' ? { ...leaf, name: HOSTILE } : leaf)) } : before;
  const subject = hostile ? HOSTILE : 'subject';
  const gone = named.leaves[3]!.name;
  const added = { ...named, leaves: [...named.leaves, { name: 'added_later', caller: 'caller_0', costs: named.leaves[1]!.costs.map((cost) => cost * 2) }] };
  const after = without(slowed(added, subject, 1.8), gone);
  const isSame = JSON.stringify(a.map(({ recording }) => recording)) === JSON.stringify(b.map(({ recording }) => recording));
  try {
    const run = record(named, { seed: 7, seconds: 30, cpus: 2 });
    const other = isSame ? run : record(after, { seed: 8, seconds: 30, cpus: 2 });
    const { identities: _, ...result } = compare({ runs: [run] }, { runs: [other] }, { normalisation });
    return { type: 'comparison', result: { ...result, matched: result.functions.length }, failure: null };
  } catch (error) {
    if (!(error instanceof ComparisonError)) throw error;
    const { code, message, remedy } = error;
    return { type: 'comparison', result: null, failure: { code, message, remedy } };
  }
}
