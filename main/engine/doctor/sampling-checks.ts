// SPDX-License-Identifier: Apache-2.0
/** What sampling needs of the kernel. */
import { constants } from 'node:os';
import type { DoctorCheck } from '../../../ipc/contract.ts';
import {
  attemptOf,
  available,
  check,
  errnoName,
  hasBtf,
  hasOption,
  helperRemedy,
  isBefore,
  isPermission,
  limited,
  lockdownOf,
  LOCKDOWN_REMEDY,
  notTried,
  PKEXEC_REMEDY,
  unavailable,
  type Finding,
} from './check.ts';
import type { Machine } from './machine.ts';

/** The first is the sum of the others: whether anything can be sampled. */
export function samplingChecks(machine: Machine): DoctorCheck[] {
  const needed = [
    check('sampling', 'bpf', 'BPF programs', 'Everything that is measured in the kernel.', bpf(machine)),
    check('sampling', 'btf', 'Type information of the kernel (BTF)', 'BPF programs that fit any kernel; arguments of its functions by name.', btf(machine)),
    check('sampling', 'perfEvents', 'Sampling clock (perf events)', 'Samples of what runs, up to 9,999 a second.', perfEvents(machine)),
    check('sampling', 'lockdown', 'Kernel lockdown', 'Reading the kernel’s memory, which stacks and arguments need.', lockdown(machine)),
  ];
  return [
    check('sampling', 'sampling', 'Sampling', 'A live flame graph of any program.', sampling(machine, needed)),
    ...needed,
    check('sampling', 'cycles', 'Hardware counter of CPU cycles', 'Samples by the processor’s own counter instead of a timer.', cycles(machine)),
    check('sampling', 'kernelSymbols', 'Names of the kernel’s functions', 'Kernel frames by name.', kernelSymbols(machine)),
    check('sampling', 'bpfStats', 'Cost of BPF programs', 'What sampling itself costs.', bpfStats(machine)),
    check('sampling', 'memlock', 'Memory for BPF maps', 'Counts and stacks in the kernel.', memlock(machine)),
  ];
}

function sampling(machine: Machine, needed: readonly DoctorCheck[]): Finding {
  const { helper } = machine;
  const missing = needed.filter(({ state }) => state === 'unavailable');
  if (missing.length > 0) {
    const [first] = missing;
    return unavailable(`It does not work here: ${missing.map(({ title }) => title).join(', ')}.`, first!.remedy);
  }
  if (helper.kind === 'missing') return unavailable('The privileged helper is not installed.', helperRemedy(machine));
  if (helper.kind === 'wrongVersion') return unavailable(`The installed helper is of version ${helper.installed}.`, helperRemedy(machine));
  if (helper.kind === 'pkexec' && !machine.pkexec) return unavailable('pkexec, which asks for the permission, is not installed.', PKEXEC_REMEDY);
  if (machine.helperFailure) return unavailable(machine.helperFailure.message, machine.helperFailure.remedy);
  if (machine.attempts) return available('A helper tried all that it takes.');
  return available('What can be seen without privileges is there; the first start asks for authentication.');
}

function bpf(machine: Machine): Finding {
  const attempt = attemptOf(machine, 'bpf');
  if (attempt?.error === 0) return available('A program was loaded.');
  if (attempt && attempt.error === constants.errno.ENOSYS) return unavailable('The kernel was built without bpf(2).', 'Use a kernel with CONFIG_BPF_SYSCALL, as those of distributions are.');
  if (attempt && isPermission(attempt.error) && lockdownOf(machine) === 'confidentiality') return unavailable('Lockdown refuses it.', LOCKDOWN_REMEDY);
  if (attempt && isPermission(attempt.error)) {
    return unavailable(
      `The kernel refused a program (${errnoName(attempt.error)}).`,
      machine.container === null ? 'Look for what forbids it: a security module, or a seccomp filter around this session.' : 'A container forbids it: run Emberscope on the host.',
    );
  }
  if (attempt) return unavailable(`The kernel refused a program (${errnoName(attempt.error)}).`, 'Please report it with this sentence and the output of `uname -r`.');
  if (hasOption(machine, 'CONFIG_BPF_SYSCALL') === false) return unavailable('The kernel was built without bpf(2).', 'Use a kernel with CONFIG_BPF_SYSCALL, as those of distributions are.');
  return notTried(machine, 'Nothing speaks against it.');
}

function btf(machine: Machine): Finding {
  if (hasBtf(machine)) return available('/sys/kernel/btf/vmlinux can be read.');
  return unavailable('/sys/kernel/btf/vmlinux is missing.', 'Use a distribution’s kernel of version 5.10 or later, or one built with CONFIG_DEBUG_INFO_BTF.');
}

function perfEvents(machine: Machine): Finding {
  const attempt = attemptOf(machine, 'perfEvents');
  const paranoid = attemptOf(machine, 'paranoid')?.value ?? machine.paranoid;
  const level = paranoid === null ? '' : ` (kernel.perf_event_paranoid is ${paranoid})`;
  if (attempt?.error === 0) return available(`An event was opened${level}.`);
  if (attempt && lockdownOf(machine) === 'confidentiality') return unavailable('Lockdown refuses it.', LOCKDOWN_REMEDY);
  if (attempt && isPermission(attempt.error)) {
    return unavailable(
      `The kernel refused an event: ${errnoName(attempt.error)}${level}.`,
      machine.container === null
        ? 'Run `sudo sysctl kernel.perf_event_paranoid=2`; a file in /etc/sysctl.d makes it last.'
        : 'A container forbids it: run Emberscope on the host.',
    );
  }
  if (attempt) return unavailable(`The kernel refused an event: ${errnoName(attempt.error)}.`, 'Use a kernel with CONFIG_PERF_EVENTS.');
  if (paranoid === null) return unavailable('The kernel was built without perf events.', 'Use a kernel with CONFIG_PERF_EVENTS.');
  return notTried(machine, `The kernel has them${level}.`);
}

function lockdown(machine: Machine): Finding {
  switch (lockdownOf(machine)) {
    case 'none':
      return available('The kernel is not locked down.');
    case 'integrity':
      return available('It is “integrity”, which allows reading: only what writes is refused.');
    case 'confidentiality':
      return unavailable('It is “confidentiality”: the kernel refuses what reads its memory, so nothing can be sampled.', LOCKDOWN_REMEDY);
  }
}

function cycles(machine: Machine): Finding {
  const attempt = attemptOf(machine, 'cycles');
  const instead = 'Nothing need be done: the timer (cpu-clock) is as good for where time goes. Virtual machines rarely pass the counter on.';
  if (attempt?.error === 0) return available('A counter was opened.');
  if (attempt && isPermission(attempt.error)) return unavailable(`The kernel refused it: ${errnoName(attempt.error)}.`, 'Run `sudo sysctl kernel.perf_event_paranoid=2`.');
  if (attempt) return unavailable(`There is none (${errnoName(attempt.error)}).`, instead);
  return machine.hardwareCycles ? notTried(machine, 'The processor has one.') : unavailable('There is none.', instead);
}

function kernelSymbols(machine: Machine): Finding {
  const attempt = attemptOf(machine, 'kernelSymbols');
  if (attempt?.error === 0) return available('/proc/kallsyms shows addresses.');
  if (attempt) return unavailable('/proc/kallsyms hides addresses, even from the helper.', 'Run `sudo sysctl kernel.kptr_restrict=1` (2 hides them from everybody).');
  if (machine.kptrRestrict === 2) return unavailable('kernel.kptr_restrict is 2, which hides addresses from everybody.', 'Run `sudo sysctl kernel.kptr_restrict=1`.');
  return notTried(machine, `The helper may see addresses (kernel.kptr_restrict is ${machine.kptrRestrict ?? 'not there'}).`);
}

function bpfStats(machine: Machine): Finding {
  const attempt = attemptOf(machine, 'bpfStats');
  if (attempt?.error === 0) return available('The kernel measures it.');
  if (attempt) return limited(`The kernel did not switch it on (${errnoName(attempt.error)}): the cost is shown as 0.`, 'It takes CAP_SYS_ADMIN when the helper starts: run Emberscope through pkexec or as root.');
  return notTried(machine, isBefore(machine.release, 5, 8) ? 'Kernels before 5.8 cannot.' : 'The kernel can.');
}

/** What the maps of an ordinary session take. */
const WANTED_BYTES = 128 * 2 ** 20;

function memlock(machine: Machine): Finding {
  if (!isBefore(machine.release, 5, 11)) return available('Kernels since 5.11 count it as ordinary memory.');
  const attempt = attemptOf(machine, 'memlock');
  const bytes = attempt ? (attempt.value < 0 ? null : attempt.value) : machine.memlock;
  if (bytes === null) return available('There is no limit of locked memory.');
  const amount = `${Math.round(bytes / 1024).toLocaleString('en')} KiB`;
  if (bytes >= WANTED_BYTES) return available(`${amount} may be locked.`);
  if (!attempt) return notTried(machine, `This process may lock ${amount}; the helper raises that where it may.`);
  return limited(`Only ${amount} of memory may be locked, and kernels before 5.11 count BPF maps as that.`, 'Run `ulimit -l unlimited` as root before Emberscope, or set `memlock` in /etc/security/limits.conf.');
}

