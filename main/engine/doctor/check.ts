// SPDX-License-Identifier: Apache-2.0
/** What all checks have in common: how they are made, and the kernel's refusals in words. */
import { constants } from 'node:os';
import type { DoctorCheck, DoctorGroup } from '../../../ipc/contract.ts';
import type { Attempt, CapabilityName, Machine } from './machine.ts';

export type Finding = Pick<DoctorCheck, 'state' | 'detail' | 'remedy'>;

export const available = (detail: string): Finding => ({ state: 'available', detail, remedy: '' });
export const limited = (detail: string, remedy: string): Finding => ({ state: 'limited', detail, remedy });
export const unavailable = (detail: string, remedy: string): Finding => ({ state: 'unavailable', detail, remedy });
export const unknown = (detail: string, remedy: string): Finding => ({ state: 'unknown', detail, remedy });

export function check(group: DoctorGroup, name: string, title: string, use: string, finding: Finding): DoctorCheck {
  return { name, group, title, ...finding, use };
}

const errnoNames = new Map(Object.entries(constants.errno).map(([name, number]) => [number as number, name]));

/** EPERM; "error 524" for those that only the kernel knows. */
export const errnoName = (error: number): string => (error === 524 ? 'ENOTSUPP' : (errnoNames.get(error) ?? `error ${error}`));

export const isPermission = (error: number): boolean => error === constants.errno.EPERM || error === constants.errno.EACCES;

/** "EPERM, when it was tried at kernel_clone" */
export function refusalWords({ error, text }: Attempt): string {
  return `${errnoName(error)}${text ? `, when it was tried (${text})` : ''}`;
}

export function attemptOf(machine: Machine, name: CapabilityName): Attempt | null {
  return machine.attempts?.capabilities[name] ?? null;
}

/** A kernel option as its configuration has it; null: it cannot be read. */
export function hasOption(machine: Machine, name: string): boolean | null {
  return machine.options === null ? null : machine.options.has(name);
}

/** For what only a helper could tell. */
export function notTried(machine: Machine, detail: string): Finding {
  const asks = machine.helper.kind === 'pkexec';
  const remedy = machine.helperFailure ? machine.helperFailure.remedy : asks ? 'Start a recording, which asks for authentication, and check again while that still counts.' : helperRemedy(machine);
  return unknown(`${detail} Whether it works is found out by a helper, and none was asked: ${machine.whyNotAsked}.`, remedy);
}

/** How to get one that works; empty: it does. */
export function helperRemedy({ helper }: Machine): string {
  return helper.kind === 'missing' || helper.kind === 'wrongVersion' ? `Run \`${helper.command}\`, or run Emberscope as root.` : '';
}

export function lockdownOf(machine: Machine): NonNullable<Machine['lockdown']> {
  const attempt = attemptOf(machine, 'lockdown');
  if (!attempt) return machine.lockdown ?? 'none';
  return attempt.value === 2 ? 'confidentiality' : attempt.value === 1 ? 'integrity' : 'none';
}

/** A helper may run on another computer than this one: what it says goes first. */
export function hasBtf(machine: Machine): boolean {
  const attempt = attemptOf(machine, 'btf');
  return attempt ? attempt.error === 0 : machine.btf;
}

export const LOCKDOWN_REMEDY =
  'Lockdown is chosen when the computer starts: take `lockdown=confidentiality` from the kernel’s command line, or leave it at `lockdown=integrity`.';

export const PKEXEC_REMEDY = 'Install polkit (Debian and Ubuntu: `sudo apt-get install pkexec polkitd`), or run Emberscope as root.';

/** "6.12.43-amd64" -> 6.12 as [6, 12] */
export function versionOf(release: string): [major: number, minor: number] {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(release) ?? [];
  return [Number(major), Number(minor)];
}

export function isBefore(release: string, major: number, minor: number): boolean {
  const [a, b] = versionOf(release);
  return a < major || (a === major && b < minor);
}
