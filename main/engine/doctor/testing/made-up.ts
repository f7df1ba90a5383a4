// SPDX-License-Identifier: Apache-2.0
/** Computers for tests: a good one, and what is different about another. */
import { constants } from 'node:os';
import { Capability } from '../../wire-layout.gen.ts';
import type { Attempt, Capabilities, CapabilityName, Machine } from '../machine.ts';

const { EPERM } = constants.errno;

/** Everything was let, but what is named; a helper to profile is told that it may not trace. */
export function attempts(different: Partial<Record<CapabilityName, Partial<Attempt>>> = {}): Capabilities {
  const values: Partial<Record<CapabilityName, number>> = { memlock: -1, paranoid: 2 };
  const texts: Partial<Record<CapabilityName, string>> = { kprobes: 'kernel_clone', fentry: 'kernel_clone', tracefs: '/sys/kernel/tracing', tracepoints: 'sched:sched_process_exit' };
  return Object.fromEntries(
    (Object.keys(Capability) as CapabilityName[]).map((name) => [name, { error: 0, value: values[name] ?? 0, text: texts[name] ?? '', ...different[name] }]),
  ) as Capabilities;
}

/** A distribution's computer on which root runs Emberscope. */
export function machine(different: Partial<Machine> = {}): Machine {
  return {
    release: '6.12.43-amd64',
    options: null,
    btf: true,
    lockdown: 'none',
    paranoid: 2,
    kptrRestrict: 0,
    unprivilegedBpf: 2,
    ptraceScope: 0,
    memlock: 8 * 2 ** 20,
    tracefs: true,
    eventSources: ['breakpoint', 'cpu', 'kprobe', 'software', 'tracepoint', 'uprobe'],
    hardwareCycles: true,
    container: null,
    seesAll: true,
    helper: { kind: 'direct' },
    helperPath: '/usr/libexec/emberscope/emberscope-helper',
    version: '1.2.3',
    pkexec: true,
    actions: { profile: true, trace: true },
    agent: 'gnome-shell',
    attempts: { mode: 'trace', capabilities: attempts() },
    whyNotAsked: '',
    helperFailure: null,
    node: '24.0.0',
    electron: null,
    shell: 'chromium',
    shellReason: '',
    symbolReader: '',
    debuginfodServers: ['debuginfod.debian.net'],
    target: null,
    ...different,
  };
}

/** What a user sees before anybody authenticated. */
export function unasked(different: Partial<Machine> = {}): Machine {
  return machine({ helper: { kind: 'pkexec' }, attempts: null, whyNotAsked: 'that would ask for a password', ...different });
}

/** With what a helper was refused. */
export function refusing(different: Partial<Record<CapabilityName, Partial<Attempt>>>, more: Partial<Machine> = {}): Machine {
  return machine({ attempts: { mode: 'trace', capabilities: attempts(different) }, ...more });
}

/** The same, of a helper that was started to profile. */
export function refusingProfile(different: Partial<Record<CapabilityName, Partial<Attempt>>>, more: Partial<Machine> = {}): Machine {
  const capabilities = attempts({ traceMode: { error: EPERM }, ...different });
  return machine({ helper: { kind: 'pkexec' }, attempts: { mode: 'profile', capabilities }, ...more });
}
