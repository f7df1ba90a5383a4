// SPDX-License-Identifier: Apache-2.0
import { account, lostSamples } from '../../profile/accounting.ts';
import { modulePath } from '../../profile/names.ts';
import { unitOf } from '../../profile/questions.ts';
import { MOST_MODULES, type Status } from './protocol.ts';
import type { Replica } from './replica.ts';

/** The status bar's figures: of everything received, whatever the view shows. Null before the first rows. */
export function statusOf(replica: Replica): Status | null {
  const { recording, figures, info, tables, tree } = replica;
  if (figures === null) return null;
  const { samples, waits, weight, expected, threads, lost, throttled, stacks, ends, stackless, frames, brokenIn, unnamedIn } = replica.statistics();
  return {
    recording,
    figures,
    samples,
    waits,
    weight,
    unit: unitOf(info?.question ?? 'on-cpu'),
    accounting: account(expected * (info?.frequencyHz ?? 0), samples, lostSamples(lost), threads),
    throttled,
    lost,
    stacks,
    ends,
    stackless,
    brokenIn: brokenIn.slice(0, MOST_MODULES).map(({ module, end, samples: broken }) => ({ path: modulePath(tables, module), end, samples: broken })),
    brokenPlaces: brokenIn.length,
    frames,
    unnamedIn: unnamedIn.slice(0, MOST_MODULES).map((entry) => ({ ...entry, path: modulePath(tables, entry.module) })),
    unnamedModules: unnamedIn.length,
    // Without the root, and without the process where it is hidden.
    callNodes: Math.max(0, tree.size - (tree.hasProcesses ? 1 : 2)),
  };
}
