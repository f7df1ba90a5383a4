// SPDX-License-Identifier: Apache-2.0
/** What is known of a computer before it is judged. Plain values, so that tests can make computers up. */
import type { Failure, HelperStatus } from '../../../ipc/contract.ts';
import type { Capability } from '../wire-layout.gen.ts';

/** One thing that the helper tried. */
export interface Attempt {
  /** errno; 0: the kernel let it. */
  error: number;
  value: number;
  /** Where or at what it was tried; may be empty. */
  text: string;
}

export type CapabilityName = keyof typeof Capability;
export type Capabilities = Readonly<Record<CapabilityName, Attempt>>;

export type Lockdown = 'none' | 'integrity' | 'confidentiality';

/** A file whose code the target has mapped. */
export interface TargetFile {
  /** As the process sees it. */
  path: string;
  /** symbols: its own table. debugFile: a separate one. exported: only what others may call. none: nothing. unreadable: see `problem`. */
  names: 'symbols' | 'debugFile' | 'exported' | 'none' | 'unreadable';
  /** It, or its debug file, tells source lines. */
  lines: boolean;
  /** Why it cannot be read, in words; else empty. */
  problem: string;
  /** The package that holds its debug symbols; null: not known, or not needed. */
  debugPackage: string | null;
}

export type Target =
  | { tgid: number; kind: 'files'; name: string; files: readonly TargetFile[] }
  | { tgid: number; kind: 'gone' }
  /** Another user's. */
  | { tgid: number; kind: 'hidden' };

export interface Machine {
  /** "6.12.43-amd64" */
  release: string;
  /** Options of the kernel's configuration that are set ("CONFIG_KPROBES"); null: it cannot be read. */
  options: ReadonlySet<string> | null;
  btf: boolean;
  /** null: it cannot be read; a kernel without has none. */
  lockdown: Lockdown | null;
  /** Of /proc/sys/kernel; null: not there. */
  paranoid: number | null;
  kptrRestrict: number | null;
  unprivilegedBpf: number | null;
  /** Of Yama; null: not there. */
  ptraceScope: number | null;
  /** Bytes that this process may lock in memory; null: as many as it likes. */
  memlock: number | null;
  tracefs: boolean;
  /** Names in /sys/bus/event_source/devices. */
  eventSources: readonly string[];
  hardwareCycles: boolean;
  /** Name of the container's manager in which this process runs; null: none. */
  container: string | null;
  /** This process is in the kernel's first pid namespace, so that it sees every process. */
  seesAll: boolean;

  helper: HelperStatus;
  helperPath: string;
  version: string;
  pkexec: boolean;
  /** Whether polkit's actions are installed. */
  actions: { profile: boolean; trace: boolean };
  /** Name of the program of this session that shows polkit's dialogs; null: none that is known. */
  agent: string | null;

  /** What a helper found out; null: none was asked, for this reason. */
  attempts: { mode: 'profile' | 'trace'; capabilities: Capabilities } | null;
  whyNotAsked: string;
  /** One was asked, but did not start. */
  helperFailure: Failure | null;

  node: string;
  /** null: this is no Electron. */
  electron: string | null;
  /** null: the command line. */
  shell: 'electron' | 'chromium' | null;
  shellReason: string;

  /** Why object files cannot be read; empty: they can. */
  symbolReader: string;
  debuginfodServers: readonly string[];
  /** null: none was asked about. */
  target: Target | null;
}
