// SPDX-License-Identifier: Apache-2.0
/** From the name of a command to the file that runs. */
import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { FailureError, targetFailures } from '../failures.ts';

/**
 * The file that execvp would run. @param folder in which the command will run
 * @throws FailureError commandNotFound, commandNotExecutable
 */
export function findCommand(name: string, folder: string, path = process.env.PATH ?? ''): string {
  const candidates = name.includes('/') ? [resolve(folder, name)] : path.split(':').map((part) => resolve(folder, part, name));
  let there = false;
  for (const candidate of name === '' ? [] : candidates) {
    try {
      if (!statSync(candidate).isFile()) continue;
      there = true;
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not this one.
    }
  }
  throw new FailureError(there ? targetFailures.commandNotExecutable(name) : targetFailures.commandNotFound(name));
}
