// SPDX-License-Identifier: Apache-2.0
/** The ways of attaching to functions and events. */
import { constants } from 'node:os';
import type { DoctorCheck } from '../../../ipc/contract.ts';
import { INSTALL_COMMAND } from '../failures.ts';
import { attemptOf, available, check, errnoName, hasBtf, hasOption, helperRemedy, isBefore, isPermission, limited, lockdownOf, LOCKDOWN_REMEDY, notTried, refusalWords, unavailable, unknown, type Finding } from './check.ts';
import type { Machine } from './machine.ts';

export function tracingChecks(machine: Machine): DoctorCheck[] {
  return [
    check('tracing', 'traceMode', 'A helper that traces', 'Latency, counts and events of single functions.', traceMode(machine)),
    check('tracing', 'kprobes', 'Kernel functions (kprobes)', 'Any function of the kernel, its arguments and return value.', unlessLocked(machine, kprobes)),
    check('tracing', 'kprobeMulti', 'Many kernel functions at once (kprobe.multi)', 'Patterns like vfs_*, attached together.', unlessLocked(machine, kprobeMulti)),
    check('tracing', 'fentry', 'Kernel functions, cheaply (fentry)', 'The same as kprobes at a fraction of the cost.', unlessLocked(machine, fentry)),
    check('tracing', 'tracepoints', 'Tracepoints', 'Events that the kernel names: system calls, scheduling, disks, network.', unlessLocked(machine, tracepoints)),
    check('tracing', 'rawTracepoints', 'Raw tracepoints', 'Beginnings and ends of processes, waits, and the ready questions.', unlessLocked(machine, rawTracepoints)),
    check('tracing', 'uprobes', 'Functions of programs (uprobes)', 'Any function of a program or library, and markers in it (USDT).', unlessLocked(machine, uprobes)),
    check('tracing', 'uprobeMulti', 'Many functions of programs at once (uprobe_multi)', 'Patterns in programs, and probes without CAP_SYS_ADMIN.', unlessLocked(machine, uprobeMulti)),
    check('tracing', 'tracefs', 'Lists of what can be traced (tracefs)', 'Tracepoints, and which functions can be probed, before it is tried.', tracefs(machine)),
  ];
}

/** A program that does nothing may be let, but none that reads what the kernel remembers, as all of Emberscope's do. */
function unlessLocked(machine: Machine, find: (machine: Machine) => Finding): Finding {
  return lockdownOf(machine) === 'confidentiality' ? unavailable('Lockdown refuses it.', LOCKDOWN_REMEDY) : find(machine);
}

function traceMode(machine: Machine): Finding {
  const { helper } = machine;
  if (helper.kind === 'direct') return available('It is started directly, without asking.');
  if (helper.kind !== 'pkexec') return unavailable(helper.kind === 'missing' ? 'The privileged helper is not installed.' : `The installed helper is of version ${helper.installed}.`, helperRemedy(machine));
  if (!machine.actions.trace) return unavailable('polkit does not know the action org.emberscope.trace.', `Run \`${INSTALL_COMMAND}\`, which installs it.`);
  return available('polkit asks for authentication each time (org.emberscope.trace), in the active session of this computer.');
}

/** Refused by Debian's and Ubuntu's own levels, which leave perf's events to CAP_SYS_ADMIN; null: for another reason. */
function refusedByParanoid(machine: Machine, name: 'kprobes' | 'tracepoints'): Finding | null {
  const attempt = attemptOf(machine, name);
  if (!attempt || !isPermission(attempt.error)) return null;
  const paranoid = attemptOf(machine, 'paranoid')?.value ?? machine.paranoid ?? 0;
  if (paranoid <= 2) return null;
  return unavailable(`The kernel refused it: ${errnoName(attempt.error)} (kernel.perf_event_paranoid is ${paranoid}).`, 'Run `sudo sysctl kernel.perf_event_paranoid=2`.');
}

const NO_KPROBES_REMEDY =
  'It takes a kernel with CONFIG_KPROBES and CONFIG_KPROBE_EVENTS, as those of distributions are. Tracepoints and functions of programs can be traced without.';

function kprobes(machine: Machine): Finding {
  const attempt = attemptOf(machine, 'kprobes');
  const built = machine.eventSources.includes('kprobe');
  if (attempt?.error === 0) return available(`A program was attached to ${attempt.text}.`);
  if (attempt?.error === constants.errno.ENOENT || (!attempt && !built)) return unavailable('The kernel was built without kprobes.', NO_KPROBES_REMEDY);
  if (attempt) {
    return refusedByParanoid(machine, 'kprobes') ?? unavailable(`The kernel refused it: ${refusalWords(attempt)}.`, 'Look whether something forbids kprobes (`cat /sys/kernel/debug/kprobes/enabled` says 1 where they are on).');
  }
  return notTried(machine, 'The kernel has kprobes.');
}

/** What is done in its place. */
const oneByOne = (machine: Machine): string => (kprobes(machine).state === 'unavailable' ? '' : ' Functions of a pattern are attached one by one instead, which takes longer.');

function kprobeMulti(machine: Machine): Finding {
  const attempt = attemptOf(machine, 'kprobeMulti');
  const instead = oneByOne(machine);
  if (attempt?.error === 0) return available(`A program was attached to ${attempt.text}.`);
  if (isBefore(machine.release, 5, 18)) return unavailable(`Kernels before 5.18 do not have it.${instead}`, instead ? 'Nothing need be done; kernels since 5.18 with CONFIG_FPROBE have it.' : 'It takes a kernel since 5.18 with CONFIG_FPROBE.');
  if (attempt && isPermission(attempt.error)) return unavailable(`The kernel refused it: ${refusalWords(attempt)}.${instead}`, 'It takes CAP_PERFMON and CAP_BPF: run Emberscope through pkexec or as root.');
  if (attempt || hasOption(machine, 'CONFIG_FPROBE') === false) {
    const how = attempt ? ` (${errnoName(attempt.error)})` : '';
    return unavailable(`The kernel was built without fprobe${how}.${instead}`, 'It takes a kernel with CONFIG_FPROBE.');
  }
  return notTried(machine, 'The kernel is new enough.');
}

function fentry(machine: Machine): Finding {
  const attempt = attemptOf(machine, 'fentry');
  const hasKprobes = kprobes(machine).state !== 'unavailable';
  const instead = hasKprobes ? ' Kprobes are used instead.' : '';
  if (attempt?.error === 0) return available(`A program was attached to ${attempt.text}.`);
  if (!hasBtf(machine)) return unavailable(`It takes the kernel’s type information (BTF), which is missing.${instead}`, 'Use a kernel with CONFIG_DEBUG_INFO_BTF.');
  if (attempt) {
    const refused = `The kernel refused it: ${refusalWords(attempt)}.${instead}`;
    if (isPermission(attempt.error)) {
      return unavailable(refused, `The kernel does not say why, and this helper has the capabilities that it takes: use another kernel${hasKprobes ? ', or leave it at kprobes' : ', or trace tracepoints and functions of programs'}.`);
    }
    return unavailable(refused, 'It takes a kernel with CONFIG_FUNCTION_TRACER, CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS and CONFIG_BPF_JIT.');
  }
  if (hasOption(machine, 'CONFIG_FUNCTION_TRACER') === false) return unavailable(`The kernel was built without function tracing.${instead}`, 'It takes a kernel with CONFIG_FUNCTION_TRACER and CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS.');
  return notTried(machine, 'The kernel has the type information that it takes.');
}

function tracepoints(machine: Machine): Finding {
  const attempt = attemptOf(machine, 'tracepoints');
  if (attempt?.error === 0) return available(`A program was attached to ${attempt.text}.`);
  if (attempt?.error === constants.errno.ENOENT || (!attempt && !machine.tracefs)) {
    return machine.eventSources.includes('tracepoint')
      ? unavailable('tracefs, which numbers them, is not mounted.', TRACEFS_REMEDY)
      : unavailable('The kernel was built without tracepoints for perf.', 'Use a kernel with CONFIG_FTRACE and CONFIG_PERF_EVENTS.');
  }
  if (attempt) return refusedByParanoid(machine, 'tracepoints') ?? unavailable(`The kernel refused it: ${refusalWords(attempt)}.`, 'It takes CAP_PERFMON: run Emberscope through pkexec or as root.');
  return notTried(machine, 'The kernel has them.');
}

function rawTracepoints(machine: Machine): Finding {
  const attempt = attemptOf(machine, 'rawTracepoints');
  if (attempt?.error === 0) return available(`A program was attached to ${attempt.text}.`);
  if (!attempt) return notTried(machine, 'Kernels that can be sampled have them.');
  return unavailable(`The kernel refused it: ${refusalWords(attempt)}.`, 'Use a kernel with CONFIG_BPF_EVENTS; the ready questions and waits need it.');
}

function uprobes(machine: Machine): Finding {
  const attempt = attemptOf(machine, 'uprobes');
  const multi = attemptOf(machine, 'uprobeMulti');
  const built = machine.eventSources.includes('uprobe');
  if (multi?.error === 0) return available('A program was attached by uprobe_multi.');
  if (attempt?.error === 0) return available('A program was attached by perf’s uprobes.');
  if (attempt?.error === constants.errno.ENOENT || (!attempt && !built)) return unavailable('The kernel was built without uprobes.', 'Use a kernel with CONFIG_UPROBES and CONFIG_UPROBE_EVENTS.');
  if (!attempt) return notTried(machine, 'The kernel has uprobes.');
  if (isPermission(attempt.error) && machine.attempts?.mode === 'profile') {
    return unknown('On this kernel it takes CAP_SYS_ADMIN, which only a helper that traces keeps.', 'Measure a function: that asks for authentication to trace.');
  }
  return unavailable(`The kernel refused it: ${errnoName(attempt.error)}.`, isPermission(attempt.error) ? 'On kernels before 6.6 it takes CAP_SYS_ADMIN: run Emberscope through pkexec or as root.' : 'Use a kernel with CONFIG_UPROBE_EVENTS.');
}

function uprobeMulti(machine: Machine): Finding {
  const attempt = attemptOf(machine, 'uprobeMulti');
  if (attempt?.error === 0) return available('A program was attached to a function of the helper.');
  const instead = uprobes(machine).state === 'unavailable' ? '' : ' Functions of programs are attached one by one instead, by a helper that keeps CAP_SYS_ADMIN.';
  if (isBefore(machine.release, 6, 6)) return unavailable(`Kernels before 6.6 do not have it.${instead}`, instead ? 'Nothing need be done; kernels since 6.6 have it.' : 'It takes a kernel since 6.6.');
  if (attempt) return unavailable(`The kernel refused it: ${errnoName(attempt.error)}.${instead}`, 'Use a kernel since 6.6 with CONFIG_UPROBE_EVENTS.');
  return notTried(machine, 'The kernel is new enough.');
}

const TRACEFS_REMEDY = 'Run `sudo mount -t tracefs nodev /sys/kernel/tracing`.';

function tracefs(machine: Machine): Finding {
  const attempt = attemptOf(machine, 'tracefs');
  if (attempt?.error === 0) return available(`The helper reads ${attempt.text}.`);
  if (!machine.tracefs && (!attempt || attempt.error === constants.errno.ENOENT)) return unavailable('It is not mounted.', TRACEFS_REMEDY);
  if (attempt) return limited(`The helper cannot read it (${errnoName(attempt.error)}): what can be traced is found out by trying.`, 'Run `sudo chmod a+rx /sys/kernel/tracing`, or run Emberscope as root.');
  return notTried(machine, 'It is mounted.');
}
