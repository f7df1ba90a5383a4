// SPDX-License-Identifier: Apache-2.0
/** Whether the functions of programs can be named. */
import { basename } from 'node:path';
import type { DoctorCheck } from '../../../ipc/contract.ts';
import { available, check, limited, unavailable, unknown, type Finding } from './check.ts';
import type { Machine, Target, TargetFile } from './machine.ts';

export function nameChecks(machine: Machine): DoctorCheck[] {
  const checks = [
    check('names', 'symbolReader', 'Reader of object files', 'Names, source lines and stacks without frame pointers.', symbolReader(machine)),
    check('names', 'debuginfod', 'Servers of debug files (debuginfod)', 'Debug files of the distribution, fetched when they are missing.', debuginfod(machine)),
  ];
  const { target } = machine;
  if (target === null) return checks;
  const title = target.kind === 'files' ? `Debug files of ${target.name} (${target.tgid})` : `Debug files of process ${target.tgid}`;
  return [...checks, check('names', 'debugFiles', title, 'Names of static and inlined functions, and source lines.', debugFiles(target, machine.debuginfodServers.length > 0))];
}

function symbolReader({ symbolReader: problem }: Machine): Finding {
  return problem === '' ? available('It is loaded.') : unavailable(problem, 'Run `npm run setup`, which builds it and says what is missing.');
}

function debuginfod({ debuginfodServers }: Machine): Finding {
  if (debuginfodServers.length > 0) return available(`DEBUGINFOD_URLS names ${debuginfodServers.join(', ')}. Nothing is fetched before you say so.`);
  return limited('DEBUGINFOD_URLS names none, so only debug files on this computer are used.', 'Set it before Emberscope starts, for Debian: `export DEBUGINFOD_URLS=https://debuginfod.debian.net`.');
}

/** As many are named; the others are counted. */
const NAMED = 6;

function listed(files: readonly TargetFile[]): string {
  const names = files.slice(0, NAMED).map(({ path }) => basename(path));
  const more = files.length - names.length;
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function debugFiles(target: Target, canFetch: boolean): Finding {
  if (target.kind === 'gone') return unknown('There is no such process.', 'Choose one that runs.');
  if (target.kind === 'hidden') return unknown('It belongs to another user, and which files it uses may not be read.', 'Record it: the helper reads what it needs, and the inspector says what is missing.');
  const { files } = target;
  if (files.length === 0) return unknown('It has mapped no file with code.', '');
  const of = (...kinds: TargetFile['names'][]): TargetFile[] => files.filter(({ names }) => kinds.includes(names));
  const stripped = of('exported', 'none');
  const unreadable = of('unreadable');
  const whole = files.length - stripped.length - unreadable.length;
  const lines = files.filter((file) => file.lines).length;
  const parts = [`${whole} of ${files.length} files have all their names, ${lines} their source lines`];
  if (stripped.length > 0) parts.push(`stripped: ${listed(stripped)}`);
  if (unreadable.length > 0) parts.push(`not readable: ${listed(unreadable)} (${unreadable[0]!.problem.replace(/\.$/, '')})`);
  const detail = `${parts.join('; ')}.`;
  if (stripped.length + unreadable.length === 0) return available(detail);
  return limited(detail, remedyFor(stripped, canFetch));
}

function remedyFor(stripped: readonly TargetFile[], canFetch: boolean): string {
  const fetching = canFetch ? 'let Emberscope fetch them while it records (it asks first)' : 'set DEBUGINFOD_URLS';
  const packages = [...new Set(stripped.map(({ debugPackage }) => debugPackage).filter((name) => name !== null))];
  if (packages.length > 0) {
    return `Install from the distribution’s archive of debug symbols: \`sudo apt-get install ${packages.slice(0, NAMED).join(' ')}\`; or ${fetching}.`;
  }
  return stripped.length > 0 ? `Install their debug symbols, ${fetching}, or use builds that are not stripped.` : 'Record it: the helper reads what this user may not open.';
}
