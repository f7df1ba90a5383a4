// SPDX-License-Identifier: Apache-2.0
/** A command that is to be profiled from its first instruction: started as the user, and held before its exec. */
import { spawn, type StdioOptions } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Socket } from 'node:net';
import { FailureError, targetFailures } from '../failures.ts';
import { readStat } from './proc-files.ts';

export interface LaunchedCommand {
  /** The file that it will run. */
  program: string;
  /** Of the shell that holds it, and of the command after its exec. */
  tgid: number;
  startTicks: number;
  /** Lets it go. */
  release(): void;
  /** Ends it: at once when it is still held, by SIGTERM otherwise. */
  terminate(): void;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

// The shell waits for a line on descriptor 3 and becomes the command, so the process stays the same one. If we
// die before, the read fails and nothing is executed.
const HOLD = 'read -r _ <&3 && exec 3<&- && exec "$@"';

/**
 * The file that execvp would run. @param folder in which the command will run
 * @throws FailureError commandNotFound, commandNotExecutable
 */
export function findCommand(name: string, folder: string, path = process.env.PATH ?? ''): string {
  const candidates = name.includes('/') ? [resolve(folder, name)] : path.split(':').map((part) => join(part || folder, name));
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

/** What can be known before it is started. @returns the file that will run @throws FailureError */
export function checkCommand(command: readonly string[], folder: string): string {
  if (!isFolder(folder)) throw new FailureError(targetFailures.commandFolder(folder));
  const program = findCommand(command[0] ?? '', folder);
  if (command.some((part) => part.includes('\0'))) throw new FailureError(targetFailures.commandFailed('an argument holds a zero byte'));
  return program;
}

/**
 * @param stdio its standard streams. @throws FailureError when it cannot be started; nothing runs then.
 */
export async function launchCommand(
  command: readonly string[],
  { folder = process.cwd(), stdio = ['ignore', 'ignore', 'ignore'] as StdioOptions }: { folder?: string; stdio?: StdioOptions } = {},
): Promise<LaunchedCommand> {
  const program = checkCommand(command, folder);
  const streams = Array.isArray(stdio) ? stdio.slice(0, 3) : [stdio, stdio, stdio];
  const child = spawn('/bin/sh', ['-c', HOLD, 'sh', ...command], { cwd: folder, stdio: [...streams, 'pipe'] });
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((settle) => {
    child.once('exit', (code, signal) => settle({ code, signal }));
    child.once('error', () => settle({ code: null, signal: null }));
  });
  const hold = child.stdio[3] as Socket | undefined;
  hold?.on('error', () => undefined);
  try {
    await new Promise<void>((settle, fail) => {
      child.once('spawn', settle);
      child.once('error', fail);
    });
  } catch (error) {
    throw new FailureError(targetFailures.commandFailed((error as Error).message));
  }
  const tgid = child.pid!;
  const startTicks = readStat(tgid)?.startTicks ?? 0;
  let held = true;
  return {
    program,
    tgid,
    startTicks,
    release() {
      if (!held) return;
      held = false;
      hold?.end('\n');
      // It may outlive its recording, and us.
      child.unref();
    },
    terminate() {
      if (held) hold?.destroy();
      else child.kill('SIGTERM');
      held = false;
    },
    exited,
  };
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
