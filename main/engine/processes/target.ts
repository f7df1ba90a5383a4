// SPDX-License-Identifier: Apache-2.0
/** What was asked to be recorded, checked against the machine before a helper is troubled with it. */
import type { StdioOptions } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { RecordedRequest, SamplingSettings, TargetRequest } from '../../../ipc/contract.ts';
import { FailureError, targetFailures } from '../failures.ts';
import { safeText } from '../../../profile/safe-text.ts';
import { places } from '../places.ts';
import { WIRE_MAX_FREQUENCY, WIRE_MAX_STACK_DEPTH, WIRE_MAX_TARGETS, WIRE_MIN_FREQUENCY } from '../wire-layout.gen.ts';
import { cgroupNumber, processesIn } from './cgroup.ts';
import { launchCommand, type LaunchedCommand } from './launched-command.ts';
import { readName } from './process-name.ts';
import { parseCommandLine, readBounded, readStat, tgidOf } from './proc-files.ts';

export interface PreparedTarget {
  /** "postgres 4121", "whole system" */
  title: string;
  system: boolean;
  processes: { tgid: number; startTicks: number }[];
  /** Number of the cgroup whose members they are, with those that will be; 0: of none. */
  cgroup: bigint;
  /** Held until sampling runs; null where nothing was launched. */
  command: LaunchedCommand | null;
  /** It was started for this recording alone, and ends with it. */
  ownCommand: boolean;
  /** Kept in the file, so that it can be asked again; null: it cannot. */
  request: RecordedRequest | null;
}

const TITLE_LIMIT = 80;

/** @throws FailureError frequency */
export function checkSettings({ frequency, stackDepth = 1 }: SamplingSettings): void {
  if (!Number.isInteger(frequency) || frequency < WIRE_MIN_FREQUENCY || frequency > WIRE_MAX_FREQUENCY) {
    throw new FailureError(targetFailures.frequency(frequency));
  }
  if (!Number.isInteger(stackDepth) || stackDepth < 1 || stackDepth > WIRE_MAX_STACK_DEPTH) {
    throw new FailureError(targetFailures.stackDepth(stackDepth));
  }
}

/** Everything that can be known to fail before anybody is asked for a password. @throws FailureError */
export function checkTarget(target: TargetRequest): void {
  switch (target.kind) {
    case 'processes':
      if (target.processes.length === 0 || target.processes.length > WIRE_MAX_TARGETS) throw new FailureError(targetFailures.none());
      if (new Set(target.processes.map(({ tgid }) => tgid)).size < target.processes.length) throw new FailureError(targetFailures.none());
      for (const process of target.processes) checkProcess(process);
      return;
    case 'system':
      return;
    case 'cgroup':
      membersOf(target.folder);
      return;
    case 'command':
      if (target.command.length === 0) throw new FailureError(targetFailures.commandNotFound(''));
      return;
    case 'demo':
      if (!existsSync(places().demo)) throw new FailureError(targetFailures.demoMissing());
      return;
    default:
      throw new FailureError(targetFailures.request(`the target ${JSON.stringify((target satisfies never as TargetRequest).kind)}`));
  }
}

/** Those that have begun and not ended. @throws FailureError noSuchCgroup, cgroupWhole, cgroupEmpty, cgroupFull */
function membersOf(folder: string): { tgid: number; startTicks: number }[] {
  // All processes are in the root: that is another target.
  if (/^\/*$/.test(folder)) throw new FailureError(targetFailures.cgroupWhole());
  const stats = processesIn(folder, WIRE_MAX_TARGETS).map((tgid) => readStat(tgid));
  const found = stats.filter((stat) => stat !== null && stat.state !== 'Z' && stat.state !== 'X');
  if (found.length === 0) throw new FailureError(targetFailures.cgroupEmpty(folder));
  if (found.length > WIRE_MAX_TARGETS) throw new FailureError(targetFailures.cgroupFull(folder, WIRE_MAX_TARGETS));
  return found.map((stat) => ({ tgid: stat!.tgid, startTicks: stat!.startTicks }));
}

/** "docker-7fe1.scope" */
function nameOfCgroup(folder: string): string {
  return folder.replace(/\/+$/, '').split('/').at(-1) ?? folder;
}

function checkProcess({ tgid, startTicks }: { tgid: number; startTicks: number }): { name: string; commandLine: string; startTicks: number } {
  const stat = readStat(tgid);
  if (!stat || stat.state === 'Z' || stat.state === 'X') throw new FailureError(targetFailures.noSuchProcess(tgid));
  const owner = tgidOf(tgid);
  if (owner !== null && owner !== tgid) throw new FailureError(targetFailures.isThread(tgid, owner));
  if (startTicks !== 0 && startTicks !== stat.startTicks) throw new FailureError(targetFailures.gone());
  const commandLine = parseCommandLine(readBounded(`/proc/${tgid}/cmdline`) ?? '');
  return { name: readName(stat).program, commandLine, startTicks: stat.startTicks };
}

/** Checks again, and starts what is to be launched. @throws FailureError */
export async function prepareTarget(target: TargetRequest, commandStdio?: StdioOptions): Promise<PreparedTarget> {
  checkTarget(target);
  const stdio = commandStdio === undefined ? {} : { stdio: commandStdio };
  switch (target.kind) {
    case 'cgroup':
      return { title: shortTitle(`container ${nameOfCgroup(target.folder)}`), system: false, processes: membersOf(target.folder), cgroup: cgroupNumber(target.folder), command: null, ownCommand: false, request: { kind: 'cgroup', folder: target.folder } };
    case 'processes': {
      const found = target.processes.map((process) => ({ tgid: process.tgid, ...checkProcess(process) }));
      const names = found.map(({ name, tgid }) => `${name} ${tgid}`);
      const title = names.length > 3 ? `${names.slice(0, 2).join(', ')} and ${names.length - 2} more` : names.join(', ');
      const processes = found.map(({ tgid, startTicks }) => ({ tgid, startTicks }));
      const request: RecordedRequest = { kind: 'processes', processes: found.map(({ name, commandLine }) => ({ name: safeText(name), commandLine: safeText(commandLine) })) };
      return { title: shortTitle(title), system: false, processes, cgroup: 0n, command: null, ownCommand: false, request };
    }
    case 'system':
      return { title: 'whole system', system: true, processes: [], cgroup: 0n, command: null, ownCommand: false, request: { kind: 'system' } };
    case 'command': {
      const command = await launchCommand(target.command, { ...stdio, ...(target.folder === undefined ? {} : { folder: target.folder }) });
      return launched(shortTitle(target.command.join(' ')), command, { kind: 'command', command: target.command, folder: target.folder ?? process.cwd() });
    }
    case 'demo':
      return launched('demo program', await launchCommand(demoCommand(), stdio), { kind: 'demo' });
    default:
      return target satisfies never;
  }
}

const SETPRIV = '/usr/bin/setpriv';
/** util-linux's setpriv becomes the demo, which then does not outlive us even when we are killed. */
function demoCommand(): string[] {
  const { demo } = places();
  return existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'TERM', demo] : [demo, '3600'];
}

function launched(title: string, command: LaunchedCommand, request: RecordedRequest): PreparedTarget {
  return { title, system: false, processes: [{ tgid: command.tgid, startTicks: command.startTicks }], cgroup: 0n, command, ownCommand: request.kind === 'demo', request };
}

function shortTitle(text: string): string {
  const safe = safeText(text);
  return safe.length > TITLE_LIMIT ? `${safe.slice(0, TITLE_LIMIT - 1)}…` : safe;
}
