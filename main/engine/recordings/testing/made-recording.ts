// SPDX-License-Identifier: Apache-2.0
/** Recordings of rows that are made up, for the tests of what writes and reads them. */
import { isFailure } from '../../../../ipc/failure.ts';
import { createTables, rowCounts, segmentsSince, type Tables } from '../../../../profile/tables.ts';
import { NONE } from '../../../../profile/units.ts';
import { StringInterner } from '../../interner.ts';
import { RecordingStore, type FirstMetadata } from '../store.ts';

export const metadata: FirstMetadata = {
  application: '0.1.0', target: 'app 10', question: 'on-cpu', frequencyHz: 99, startedAt: 1_700_000_000_000, host: 'here', kernel: '6.18', cpus: 2,
  settings: { frequency: 99, children: true, kernelStacks: true }, durationNs: 0, sliceEnd: 0,
  ledger: { fired: 0, notOurs: 0, stored: 0, lost: 0 }, overhead: { bpfNs: 0, helperCpuNs: 0 },
};

/** Adds samples of one more drain. */
export function drain(tables: Tables, slice: number, samples: number): void {
  const strings = StringInterner.of(tables);
  if (tables.modules.length === 0) {
    tables.modules.append({ path: strings.index('/bin/app'), buildId: 0, kind: 0 });
    tables.processes.append({ tgid: 10, parent: NONE, name: strings.index('app'), start: -5 });
    tables.threads.append({ process: 0, tid: 10, name: strings.index('app') });
  }
  const frame = tables.frames.append({ module: 0, offset: slice, category: 0 });
  const stack = tables.stacks.append({ prefix: tables.stacks.length - 1, frame, end: 0 });
  for (let i = 0; i < samples; i++) tables.samples.append({ slice, thread: 0, stack, kind: 0, weight: 1 + i });
}

/** A store with `drains` appends; not finished. */
export function record(path: string, drains: number, samples = 10): { store: RecordingStore; tables: Tables } {
  const store = RecordingStore.create(path, metadata);
  const tables = createTables();
  let sent = rowCounts(tables);
  for (let i = 0; i < drains; i++) {
    drain(tables, i, samples);
    store.append(segmentsSince(tables, sent), { sliceEnd: i });
    sent = rowCounts(tables);
  }
  return { store, tables };
}

export const end = { endReason: 'asked', endMessage: 'You stopped it.', durationNs: 5 } as const;
export const rows = (tables: Tables): unknown => segmentsSince(tables, rowCounts(createTables()));

/** A whole one. */
export async function finished(path: string): Promise<string> {
  const { store, tables } = record(path, 5);
  await store.finish(tables, end);
  return path;
}

/** Of the failure that it throws. */
export function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (isFailure(error)) return error.code;
    throw error;
  }
  return 'nothing was thrown';
}
