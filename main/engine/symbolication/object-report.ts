// SPDX-License-Identifier: Apache-2.0
/** What a file's object holds for names and source lines, for those who only want to know. */
import { loadAddon } from './addon.ts';
import { debugPackageOf } from './debug-package.ts';
import { knownAs, useObject } from './object-access.ts';

export interface ObjectReport {
  names: 'symbols' | 'debugFile' | 'exported' | 'none' | 'unreadable';
  lines: boolean;
  /** Why it cannot be read, as a sentence; else empty. */
  problem: string;
  /** The package that holds what is missing; null: not known, or nothing is. */
  debugPackage: string | null;
}

/** Why no object can be read; empty: they can. */
export function symbolReaderProblem(): string {
  try {
    loadAddon();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

/** @param candidates best first; @param debugFolders undefined: the usual ones */
export async function reportObject(path: string, candidates: readonly string[], debugFolders?: readonly string[]): Promise<ObjectReport> {
  try {
    return await useObject(loadAddon(), { path, candidates, buildId: '', debugFolders }, async ({ source, debugInfo }) => {
      const names = source === 'symtab' || source === 'gnu-debugdata' ? 'symbols' : source === 'debug-file' ? 'debugFile' : source === 'dynsym' ? 'exported' : 'none';
      const isStripped = names === 'exported' || names === 'none';
      return { names, lines: debugInfo !== 'none', problem: '', debugPackage: isStripped ? await debugPackageOf(path) : null };
    });
  } catch (error) {
    return { names: 'unreadable', lines: false, problem: knownAs(path, (error as Error).message), debugPackage: null };
  }
}
