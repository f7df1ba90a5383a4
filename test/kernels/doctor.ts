// SPDX-License-Identifier: Apache-2.0
/** What the Doctor says of a kernel, from what the helper tried in it, against what was seen to work in it. */
import { askForCapabilities } from '../../main/engine/doctor/attempts.ts';
import type { CapabilityName } from '../../main/engine/doctor/machine.ts';
import { reportOn } from '../../main/engine/doctor/report.ts';
import { machine } from '../../main/engine/doctor/testing/made-up.ts';
import { failed, works, type Feature, type Tried, type Verdict } from './feature.ts';
import type { Guest } from './guest.ts';
import { openSession } from './helper-run.ts';

/** Checks that need not be what is tried here: they say what is better, or count for less. */
const OF_INTEREST: readonly CapabilityName[] = ['kprobes', 'kprobeMulti', 'fentry', 'tracepoints', 'rawTracepoints', 'uprobes', 'uprobeMulti', 'perfEvents', 'lockdown'];

async function compare(guest: Guest, tried: readonly Tried[], state: string): Promise<Verdict> {
  const capabilities = await askForCapabilities(await openSession(guest, 'trace'));
  const { checks } = reportOn(machine({ release: guest.release, attempts: { mode: 'trace', capabilities } }));
  const problems: string[] = [];
  let compared = 0;
  for (const { feature, verdict } of tried) {
    const check = checks.find(({ name }) => name === feature.check);
    if (!check || !feature.name.startsWith(state)) continue;
    compared++;
    if ((check.state === 'available') === (verdict.kind === 'works')) continue;
    problems.push(`it says of ${check.title}: ${check.state} (${check.detail}), but "${feature.name}" ${verdict.kind === 'works' ? 'works' : 'does not work'}`);
  }
  if (problems.length > 0) return failed(problems.join('; '));
  const lacking = checks.filter(({ name, state: found }) => found === 'unavailable' && (OF_INTEREST as readonly string[]).includes(name));
  return works([`${compared} of its statements were tried`, ...lacking.map(({ title, detail }) => `${title}: ${detail}`)].join('; '));
}

/** To be asked after the features about which it speaks. @param state the beginning of the names of what was tried in the same state of the machine */
export function doctorFeature(state: string, short = true): Feature {
  return { name: `${state}the Doctor tells the truth`, short, run: (guest, tried) => compare(guest, tried, state) };
}
