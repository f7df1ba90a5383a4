// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { DoctorCheck } from '../../../ipc/contract.ts';
import type { Machine, TargetFile } from './machine.ts';
import { reportOn } from './report.ts';
import { attempts, machine, refusing, refusingProfile, unasked } from './testing/made-up.ts';

const { EACCES, EINVAL, ENOENT, ENOSYS, EOPNOTSUPP, EPERM } = constants.errno;

function checkOf(about: Machine, name: string): DoctorCheck {
  const found = reportOn(about).checks.find((check) => check.name === name);
  if (!found) throw new Error(`no check ${name}`);
  return found;
}

const file = (path: string, names: TargetFile['names'], more: Partial<TargetFile> = {}): TargetFile => ({ path, names, lines: names === 'symbols', problem: '', debugPackage: null, ...more });

describe('a good computer', () => {
  test('can do everything, and nothing need be done', () => {
    const { checks, kernel } = reportOn(machine());
    expect(kernel).toBe('6.12.43-amd64');
    expect(checks.filter(({ state }) => state !== 'available')).toEqual([]);
    expect(checks.filter(({ remedy }) => remedy !== '')).toEqual([]);
  });

  test('every check has a name of its own, a title, a detail and a use', () => {
    const { checks } = reportOn(machine({ target: { tgid: 1, kind: 'files', name: 'a', files: [file('/bin/a', 'symbols')] } }));
    expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length);
    for (const check of checks) for (const text of [check.title, check.detail, check.use]) expect(text, check.name).not.toBe('');
  });

  test('before anybody authenticated, what only a helper can tell is not known, and how to change that is said', () => {
    const { checks } = reportOn(unasked());
    const asked = checks.filter(({ state }) => state === 'unknown');
    expect(asked.map(({ name }) => name)).toEqual(expect.arrayContaining(['bpf', 'perfEvents', 'kprobes', 'fentry', 'uprobes', 'tracepoints']));
    for (const { detail, remedy } of asked) {
      expect(detail).toContain('that would ask for a password');
      expect(remedy).toContain('authentication');
    }
    expect(checkOf(unasked(), 'sampling')).toMatchObject({ state: 'available', detail: expect.stringContaining('authentication') as string });
  });
});

/** [check, state, what is different, part of the detail, part of the remedy] */
const cases: [string, DoctorCheck['state'], Machine, string, string][] = [
  // sampling
  ['sampling', 'unavailable', unasked({ helper: { kind: 'missing', command: 'npm run install-helper' } }), 'not installed', '`npm run install-helper`'],
  ['sampling', 'unavailable', unasked({ helper: { kind: 'wrongVersion', installed: '1.0.0', command: 'npm run install-helper' } }), '1.0.0', '`npm run install-helper`'],
  ['sampling', 'unavailable', unasked({ pkexec: false }), 'pkexec', 'apt-get install pkexec polkitd'],
  ['sampling', 'unavailable', machine({ attempts: null, helperFailure: { code: 'privileges', message: 'It lacks CAP_BPF.', remedy: 'Run it on the host.' } }), 'It lacks CAP_BPF.', 'Run it on the host.'],
  ['sampling', 'unavailable', refusing({ btf: { error: ENOENT } }, { btf: false }), 'BTF', 'CONFIG_DEBUG_INFO_BTF'],
  ['bpf', 'unavailable', refusing({ bpf: { error: ENOSYS } }), 'without bpf(2)', 'CONFIG_BPF_SYSCALL'],
  ['bpf', 'unavailable', refusing({ bpf: { error: EPERM } }, { container: 'docker' }), 'EPERM', 'on the host'],
  ['bpf', 'unavailable', refusing({ bpf: { error: EPERM } }), 'EPERM', 'seccomp'],
  ['bpf', 'unavailable', unasked({ options: new Set(['CONFIG_X']) }), 'without bpf(2)', 'CONFIG_BPF_SYSCALL'],
  ['btf', 'unavailable', unasked({ btf: false }), '/sys/kernel/btf/vmlinux', 'CONFIG_DEBUG_INFO_BTF'],
  ['perfEvents', 'unavailable', refusing({ perfEvents: { error: EACCES }, paranoid: { value: 4 } }), 'perf_event_paranoid is 4', 'sysctl kernel.perf_event_paranoid=2'],
  ['perfEvents', 'unavailable', refusing({ perfEvents: { error: EACCES } }, { container: 'podman' }), 'EACCES', 'on the host'],
  ['perfEvents', 'unavailable', unasked({ paranoid: null }), 'without perf events', 'CONFIG_PERF_EVENTS'],
  ['lockdown', 'unavailable', unasked({ lockdown: 'confidentiality' }), 'confidentiality', 'lockdown=integrity'],
  ['lockdown', 'available', refusing({ lockdown: { value: 1 } }), 'integrity', ''],
  ['perfEvents', 'unavailable', refusing({ perfEvents: { error: EPERM }, lockdown: { value: 2 } }), 'Lockdown', 'lockdown=integrity'],
  ['cycles', 'unavailable', refusing({ cycles: { error: ENOENT } }), 'There is none', 'cpu-clock'],
  ['cycles', 'unavailable', unasked({ hardwareCycles: false }), 'There is none', 'cpu-clock'],
  ['cycles', 'unavailable', refusing({ cycles: { error: EACCES } }), 'EACCES', 'perf_event_paranoid=2'],
  ['kernelSymbols', 'unavailable', refusing({ kernelSymbols: { error: EPERM } }), 'kallsyms', 'kptr_restrict=1'],
  ['kernelSymbols', 'unavailable', unasked({ kptrRestrict: 2 }), 'kptr_restrict is 2', 'kptr_restrict=1'],
  ['bpfStats', 'limited', refusing({ bpfStats: { error: EPERM } }), 'EPERM', 'as root'],
  ['memlock', 'limited', refusing({ memlock: { value: 65536 } }, { release: '5.10.0-30-amd64' }), '64 KiB', 'ulimit -l unlimited'],
  ['memlock', 'available', refusing({ memlock: { value: 65536 } }), '5.11', ''],
  // tracing
  ['traceMode', 'unavailable', unasked({ actions: { profile: true, trace: false } }), 'org.emberscope.trace', 'install-helper'],
  ['traceMode', 'unavailable', unasked({ helper: { kind: 'missing', command: 'npm run install-helper' } }), 'not installed', 'install-helper'],
  ['kprobes', 'unavailable', refusing({ kprobes: { error: ENOENT } }), 'built without kprobes', 'CONFIG_KPROBES'],
  ['kprobes', 'unavailable', unasked({ eventSources: ['uprobe'] }), 'built without kprobes', 'CONFIG_KPROBES'],
  ['kprobes', 'unavailable', refusing({ kprobes: { error: EACCES }, paranoid: { value: 3 } }), 'perf_event_paranoid is 3', 'perf_event_paranoid=2'],
  ['kprobes', 'unavailable', refusing({ kprobes: { error: EPERM }, lockdown: { value: 2 } }), 'Lockdown', 'lockdown=integrity'],
  ['kprobes', 'unavailable', refusing({ kprobes: { error: EINVAL } }), 'EINVAL', 'kprobes/enabled'],
  ['kprobeMulti', 'unavailable', refusing({ kprobeMulti: { error: EINVAL } }, { release: '5.10.0-30-amd64' }), 'one by one', 'Nothing need be done'],
  ['kprobeMulti', 'unavailable', refusing({ kprobeMulti: { error: EOPNOTSUPP } }), 'without fprobe (EOPNOTSUPP)', 'CONFIG_FPROBE'],
  ['kprobeMulti', 'unavailable', unasked({ options: new Set(['CONFIG_KPROBES']) }), 'without fprobe', 'CONFIG_FPROBE'],
  ['fentry', 'unavailable', refusing({ fentry: { error: EPERM, text: 'loading for kernel_clone' } }), 'EPERM, when it was tried (loading for kernel_clone). Kprobes are used', 'leave it at kprobes'],
  ['fentry', 'unavailable', refusing({ fentry: { error: EPERM }, kprobes: { error: ENOENT } }), 'EPERM', 'tracepoints and functions of programs'],
  ['fentry', 'unavailable', refusing({ fentry: { error: 524 } }), 'ENOTSUPP', 'CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS'],
  ['fentry', 'unavailable', unasked({ btf: false }), 'BTF', 'CONFIG_DEBUG_INFO_BTF'],
  ['fentry', 'unavailable', unasked({ options: new Set() }), 'without function tracing', 'CONFIG_FUNCTION_TRACER'],
  ['tracepoints', 'unavailable', refusing({ tracepoints: { error: ENOENT } }), 'not mounted', 'mount -t tracefs'],
  ['tracepoints', 'unavailable', refusing({ tracepoints: { error: ENOENT } }, { eventSources: [] }), 'without tracepoints', 'CONFIG_FTRACE'],
  ['tracepoints', 'unavailable', refusing({ tracepoints: { error: EACCES }, paranoid: { value: 3 } }), 'perf_event_paranoid is 3', 'perf_event_paranoid=2'],
  ['rawTracepoints', 'unavailable', refusing({ rawTracepoints: { error: EINVAL } }), 'EINVAL', 'CONFIG_BPF_EVENTS'],
  ['uprobes', 'unavailable', refusing({ uprobes: { error: ENOENT }, uprobeMulti: { error: EINVAL } }), 'without uprobes', 'CONFIG_UPROBES'],
  ['uprobes', 'available', refusing({ uprobes: { error: EACCES } }), 'uprobe_multi', ''],
  ['uprobes', 'unknown', refusingProfile({ uprobes: { error: EACCES }, uprobeMulti: { error: EINVAL } }, { release: '6.1.0-30-amd64' }), 'CAP_SYS_ADMIN', 'authentication to trace'],
  ['uprobes', 'unavailable', refusing({ uprobes: { error: EACCES }, uprobeMulti: { error: EINVAL } }, { release: '6.1.0-30-amd64' }), 'EACCES', 'pkexec or as root'],
  ['uprobeMulti', 'unavailable', refusing({ uprobeMulti: { error: EINVAL } }, { release: '6.1.0-30-amd64' }), 'before 6.6', 'Nothing need be done'],
  ['uprobeMulti', 'unavailable', refusing({ uprobeMulti: { error: EINVAL } }), 'EINVAL', 'CONFIG_UPROBE_EVENTS'],
  ['tracefs', 'unavailable', unasked({ tracefs: false }), 'not mounted', 'mount -t tracefs nodev /sys/kernel/tracing'],
  ['tracefs', 'limited', refusing({ tracefs: { error: EACCES } }), 'EACCES', 'chmod a+rx'],
  // permission
  ['helper', 'unavailable', unasked({ helper: { kind: 'missing', command: 'npm run install-helper' } }), '/usr/libexec/emberscope', 'install-helper'],
  ['helper', 'unavailable', unasked({ helper: { kind: 'wrongVersion', installed: '1.0.0', command: 'npm run install-helper' } }), 'version 1.0.0, and this Emberscope is 1.2.3', 'install-helper'],
  ['helper', 'unavailable', machine({ attempts: null, helperFailure: { code: 'x', message: 'It ended.', remedy: 'Build it.' } }), 'It ended.', 'Build it.'],
  ['pkexec', 'unavailable', unasked({ pkexec: false }), 'not installed', 'apt-get install pkexec polkitd'],
  ['pkexec', 'limited', machine({ pkexec: false }), 'does not need it', 'apt-get install pkexec polkitd'],
  ['profileAction', 'unavailable', unasked({ actions: { profile: false, trace: true } }), 'does not know', 'install-helper'],
  ['traceAction', 'limited', machine({ actions: { profile: true, trace: false } }), 'does not need it', 'install-helper'],
  ['agent', 'unknown', unasked({ agent: null }), 'None', 'pkttyagent'],
  ['agent', 'available', machine({ agent: null }), 'Nobody needs to be asked', ''],
  ['unprivilegedBpf', 'available', machine({ unprivilegedBpf: 0 }), 'is 0', ''],
  ['yama', 'available', machine({ ptraceScope: 2 }), 'ptrace_scope is 2', ''],
  // names
  ['symbolReader', 'unavailable', machine({ symbolReader: 'It is missing.' }), 'It is missing.', 'npm run setup'],
  ['debuginfod', 'limited', machine({ debuginfodServers: [] }), 'DEBUGINFOD_URLS', 'export DEBUGINFOD_URLS='],
  [
    'debugFiles',
    'limited',
    machine({ debuginfodServers: [], target: { tgid: 7, kind: 'files', name: 'a', files: [file('/bin/a', 'none')] } }),
    'stripped: a',
    'set DEBUGINFOD_URLS',
  ],
  ['debugFiles', 'unknown', machine({ target: { tgid: 7, kind: 'gone' } }), 'no such process', 'one that runs'],
  ['debugFiles', 'unknown', machine({ target: { tgid: 7, kind: 'hidden' } }), 'another user', 'Record it'],
  [
    'debugFiles',
    'limited',
    machine({ target: { tgid: 7, kind: 'files', name: 'server', files: [file('/bin/server', 'symbols'), file('/lib/libssl.so.3', 'exported', { debugPackage: 'libssl3-dbgsym' })] } }),
    '1 of 2 files have all their names, 1 their source lines; stripped: libssl.so.3',
    'apt-get install libssl3-dbgsym`; or let Emberscope fetch them',
  ],
  [
    'debugFiles',
    'limited',
    machine({ target: { tgid: 7, kind: 'files', name: 'server', files: [file('/bin/server', 'unreadable', { problem: 'It is gone.' })] } }),
    'not readable: server (It is gone)',
    'the helper reads',
  ],
  // computer
  ['kernel', 'unavailable', machine({ release: '4.19.0' }), 'older than 5.10', '5.10 or later'],
  ['container', 'limited', machine({ container: 'docker', seesAll: false }), 'docker', 'on the host'],
  ['container', 'available', machine({ container: 'docker' }), 'sees every process', ''],
];

describe('what is missing', () => {
  test.each(cases)('%s is %s, with the reason and what to do (case %#)', (name, state, about, detail, remedy) => {
    const found = checkOf(about, name);
    expect(found.state).toBe(state);
    expect(found.detail).toContain(detail);
    if (remedy === '') expect(found.remedy).toBe('');
    else expect(found.remedy).toContain(remedy);
  });

  test('a computer without kprobes is not told that they stand in for anything', () => {
    const about = refusing({ kprobes: { error: ENOENT }, kprobeMulti: { error: EOPNOTSUPP }, fentry: { error: EPERM } });
    for (const name of ['kprobeMulti', 'fentry']) expect(checkOf(about, name).detail).not.toMatch(/one by one|Kprobes are used/);
  });

  test('under lockdown nothing that traces is called available, whatever a program that does nothing was let', () => {
    const about = refusing({ lockdown: { value: 2 } });
    const tracing = reportOn(about).checks.filter(({ group, name }) => group === 'tracing' && !['traceMode', 'tracefs'].includes(name));
    expect(tracing).toHaveLength(7);
    for (const check of tracing) expect(check).toMatchObject({ state: 'unavailable', remedy: expect.stringContaining('lockdown') as string });
  });

  test('a helper on another computer is believed, not what is to be seen here', () => {
    const elsewhere = refusing({ btf: { error: ENOENT } }, { lockdown: 'confidentiality', btf: true });
    expect(checkOf(elsewhere, 'btf').state).toBe('unavailable');
    expect(checkOf(elsewhere, 'lockdown').state).toBe('available');
  });

  test('whatever is refused, everything that is not available says what to do', () => {
    for (const error of [EPERM, EACCES, ENOENT, EINVAL, 524]) {
      const everything = attempts();
      const refused = Object.fromEntries(Object.keys(everything).map((name) => [name, { error }]));
      for (const about of [refusing(refused), refusingProfile(refused), refusing(refused, { release: '5.10.0', container: 'lxc', seesAll: false })]) {
        for (const { name, state, remedy, detail } of reportOn(about).checks) {
          if (state !== 'available') expect(remedy, `${name}: ${detail}`).not.toBe('');
          expect(detail, name).not.toMatch(/undefined|NaN/);
        }
      }
    }
  });
});
