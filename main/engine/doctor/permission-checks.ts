// SPDX-License-Identifier: Apache-2.0
/** Who may start the helper, and who asks. */
import type { DoctorCheck } from '../../../ipc/contract.ts';
import { INSTALL_COMMAND } from '../failures.ts';
import { available, check, helperRemedy, limited, PKEXEC_REMEDY, unavailable, unknown, type Finding } from './check.ts';
import type { Machine } from './machine.ts';

export function permissionChecks(machine: Machine): DoctorCheck[] {
  return [
    check('permission', 'helper', 'Privileged helper', 'The only part of Emberscope that runs with privileges.', helper(machine)),
    check('permission', 'pkexec', 'pkexec', 'Asks for the permission, so that Emberscope itself need not be root.', pkexec(machine)),
    check('permission', 'profileAction', 'Permission to sample (org.emberscope.profile)', 'Sampling as an ordinary user.', action(machine, 'profile')),
    check('permission', 'traceAction', 'Permission to trace (org.emberscope.trace)', 'Probes as an ordinary user.', action(machine, 'trace')),
    check('permission', 'agent', 'Authentication agent', 'Shows polkit’s dialog.', agent(machine)),
    check('permission', 'unprivilegedBpf', 'BPF for everybody', 'Not used: the helper has CAP_BPF.', unprivilegedBpf(machine)),
    check('permission', 'yama', 'Yama’s ptrace_scope', 'Not used: Emberscope attaches to no process as a debugger does.', yama(machine)),
  ];
}

function helper(machine: Machine): Finding {
  if (machine.helperFailure) return unavailable(machine.helperFailure.message, machine.helperFailure.remedy);
  switch (machine.helper.kind) {
    case 'direct':
      return available(`${machine.helperPath}, version ${machine.version}, is run directly: this user may.`);
    case 'pkexec':
      return available(`${machine.helperPath} is installed, version ${machine.version}.`);
    case 'missing':
      return unavailable(`There is none at ${machine.helperPath}.`, helperRemedy(machine));
    case 'wrongVersion':
      return unavailable(`${machine.helperPath} is of version ${machine.helper.installed}, and this Emberscope is ${machine.version}.`, helperRemedy(machine));
  }
}

/** Nobody needs to be asked. */
const isDirect = ({ helper: found }: Machine): boolean => found.kind === 'direct';

function pkexec(machine: Machine): Finding {
  if (machine.pkexec) return available('/usr/bin/pkexec is there.');
  return isDirect(machine) ? limited('It is not installed; this user does not need it.', PKEXEC_REMEDY) : unavailable('It is not installed.', PKEXEC_REMEDY);
}

function action(machine: Machine, mode: 'profile' | 'trace'): Finding {
  const remedy = `Run \`${INSTALL_COMMAND}\`, which installs it.`;
  if (machine.actions[mode]) return available('polkit knows the action.');
  return isDirect(machine) ? limited('polkit does not know the action; this user does not need it.', remedy) : unavailable('polkit does not know the action.', remedy);
}

function agent(machine: Machine): Finding {
  if (machine.agent !== null) return available(`${machine.agent} runs.`);
  if (isDirect(machine)) return available('Nobody needs to be asked.');
  return unknown('None of those that are known runs in this session.', 'If no dialog comes, start one (desktops have one; on a text console run `pkttyagent`).');
}

function unprivilegedBpf({ unprivilegedBpf: value }: Machine): Finding {
  if (value === null) return available('The kernel has no such setting.');
  return available(value === 0 ? 'kernel.unprivileged_bpf_disabled is 0: others may load programs, too.' : `It is off (kernel.unprivileged_bpf_disabled is ${value}), as it should be.`);
}

function yama({ ptraceScope }: Machine): Finding {
  return available(ptraceScope === null ? 'The kernel has none.' : `kernel.yama.ptrace_scope is ${ptraceScope}.`);
}
