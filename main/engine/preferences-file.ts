// SPDX-License-Identifier: Apache-2.0
/** What a person chose for all sessions: one small JSON file, which anybody may edit. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { rethrowAs, writeFailure } from './recordings/storage-error.ts';

export interface EnginePreferences {
  /** Whole path. Missing: the default. */
  recordingsFolder?: string;
}

/** What is not there, or makes no sense, is not chosen. */
export function readPreferences(path: string): EnginePreferences {
  try {
    const { recordingsFolder: folder } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    return typeof folder === 'string' && isAbsolute(folder) ? { recordingsFolder: folder } : {};
  } catch {
    return {};
  }
}

/** Whole or not at all. @throws FailureError */
export function writePreferences(path: string, preferences: EnginePreferences): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const partial = `${path}.part-${process.pid}`;
    writeFileSync(partial, `${JSON.stringify(preferences, null, 2)}\n`);
    renameSync(partial, path);
  } catch (error) {
    rethrowAs(writeFailure, path, error);
  }
}
