// SPDX-License-Identifier: Apache-2.0
/** Test only. What a Doctor finds on a computer without kprobes, whose user has not authenticated yet. */
import type { DoctorCheck, DoctorReport } from '../../ipc/contract.ts';

type Row = [group: DoctorCheck['group'], name: string, title: string, state: DoctorCheck['state'], detail: string, remedy: string, use: string];

const rows: Row[] = [
  ['sampling', 'sampling', 'Sampling', 'available', 'What can be seen without privileges is there; the first start asks for authentication.', '', 'A live flame graph of any program.'],
  ['sampling', 'btf', 'Type information of the kernel (BTF)', 'available', '/sys/kernel/btf/vmlinux can be read.', '', 'BPF programs that fit any kernel; arguments of its functions by name.'],
  ['sampling', 'perfEvents', 'Sampling clock (perf events)', 'unknown', 'The kernel has them (kernel.perf_event_paranoid is 3). Whether it works is found out by a helper, and none was asked: that would ask for a password.', 'Start a recording, which asks for authentication, and check again while that still counts.', 'Samples of what runs, up to 9,999 a second.'],
  ['sampling', 'kernelSymbols', 'Names of the kernel’s functions', 'unavailable', 'kernel.kptr_restrict is 2, which hides addresses from everybody.', 'Run `sudo sysctl kernel.kptr_restrict=1`.', 'Kernel frames by name.'],
  ['tracing', 'kprobes', 'Kernel functions (kprobes)', 'unavailable', 'The kernel was built without kprobes.', 'It takes a kernel with CONFIG_KPROBES and CONFIG_KPROBE_EVENTS, as those of distributions are. Tracepoints and functions of programs can be traced without.', 'Any function of the kernel, its arguments and return value.'],
  ['tracing', 'uprobes', 'Functions of programs (uprobes)', 'available', 'A program was attached by uprobe_multi.', '', 'Any function of a program or library, and markers in it (USDT).'],
  ['permission', 'helper', 'Privileged helper', 'available', '/usr/libexec/emberscope/emberscope-helper is installed, version 0.1.0.', '', 'The only part of Emberscope that runs with privileges.'],
  ['permission', 'traceAction', 'Permission to trace (org.emberscope.trace)', 'unavailable', 'polkit does not know the action.', 'Run `npm run install-helper`, which installs it.', 'Probes as an ordinary user.'],
  ['names', 'debugFiles', 'Debug files of postgres (4121)', 'limited', '3 of 5 files have all their names, 1 their source lines; stripped: libssl.so.3, libcrypto.so.3.', 'Install from the distribution’s archive of debug symbols: `sudo apt-get install libssl3-dbgsym`; or set DEBUGINFOD_URLS.', 'Names of static and inlined functions, and source lines.'],
  ['computer', 'kernel', 'Linux kernel', 'available', '6.18.44; its configuration can be read.', '', 'Kernels from 5.10 on are supported.'],
];

export const sampleReport: DoctorReport = {
  kernel: '6.18.44',
  checks: rows.map(([group, name, title, state, detail, remedy, use]) => ({ group, name, title, state, detail, remedy, use })),
};

/** What a process may call itself. */
export const hostileReport: DoctorReport = {
  kernel: '6.18.44<script>',
  checks: sampleReport.checks.map((check) => ({ ...check, detail: `<img src=x onerror=alert(1)>\u202e ${'x'.repeat(300)} ${check.detail}` })),
};
