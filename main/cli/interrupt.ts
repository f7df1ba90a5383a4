// SPDX-License-Identifier: Apache-2.0
/** Ctrl-C and the signals that mean the same: the first asks to stop cleanly, the second ends at once. */
import { ExitCode } from './exit-code.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Signals this close together are one request: timeout(1) signals the process and then its whole group, npm and
 * bin.mjs pass on what they were sent themselves. Nobody presses Ctrl-C twice as fast on purpose.
 */
const ONE_REQUEST_MS = 400;

export interface Interrupts {
  /** Replaces what the first signal does; called at once when it came already. */
  onFirst(action: () => void): void;
  /** The signals do again what they do by default. */
  release(): void;
}

/**
 * @param source process, or an emitter in tests
 * @param end ends the process at once with an exit code
 * @param now milliseconds of a clock that only goes forward
 */
export function listenForInterrupts(
  source: NodeJS.EventEmitter,
  end: (code: number) => void,
  now: () => number = () => performance.now(),
): Interrupts {
  let action: () => void = () => undefined;
  let cameAt: number | null = null;
  const listener = (): void => {
    if (cameAt !== null) {
      if (now() - cameAt >= ONE_REQUEST_MS) end(ExitCode.interrupted);
      return;
    }
    cameAt = now();
    action();
  };
  for (const signal of SIGNALS) source.on(signal, listener);
  return {
    onFirst(next) {
      action = next;
      if (cameAt !== null) action();
    },
    release() {
      for (const signal of SIGNALS) source.off(signal, listener);
    },
  };
}
