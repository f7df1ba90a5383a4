// SPDX-License-Identifier: Apache-2.0
/** Names of the kernel's functions (/proc/kallsyms, whose names everybody may read), and which of them can be traced. */
import { readFile } from 'node:fs/promises';

/** The kernel's own module. */
export const KERNEL = 'kernel';
const TRACEFS = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];
const BLOCKLIST = '/sys/kernel/debug/kprobes/blacklist';

/** Padding, thunks and halves of functions: nothing that anybody calls. */
const NO_FUNCTION = /^(__pfx_|__cfi_|__SC[KT]__|__x86_indirect_|__bpf_trace_|__traceiter_|__probestub_|__key\.|\.)|\.cold(\.\d+)?$/;

/** Whether a name of the kernel's symbol table is that of something which is called. */
export function isFunctionName(name: string): boolean {
  return name !== '' && !NO_FUNCTION.test(name);
}

/** Functions of kallsyms: name -> module. Of several with one name the first. */
export function parseKallsyms(text: string): Map<string, string> {
  const found = new Map<string, string>();
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf('\n', at);
    const line = text.slice(at, end < 0 ? text.length : end);
    at = end < 0 ? text.length : end + 1;
    // "ffffffff81356980 t __do_sys_clone", "ffffffffc0402000 t xfs_open\t[xfs]"
    const type = line.indexOf(' ') + 1;
    if (type === 0 || !'tTwW'.includes(line[type]!)) continue;
    const tab = line.indexOf('\t', type);
    const name = line.slice(type + 2, tab < 0 ? undefined : tab);
    if (!isFunctionName(name) || found.has(name)) continue;
    const module = tab < 0 ? KERNEL : line.slice(tab + 1).replace(/^\[|\]$/g, '');
    // Code that BPF programs were compiled to, and what the kernel made at run time.
    if (module === 'bpf' || module.startsWith('__builtin__')) continue;
    found.set(name, module);
  }
  return found;
}

/** What is there to be traced; null: it is not known, as this user may not read it. */
export interface KernelLists {
  /** That ftrace can trace, and so fentry and kprobe.multi. */
  traceable: ReadonlySet<string> | null;
  /** For which kprobes are refused. */
  blocklist: ReadonlySet<string> | null;
  /** "sched:sched_switch" */
  tracepoints: readonly string[] | null;
}

/** Lines of available_filter_functions: "vfs_read", "xfs_open [xfs]". */
export function parseTraceable(text: string): Set<string> {
  return new Set(text.split('\n').map((line) => line.replace(/[ \t].*$/, '')).filter((name) => name !== ''));
}

/** Lines of kprobes/blacklist, "0xffffffff81000000-0xffffffff81000010\tname", or of the helper, the name alone. */
export function parseBlocklist(text: string): Set<string> {
  return new Set(text.split('\n').map((line) => line.slice(line.lastIndexOf('\t') + 1).trim()).filter((name) => name !== ''));
}

export function parseTracepoints(text: string): string[] {
  return text.split('\n').filter((line) => /^[^\s:]+:[^\s:]+$/.test(line));
}

async function readOrNull(path: string): Promise<string | null> {
  return readFile(path, 'latin1').catch(() => null);
}

/** A file of tracefs; null: it is not for this user, or not there. */
export async function readTracefs(name: string): Promise<string | null> {
  for (const folder of TRACEFS) {
    const text = await readOrNull(`${folder}/${name}`);
    if (text !== null) return text;
  }
  return null;
}

/** What the engine may read itself: all as root, mostly nothing as anybody else. */
export async function readKernelLists(): Promise<KernelLists> {
  const [functions, blocklist, tracepoints] = await Promise.all([
    readTracefs('available_filter_functions'),
    readOrNull(BLOCKLIST),
    readTracefs('available_events'),
  ]);
  return {
    traceable: functions === null ? null : parseTraceable(functions),
    blocklist: blocklist === null ? null : parseBlocklist(blocklist),
    tracepoints: tracepoints === null ? null : parseTracepoints(tracepoints),
  };
}
