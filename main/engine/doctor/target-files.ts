// SPDX-License-Identifier: Apache-2.0
/** The files of a process, and what they hold for names. */
import { codeFiles } from '../functions/mapped-files.ts';
import { readStat } from '../processes/proc-files.ts';
import { reportObject } from '../symbolication/object-report.ts';
import type { Target, TargetFile } from './machine.ts';

/** A browser has some 300. */
const MAX_FILES = 400;
const AT_ONCE = 4;

export async function lookAtTarget(tgid: number, debugFolders?: readonly string[]): Promise<Target> {
  const stat = readStat(tgid);
  if (!stat) return { tgid, kind: 'gone' };
  const mapped = await codeFiles(tgid);
  if (mapped === null) return { tgid, kind: readStat(tgid) ? 'hidden' : 'gone' };
  const files: TargetFile[] = [];
  const left = mapped.slice(0, MAX_FILES);
  const take = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) {
      files.push({ path: next.path, ...(await reportObject(next.path, next.candidates, debugFolders)) });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, take));
  return { tgid, kind: 'files', name: stat.name, files: files.sort((a, b) => a.path.localeCompare(b.path)) };
}
