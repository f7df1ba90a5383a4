// SPDX-License-Identifier: Apache-2.0
/** A command that is to be profiled from its first instruction: started as the user, and held before its exec. */
import { spawn, type StdioOptions } from 'node:child_process';
import { statSync } from 'node:fs';
import type { Socket } from 'node:net';
import { FailureError, targetFailures } from '../failures.ts';
import { places } from '../places.ts';
import { filesOfCommand } from './command-files.ts';
import { findCommand } from './find-command.ts';
import { readStat } from './proc-files.ts';

export interface LaunchedCommand {
  /** The file that it will run. */
  program: string;
  /** Of what holds it, and of the command after its exec. */
  tgid: number;
  startTicks: number;
  /** Has it map these files while it is held, so that the helper finds them in it; resolves when it has tried. */
  map(paths: readonly string[]): Promise<void>;
  /** It was neither released nor ended. */
  readonly isHeld: boolean;
  /** Lets it go. */
  release(): void;
  /** Ends it: at once when it is still held, by SIGTERM otherwise. */
  terminate(): void;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** Of a path, its zero byte included: native/hold/hold.c */
const MOST_PATH_BYTES = 4096;

/** What can be known before it is started. @returns the file that will run @throws FailureError */
export function checkCommand(command: readonly string[], folder: string): string {
  if (!isFolder(folder)) throw new FailureError(targetFailures.commandFolder(folder));
  const program = findCommand(command[0] ?? '', folder);
  if (command.some((part) => part.includes('\0'))) throw new FailureError(targetFailures.commandFailed('an argument holds a zero byte'));
  return program;
}

/**
 * Until it is released, the process is native/hold with the files mapped whose code the command will have.
 * @param stdio its standard streams. @throws FailureError when it cannot be started; nothing runs then.
 */
export async function launchCommand(
  command: readonly string[],
  { folder = process.cwd(), stdio = ['ignore', 'ignore', 'ignore'] as StdioOptions }: { folder?: string; stdio?: StdioOptions } = {},
): Promise<LaunchedCommand> {
  const program = checkCommand(command, folder);
  const streams = Array.isArray(stdio) ? stdio.slice(0, 3) : [stdio, stdio, stdio];
  const child = spawn(places().hold, [program, ...command], { cwd: folder, stdio: [...streams, 'pipe'] });
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
  const map = async (paths: readonly string[]): Promise<void> => {
    for (const path of paths) {
      const bytes = Buffer.from(`${path}\0`);
      if (held && !path.includes('\0') && bytes.length <= MOST_PATH_BYTES) await ask(hold!, bytes);
    }
  };
  await map(await filesOfCommand(program, folder));
  return {
    program,
    tgid,
    startTicks,
    map,
    get isHeld() {
      return held;
    },
    release() {
      if (!held) return;
      held = false;
      // Its end of ours; that we are gone is told apart.
      hold?.end().unref();
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

/** Resolves with its answer, or when there will be none. */
async function ask(hold: Socket, bytes: Uint8Array): Promise<void> {
  const answered = Promise.withResolvers<undefined>();
  const settle = (): void => answered.resolve(undefined);
  hold.once('data', settle).once('close', settle);
  hold.write(bytes);
  await answered.promise;
  hold.off('data', settle).off('close', settle);
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
