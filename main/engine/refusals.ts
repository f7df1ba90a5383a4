// SPDX-License-Identifier: Apache-2.0
/** Why the helper refuses, in words: every enum wire_error. */
import type { Failure } from '../../ipc/contract.ts';
import { INSTALL_COMMAND, targetFailures } from './failures.ts';
import { WireError } from './wire-layout.gen.ts';

const errnoNames: Record<number, string> = { 1: 'EPERM', 12: 'ENOMEM', 13: 'EACCES', 16: 'EBUSY', 22: 'EINVAL', 24: 'EMFILE', 38: 'ENOSYS' };
const errno = (value: number): string => errnoNames[Math.abs(value)] ?? `error ${Math.abs(value)}`;

/**
 * A REFUSED frame in words.
 * @param value tgid, errno or limit, as wire.h says for each error; @param text the kernel's own words, or empty.
 */
export function refusal(error: number, value: number, text: string): Failure {
  const tail = text ? ` The helper says: ${text.replace(/[.\s]+$/, '')}.` : '';
  const known: Record<WireError, Failure> = {
    [WireError.malformed]: {
      code: 'requestMalformed',
      message: `The helper did not understand the engine's request.${tail}`,
      remedy: `Install the matching helper with \`${INSTALL_COMMAND}\`; if it stays so, report it with this sentence.`,
    },
    [WireError.frequency]: targetFailures.frequency(value),
    [WireError.noSuchProcess]: targetFailures.noSuchProcess(value),
    [WireError.notPermitted]: {
      code: 'notPermitted',
      message: `The kernel does not permit sampling (${errno(value)}).${tail}`,
      remedy: `Run Emberscope as root, or install the helper with \`${INSTALL_COMMAND}\`; in a container, profile from the host.`,
    },
    [WireError.noBtf]: {
      code: 'noBtf',
      message: 'This kernel has no type information (/sys/kernel/btf/vmlinux is missing), which the sampling program needs.',
      remedy: "Use a distribution's kernel of version 5.10 or later, or one built with CONFIG_DEBUG_INFO_BTF.",
    },
    [WireError.noBpf]: {
      code: 'noBpf',
      message: `This kernel does not allow BPF programs (${errno(value)}).${tail}`,
      remedy: 'Use a kernel of version 5.10 or later with CONFIG_BPF_SYSCALL; in a container, profile from the host.',
    },
    [WireError.load]: {
      code: 'bpfLoad',
      message: `The kernel refused the sampling program.${tail}`,
      remedy: 'Please report it with this sentence and the output of `uname -r`.',
    },
    [WireError.perfEvent]: {
      code: 'perfEvent',
      message: `The kernel did not open the sampling clock (${errno(value)}).${tail}`,
      remedy: 'Check that the kernel has perf events (/proc/sys/kernel/perf_event_paranoid exists); in a virtual machine or container, profile from the host.',
    },
    [WireError.memory]: {
      code: 'memory',
      message: 'There was not enough memory to start sampling.',
      remedy: 'Close something that uses much memory, then start again.',
    },
    [WireError.descriptors]: {
      code: 'descriptors',
      message: `The target has more threads than the helper may open files (${value.toLocaleString('en')}).`,
      remedy: 'Record at 400 Hz or less, which needs one file a CPU, or raise the hard limit of open files (`ulimit -Hn`).',
    },
    [WireError.lockdown]: {
      code: 'lockdown',
      message: 'The kernel is locked down (confidentiality), which forbids sampling.',
      remedy: 'Boot without lockdown=confidentiality; integrity mode is fine.',
    },
    [WireError.tooManySessions]: {
      code: 'tooManySessions',
      message: 'Too many recordings run at the same time.',
      remedy: 'Stop one of them, then start again.',
    },
    [WireError.noCycles]: {
      code: 'noCycles',
      message: 'This machine has no hardware counter for CPU cycles (virtual machines often have none).',
      remedy: 'Record with the software clock, which is the default.',
    },
    [WireError.targets]: {
      code: 'targets',
      message: 'No process was chosen, too many were, or one was named twice.',
      remedy: 'Choose each process once, at most 1,024 of them, or the whole system.',
    },
    [WireError.bpfObject]: {
      code: 'bpfObject',
      message: 'A program for the kernel (on_cpu.bpf.o or its like) is missing beside the helper.',
      remedy: `Run \`npm run setup\`, or \`${INSTALL_COMMAND}\` for the installed helper.`,
    },
    [WireError.privileges]: {
      code: 'privileges',
      message: `The helper could not take on the privileges it needs.${tail}`,
      remedy: `Install it again with \`${INSTALL_COMMAND}\`; in a container, profile from the host.`,
    },
    [WireError.notCaller]: {
      code: 'notCaller',
      message: 'The helper was not started by the user whom it is to serve.',
      remedy: 'Start Emberscope directly, not through another program that changes the user.',
    },
    [WireError.internal]: { code: 'helperInternal', message: `The helper failed.${tail}`, remedy: 'Please report it with this sentence.' },
  };
  return (
    known[error as WireError] ?? {
      code: 'helperInternal',
      message: `The helper refused with an error that this version does not know (${error}).${tail}`,
      remedy: `Install the matching helper with \`${INSTALL_COMMAND}\`.`,
    }
  );
}
