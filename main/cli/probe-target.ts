// SPDX-License-Identifier: Apache-2.0
/** How a person writes what is to be probed: "vfs_read", "libc:malloc", "sched:sched_switch", "question:run-queue". */
import type { ProbeMeasureRequest, TraceableFunction, TraceableKind } from '../../ipc/contract.ts';
import { FailureError, probeFailures } from '../engine/failures.ts';
import type { EngineApi } from '../engine/recording-api.ts';
import { readyQuestions } from '../engine/functions/ready-questions.ts';

export interface ProbeTargetName {
  kind: TraceableKind;
  name: string;
  /** Path of a file, or what it is called ("libc"); of functions of the kernel empty. */
  module: string;
  /** What a ready question measures of it, where that is no duration. */
  measure?: ProbeMeasureRequest;
}

export const targetHelp = `
TARGET is one of
  vfs_read, 'vfs_*'            functions of the kernel; sys_clone for system calls
  libc:malloc, /path/lib:func  functions of a file that the process has mapped; C++ and Rust names as people write them
  sched:sched_switch           a tracepoint, also as t:sched:sched_switch
  usdt:provider:name           a marker in a program
  question:run-queue           a ready question: \`functions question\` lists them`;

/** What can be told from the text alone; null: it depends on what there is. */
export function parseProbeTarget(text: string): ProbeTargetName | null {
  const [first = '', ...rest] = text.split(':');
  if (first === 'question' && rest.length === 1) return readyTarget(rest[0]!);
  if ((first === 't' || first === 'tracepoint') && rest.length === 2) return { kind: 'tracepoint', name: rest.join(':'), module: '' };
  if (first === 'usdt' && rest.length >= 2) return null;
  const path = /^(\/[^:]*[^:/]):([^:].*)$/.exec(text);
  if (path) return { kind: 'user', name: path[2]!, module: path[1]! };
  return null;
}

function readyTarget(name: string): ProbeTargetName {
  const asks = readyQuestions().find((question) => question.name === name)?.asks;
  if (!asks || asks.kind === 'ready') return { kind: 'ready', name, module: '' };
  const { kind, module, measure } = asks;
  return { kind, name: asks.name, module, ...(measure.kind === 'latency' ? {} : { measure }) };
}

/**
 * @param tgids whose files are looked into; none: the whole system
 * @throws FailureError noSuchFunction
 */
export async function findProbeTarget(text: string, tgids: number[], engine: Pick<EngineApi, 'functions'>): Promise<ProbeTargetName> {
  const told = parseProbeTarget(text);
  if (told) return told;
  if (text.startsWith('usdt:')) return findMarker(text.slice('usdt:'.length), tgids, engine);
  const library = /^([\w.+-]+):([^:].*)$/.exec(text);
  if (library && !(await isTracepoint(text, engine))) return { kind: 'user', name: library[2]!, module: library[1]! };
  if (library) return { kind: 'tracepoint', name: text, module: '' };
  return findFunction(text, tgids, engine);
}

async function isTracepoint(text: string, engine: Pick<EngineApi, 'functions'>): Promise<boolean> {
  const { functions } = await engine.functions({ pattern: text, tgids: [], most: 1 });
  return functions.some(({ kind, name }) => kind === 'tracepoint' && (name === text || /[*?]/.test(text)));
}

async function findMarker(text: string, tgids: number[], engine: Pick<EngineApi, 'functions'>): Promise<ProbeTargetName> {
  const found = await engine.functions({ pattern: text, tgids: tgids.length > 0 ? tgids : [process.pid], most: 50 });
  const marker = found.functions.find(({ kind, name }) => kind === 'usdt' && (name === text || /[*?]/.test(text)));
  if (!marker) throw new FailureError(probeFailures.noSuchFunction(text, 'Markers are found in the files of a process: name one with --pid, which has mapped it.'));
  return { kind: 'usdt', name: text, module: marker.module };
}

/** The kernel's, or else a function of the process. */
async function findFunction(text: string, tgids: number[], engine: Pick<EngineApi, 'functions'>): Promise<ProbeTargetName> {
  const kernel: ProbeTargetName = { kind: 'kernel', name: text, module: '' };
  if (/[*?]/.test(text)) return kernel;
  const { functions } = await engine.functions({ pattern: text, tgids, most: 20 });
  const isIt = ({ name, symbol }: TraceableFunction): boolean => name === text || symbol === text;
  const user = functions.find((each) => each.kind === 'user' && isIt(each));
  if (!user || functions.some((each) => each.kind === 'kernel' && isIt(each))) return kernel;
  return { kind: 'user', name: user.name, module: user.module };
}
