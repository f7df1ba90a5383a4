// SPDX-License-Identifier: Apache-2.0
/** The question `memory`: a ready question by stack, whose bytes are its samples. */
import type { ProbeRequest } from '../../../ipc/contract.ts';
import { FailureError, probeFailures } from '../failures.ts';
import type { ProbeRecording } from '../recording-api.ts';

const request = (name: string): ProbeRequest => ({
  ...{ kind: 'ready', name, module: '', measure: { kind: 'count' } },
  ...{ byThread: false, byStack: true, events: false, leastNs: 0, filter: null },
});

/**
 * Resolves when it is attached; else ends the recording. What a library hands out is asked for, and only where that cannot be
 * watched (a static program) by what the process grows: both together would count the same bytes twice.
 * @throws FailureError memoryNotPossible
 */
export async function askForMemory(recording: ProbeRecording): Promise<void> {
  const allocations = await recording.probes!.attach(request('allocations'));
  if (allocations?.state === 'attached') return;
  const growth = await recording.probes!.attach(request('heap-growth'));
  if (growth?.state === 'attached') return;
  await recording.stop();
  throw new FailureError(probeFailures.memoryNotPossible(allocations?.why || growth?.why || ''));
}
