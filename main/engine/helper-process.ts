// SPDX-License-Identifier: Apache-2.0
/**
 * Finds the helper and starts it: directly where this process may (root, or capabilities), otherwise the
 * installed one through pkexec.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import type { Failure, HelperStatus } from '../../ipc/contract.ts';
import { helperFailures, INSTALL_COMMAND } from './failures.ts';
import type { HelperStream, StreamExit } from './helper-stream.ts';
import { helperVersion } from './helper-version.ts';
import { places, type Places } from './places.ts';
import { WIRE_PROTOCOL } from './wire-layout.gen.ts';
import { isExecutable } from './executable.ts';

const PKEXEC = '/usr/bin/pkexec';
const STDERR_KEPT = 4096;

export type HelperChoice =
  | { kind: 'direct' | 'pkexec'; command: string; arguments: string[] }
  | { kind: 'none'; failure: Failure };

// CAP_PERFMON and CAP_BPF (linux/capability.h), without which no sampling starts.
const NEEDED_CAPABILITIES = (1n << 38n) | (1n << 39n);

/** Whether a child of this process keeps what sampling needs: its ambient capabilities. */
function hasAmbientCapabilities(): boolean {
  const line = /^CapAmb:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return line !== null && (BigInt(`0x${line[1]}`) & NEEDED_CAPABILITIES) === NEEDED_CAPABILITIES;
}

let asked: { key: string; answer: boolean } | null = null;

/** Asked of getcap once for each build of the helper. */
function hasFileCapabilities(path: string): boolean {
  const key = `${path} ${statSync(path).ctimeMs}`;
  if (asked?.key === key) return asked.answer;
  const { stdout } = spawnSync('getcap', [path], { env: { PATH: '/usr/sbin:/sbin:/usr/bin:/bin' }, encoding: 'utf8', timeout: 2000 });
  asked = { key, answer: /cap_bpf/.test(stdout ?? '') && /cap_perfmon/.test(stdout ?? '') };
  return asked.answer;
}

/** What a helper is started for: the one that samples takes no probes, and the one that traces samples nothing. */
export type HelperMode = 'profile' | 'trace';

/** How it would start now. Looked up anew each time: the helper may be installed while the window is open. */
export function chooseHelper(mode: HelperMode = 'profile', found: Places = places()): HelperChoice {
  const direct = process.getuid?.() === 0 || hasAmbientCapabilities() || (found.helper !== null && hasFileCapabilities(found.helper));
  if (direct) {
    const command = found.helper ?? (isExecutable(found.installedHelper) ? found.installedHelper : null);
    if (!command) return { kind: 'none', failure: found.packaged ? helperFailures.missing(found.installedHelper) : helperFailures.notBuilt() };
    return { kind: 'direct', command, arguments: [mode] };
  }
  if (!isExecutable(found.installedHelper)) return { kind: 'none', failure: helperFailures.missing(found.installedHelper) };
  if (!isExecutable(PKEXEC)) return { kind: 'none', failure: helperFailures.noPkexec() };
  // The internal agent would ask on our terminal, if we have one, and hang there in the window's name.
  return { kind: 'pkexec', command: PKEXEC, arguments: ['--disable-internal-agent', found.installedHelper, mode] };
}

/** Tells a wrong installed helper before anybody is asked for a password. @param version of this Emberscope */
export function helperStatus(choice: HelperChoice, version = places().version): HelperStatus {
  if (choice.kind === 'none') return { kind: 'missing', command: INSTALL_COMMAND };
  if (choice.kind === 'pkexec') {
    const found = helperVersion(choice.arguments[1]!);
    if (found && (found.version !== version || found.protocol !== WIRE_PROTOCOL)) {
      const installed = found.version === version ? `${found.version}, another build` : found.version;
      return { kind: 'wrongVersion', installed, command: INSTALL_COMMAND };
    }
  }
  return { kind: choice.kind };
}

/** Starts it. A program that cannot be started shows as an exit with `startError`. */
export function startHelper(choice: Exclude<HelperChoice, { kind: 'none' }>): HelperStream {
  // pkexec refuses odd LANG, LC_* and SHELL before it asks anybody; the helper clears the rest itself.
  const child = spawn(choice.command, choice.arguments, { env: { LANG: 'C.UTF-8' }, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] });
  const exited = Promise.withResolvers<StreamExit>();
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  });
  child.on('error', (error: NodeJS.ErrnoException) => {
    // Also sent when kill() is not permitted: then the child still runs, and its exit decides.
    if (child.pid === undefined) exited.resolve({ code: null, signal: null, stderr, startError: error.code ?? error.message });
  });
  child.on('close', (code, signal) => exited.resolve({ code, signal, stderr, startError: '' }));
  // The other side may be gone before we know: EPIPE says no more than its exit does.
  child.stdin.on('error', () => undefined);
  child.stdout.on('error', () => undefined);
  async function* output(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const chunk of child.stdout) yield chunk as Uint8Array;
    } catch {
      // A broken pipe ends the output like any other end.
    }
  }
  return {
    output: output(),
    send(bytes) {
      if (child.stdin.writable) child.stdin.write(bytes);
    },
    closeInput: () => child.stdin.end(),
    kill() {
      try {
        child.kill('SIGKILL');
      } catch {
        // EPERM: it belongs to another user and ends by itself once its input is closed.
      }
    },
    exited: exited.promise,
  };
}

/** Why a helper ended before its hello, in words. pkexec ends with 126 (dialog dismissed) and 127 (everything else). */
export function explainExit(choice: Exclude<HelperChoice, { kind: 'none' }>, exit: StreamExit): Failure {
  const lastLine = exit.stderr.trim().split('\n').at(-1) ?? '';
  if (choice.kind === 'pkexec') {
    if (exit.startError) return helperFailures.noPkexec();
    if (exit.code === 126) return helperFailures.dismissed();
    if (exit.code === 127) {
      if (/no (session )?(authentication )?agent|authentication agent found/i.test(exit.stderr)) return helperFailures.noAgent();
      if (/no such file/i.test(exit.stderr)) return helperFailures.missing(choice.arguments[1]!);
      if (/dismissed/i.test(exit.stderr)) return helperFailures.dismissed();
      return helperFailures.notAuthorised(choice.arguments[2] === 'trace' ? 'trace' : 'profile');
    }
  }
  if (exit.startError) return helperFailures.notStarted(exit.startError);
  return helperFailures.notStarted(lastLine || describeExit(exit));
}

/** "exit code 1", "killed by SIGKILL" */
export function describeExit(exit: StreamExit): string {
  if (exit.startError) return exit.startError;
  return exit.signal ? `killed by ${exit.signal}` : `exit code ${exit.code}`;
}
