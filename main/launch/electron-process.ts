// SPDX-License-Identifier: Apache-2.0
/** Electron itself, as a child of the launcher. */
import { spawn } from 'node:child_process';
import { constants as system } from 'node:os';

/** An Electron that cannot run (a missing library, a sandbox that does not start) ends sooner than this. */
const EARLY_MS = 5_000;

export type ElectronEnd = { kind: 'ended'; code: number } | { kind: 'failed'; reason: string };

/**
 * @param binary of Electron; @param root folder whose package.json names the main script; @param file what it shows first, null: nothing
 * @returns when it has ended. "failed": it ended at once, so that another shell can be tried.
 */
export function runElectron(
  binary: string,
  root: string,
  { signal, file = null, uid = process.getuid!(), earlyMs = EARLY_MS }: { signal: AbortSignal; file?: string | null; uid?: number; earlyMs?: number },
): Promise<ElectronEnd> {
  return new Promise((resolve) => {
    const began = Date.now();
    // Chromium refuses to start as root with its sandbox.
    const child = spawn(binary, [...(uid === 0 ? ['--no-sandbox'] : []), root, ...(file === null ? [] : [file])], {
      stdio: ['inherit', 'inherit', 'pipe'],
    });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      process.stderr.write(text);
      complaint = text.trim().split('\n').at(-1) || complaint;
    });
    const stop = (): void => void child.kill('SIGTERM');
    signal.addEventListener('abort', stop);
    const finish = (end: ElectronEnd): void => {
      signal.removeEventListener('abort', stop);
      resolve(end);
    };
    child.once('error', (error) =>
      finish({ kind: 'failed', reason: `Electron could not be started: ${error.message}.` }),
    );
    child.once('exit', (code, signalName) => {
      const early = Date.now() - began < earlyMs && !signal.aborted;
      if (code === 0 || !early) return finish({ kind: 'ended', code: code ?? 128 + system.signals[signalName!] });
      const how = code === null ? `was ended by ${signalName}` : `ended with exit code ${code}`;
      finish({ kind: 'failed', reason: `Electron ${how} at once${complaint ? `: ${complaint}` : '.'}` });
    });
  });
}
