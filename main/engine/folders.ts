// SPDX-License-Identifier: Apache-2.0
/** Where the engine keeps its files, by the XDG base directory specification. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

function base(variable: string, fallback: string): string {
  const value = process.env[variable];
  // The specification: relative paths in these variables are to be ignored.
  return value && isAbsolute(value) ? value : join(homedir(), fallback);
}

export const stateFolder = (): string => join(base('XDG_STATE_HOME', '.local/state'), 'emberscope');
export const cacheFolder = (): string => join(base('XDG_CACHE_HOME', '.cache'), 'emberscope');
export const configFolder = (): string => join(base('XDG_CONFIG_HOME', '.config'), 'emberscope');
export const trashFolder = (): string => join(base('XDG_DATA_HOME', '.local/share'), 'Trash');
export const recordingsFolder = (): string => join(base('XDG_DATA_HOME', '.local/share'), 'emberscope', 'recordings');
