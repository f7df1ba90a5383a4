// SPDX-License-Identifier: Apache-2.0
/** The question `memory`: two ready questions by stack, whose bytes are its samples. */
import type { ProbeRequest } from '../../../ipc/contract.ts';
import { FailureError, probeFailures } from '../failures.ts';
import type { ProbeRecording } from '../recording-api.ts';

const request = (name: string): ProbeRequest => ({
  ...{ kind: 'ready', name, module: '', measure: { kind: 'count' } },
  ...{ byThread: false, byStack: true, events: false, leastNs: 0, filter: null },
});

/** Resolves when at least one of them is attached; else ends the recording. @throws FailureError memoryNotPossible */
export async function askForMemory(recording: ProbeRecording): Promise<void> {
  // What a library hands out, and by what the process grows: either may be missing (static programs, old kernels).
  const asked = await Promise.all(['allocations', 'heap-growth'].map((name) => recording.probes!.attach(request(name))));
  if (asked.some(({ state }) => state === 'attached')) return;
  await recording.stop();
  throw new FailureError(probeFailures.memoryNotPossible(asked.map(({ why }) => why).find((why) => why !== '') ?? ''));
}
