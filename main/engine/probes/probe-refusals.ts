// SPDX-License-Identifier: Apache-2.0
/** Why a probe was not attached, or was detached, in words and with what to do. */
import { getSystemErrorName } from 'node:util';
import type { ProbeStateFrame } from '../wire-probe-frames.ts';
import { ProbeReason } from '../wire-layout.gen.ts';

function errorName(errno: number): string {
  try {
    return getSystemErrorName(-Math.abs(errno));
  } catch {
    return `error ${errno}`;
  }
}

/** Empty: there is nothing to say. @param missing why there is no function of this name, as far as it is known here */
export function reasonText({ reason, value, text }: ProbeStateFrame, missing = ''): string {
  const detail = text === '' ? '' : ` (${text})`;
  switch (reason) {
    case ProbeReason.fine:
    case ProbeReason.asked:
      return '';
    case ProbeReason.notFound:
      return missing || `There is no function of this name${detail}. Check its spelling in the list of functions.`;
    case ProbeReason.notTraceable:
      return `It is there, but cannot be traced${detail}: it is marked notrace, or has no place for a probe. Choose a function that calls it.`;
    case ProbeReason.blocklisted:
      return 'The kernel refuses probes here (its blocklist): one of its own traps would hit it. Choose a function that calls it.';
    case ProbeReason.noKprobes:
      return 'This kernel was built without kprobes. Choose a tracepoint, a function of a program, or a ready question: they work without.';
    case ProbeReason.needsSysAdmin:
      return `This kernel allows it to CAP_SYS_ADMIN only${detail}, which the helper gives up. Run Emberscope as root, or choose a tracepoint.`;
    case ProbeReason.lockdown:
      return 'The kernel is locked down: it lets nobody trace this. Booting without Secure Boot, or with lockdown=integrity, allows it.';
    case ProbeReason.notPermitted:
      return value === 0 ? 'This recording takes no probes: start one for probes.' : `The kernel does not permit it (${errorName(value)})${detail}. The Doctor says what it allows.`;
    case ProbeReason.tooMany:
      return 'No more probes can be attached at once: detach one first.';
    case ProbeReason.load:
      return `The kernel did not take the probe's program${detail}. Please report it with this sentence and the kernel's version.`;
    case ProbeReason.noMemory:
      return 'The kernel has no memory left for it: detach other probes, or end other recordings.';
    case ProbeReason.kernelError:
      return `The kernel refused it with ${errorName(value)}${detail}. The Doctor says what it allows.`;
    case ProbeReason.budget:
      return `It cost ${(value / 10).toFixed(1)} % of a CPU, more than it may, and was detached. Choose a function that is called less often, or a filter.`;
    case ProbeReason.moduleGone:
      return 'The file that holds it is not mapped any more: its program ended, or unloaded it.';
    case ProbeReason.badName:
      return 'The helper does not take this name.';
    case ProbeReason.noMechanism:
      return `What it would be attached by is not there on this kernel${detail}.`;
    default:
      return `The helper gave a reason that is not known here (${reason})${detail}.`;
  }
}

export const ENDED = 'The recording ended before it was attached.';
export const ATTACHED_LATE = (path: string): string => `It was attached when ${path} was mapped: what was called before that was not seen.`;
export const NOT_MAPPED = (path: string): string => `No process of this recording has mapped ${path}. Choose a process that uses it.`;
