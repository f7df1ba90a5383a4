// SPDX-License-Identifier: Apache-2.0
/** Shows a file in the desktop's file manager. */
import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { FailureError, libraryFailures } from '../failures.ts';

const run = promisify(execFile);
const PATIENCE_MS = 5000;

/** freedesktop.org's FileManager1 selects the file; where no file manager has it, its folder is opened. @throws FailureError */
export async function reveal(path: string): Promise<void> {
  const uri = pathToFileURL(path).href;
  const attempts: [program: string, ...args: string[]][] = [
    ['dbus-send', '--session', '--print-reply', '--dest=org.freedesktop.FileManager1', '/org/freedesktop/FileManager1', 'org.freedesktop.FileManager1.ShowItems', `array:string:${uri}`, 'string:'],
    ['xdg-open', dirname(path)],
  ];
  for (const [program, ...args] of attempts) {
    try {
      await run(program, args, { timeout: PATIENCE_MS });
      return;
    } catch {
      // The next way, or none.
    }
  }
  throw new FailureError(libraryFailures.noFileManager(path));
}
