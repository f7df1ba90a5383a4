// SPDX-License-Identifier: Apache-2.0
/** What is known of probes: words for what they are attached by, and those of a recording that has ended. */
import type { ProbeFigures, ProbeInfo, ProbeRequest } from '../../../ipc/contract.ts';
import { ProbeMechanism } from '../../../profile/schema.ts';
import type { Tables } from '../../../profile/tables.ts';
import { probeRequest } from '../../../ipc/probe-shapes.ts';
import { unitOf } from './probe-plan.ts';

export const NO_FIGURES: ProbeFigures = { calls: 0, callsPerSecond: 0, measured: 0, filtered: 0, missed: 0, recursed: 0, dropped: 0, aboveRate: 0, unsent: 0, lost: 0, callNs: 0, cost: 0 };

const words: Readonly<Record<ProbeMechanism, string>> = {
  [ProbeMechanism.none]: '',
  [ProbeMechanism.fentry]: 'fentry',
  [ProbeMechanism.kprobe]: 'kprobe',
  [ProbeMechanism.kprobeMulti]: 'kprobe.multi',
  [ProbeMechanism.uprobe]: 'uprobe',
  [ProbeMechanism.uprobeMulti]: 'uprobe.multi',
  [ProbeMechanism.tracepoint]: 'tracepoint',
  [ProbeMechanism.rawTracepoint]: 'raw tracepoint',
  [ProbeMechanism.perfEvent]: 'clock on each CPU',
};

export function mechanismName(mechanism: number): string {
  return words[mechanism as ProbeMechanism] ?? '';
}

/** The probes of a recording that was read from a file. Requests that are none, of a file that nobody vouches for, are left out. */
export function probesOf({ probes, strings, buckets, events }: Tables): ProbeInfo[] {
  const measured = new Float64Array(probes.length);
  for (let i = 0; i < buckets.length; i++) measured[buckets.columns.probe[i]!]! += buckets.columns.count[i]!;
  const hits = new Float64Array(probes.length);
  for (let i = 0; i < events.length; i++) hits[events.columns.probe[i]!]!++;
  const found: ProbeInfo[] = [];
  for (let row = 0; row < probes.length; row++) {
    const request = requestOf(strings.columns.text[probes.columns.request[row]!]!);
    if (!request) continue;
    const mechanism = mechanismName(probes.columns.mechanism[row]!);
    const figures = { ...NO_FIGURES, measured: measured[row]!, calls: Math.max(measured[row]!, hits[row]!) };
    const title = strings.columns.text[probes.columns.name[row]!]!;
    found.push({ probe: row, request, title, mechanism, state: mechanism === '' ? 'refused' : 'detached', why: '', unit: unitOf(request), functions: 0, figures });
  }
  return found;
}

function requestOf(text: string): ProbeRequest | null {
  try {
    const value: unknown = JSON.parse(text);
    return probeRequest.mismatch(value) === null ? (value as ProbeRequest) : null;
  } catch {
    return null;
  }
}
