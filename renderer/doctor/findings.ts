// SPDX-License-Identifier: Apache-2.0
/** A Doctor's report as the screen shows it. Pure. */
import type { DoctorCheck, DoctorGroup, DoctorReport } from '../../ipc/contract.ts';

export const groupTitles: Record<DoctorGroup, string> = {
  sampling: 'Sampling',
  tracing: 'Tracing functions',
  permission: 'Permission',
  names: 'Names of functions',
  computer: 'This computer',
};

/** Not colour alone: each state has a word. */
export const stateWords: Record<DoctorCheck['state'], string> = {
  available: 'available',
  limited: 'limited',
  unavailable: 'not available',
  unknown: 'not known',
};

export interface Group {
  group: DoctorGroup;
  title: string;
  checks: DoctorCheck[];
  available: number;
}

export function groupsOf({ checks }: DoctorReport): Group[] {
  return (Object.keys(groupTitles) as DoctorGroup[])
    .map((group) => {
      const own = checks.filter((check) => check.group === group);
      return { group, title: groupTitles[group], checks: own, available: own.filter(({ state }) => state === 'available').length };
    })
    .filter((group) => group.checks.length > 0);
}

/** The sentence above everything. */
export function summary({ checks }: DoctorReport): string {
  const sampling = checks.find(({ name }) => name === 'sampling')?.state;
  const traced = checks.filter(({ group, state }) => group === 'tracing' && state === 'available').length;
  const ways = checks.filter(({ group }) => group === 'tracing').length;
  const first = sampling === 'available' || sampling === 'limited' ? 'Sampling works.' : sampling === 'unknown' ? 'Whether sampling works is not known.' : 'Sampling does not work.';
  return ways === 0 ? first : `${first} Of ${ways} things about tracing ${traced} ${traced === 1 ? 'is' : 'are'} available.`;
}

/** A remedy in pieces: what stands between backticks is a command to be typed. */
export function remedyPieces(remedy: string): { text: string; isCommand: boolean }[] {
  return remedy
    .split('`')
    .map((text, index) => ({ text, isCommand: index % 2 === 1 }))
    .filter(({ text }) => text !== '');
}

/** The first command, for a terminal; null: it is nothing to be run. */
export function commandIn(remedy: string): string | null {
  return remedyPieces(remedy).find(({ isCommand }) => isCommand)?.text ?? null;
}

/** The whole report as text, for a bug report. */
export function reportText(report: DoctorReport): string {
  const lines = [`Linux ${report.kernel}`];
  for (const { title, checks } of groupsOf(report)) {
    lines.push('', title);
    for (const { title: what, state, detail, remedy } of checks) lines.push(`- ${what}: ${stateWords[state]}. ${detail}${remedy === '' ? '' : ` -> ${remedy}`}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Codes of failures about which the Doctor knows more. */
const FOR_THE_DOCTOR = new Set([
  'helperMissing',
  'helperWrongVersion',
  'helperFailed',
  'notAuthorised',
  'noAgent',
  'noPkexec',
  'notPermitted',
  'noBtf',
  'noBpf',
  'bpfLoad',
  'perfEvent',
  'noCycles',
  'lockdown',
  'privileges',
]);

export const isForTheDoctor = (code: string): boolean => FOR_THE_DOCTOR.has(code);
