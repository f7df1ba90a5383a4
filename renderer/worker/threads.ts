// SPDX-License-Identifier: Apache-2.0
import { recentActivity } from '../../profile/timeline.ts';
import type { ThreadRow } from './protocol.ts';
import type { Replica } from './replica.ts';

/** 24 values of half a second. */
const BINS = 24;
const SLICES_PER_BIN = 25;

/** Threads with weight in range (hidden ones, too), the largest share first; all that were ever seen follow. */
export function threadsOf(replica: Replica, perSecond = replica.perSecond): ThreadRow[] {
  const { tables, index, sliceEnd } = replica;
  const { threads, processes, strings } = tables;
  const weights = replica.weightsByThread();
  const recent = recentActivity(tables, index, {
    perSecond,
    scale: replica.scale,
    sliceEnd,
    bins: BINS,
    slicesPerBin: SLICES_PER_BIN,
  });
  let all = 0;
  for (const sum of weights.values()) all += sum;
  const rows: ThreadRow[] = [];
  for (let thread = 0; thread < threads.length; thread++) {
    rows.push({
      thread,
      tgid: processes.columns.tgid[threads.columns.process[thread]!] ?? 0,
      tid: threads.columns.tid[thread]!,
      name: strings.columns.text[threads.columns.name[thread]!] ?? '',
      share: all > 0 ? (weights.get(thread) ?? 0) / all : 0,
      recent: recent.get(thread) ?? [],
    });
  }
  return rows.sort((a, b) => b.share - a.share || a.thread - b.thread);
}
