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
  /** Another signal does this, once, before one ends at once. */
  onNext(action: () => void): void;
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
  let came = false;
  let lastAt = -Infinity;
  const listener = (): void => {
    if (now() - lastAt < ONE_REQUEST_MS) return;
    lastAt = now();
    if (came) return end(ExitCode.interrupted);
    came = true;
    action();
  };
  for (const signal of SIGNALS) source.on(signal, listener);
  return {
    onFirst(next) {
      action = next;
      if (came) action();
    },
    onNext(next) {
      action = next;
      came = false;
    },
    release() {
      for (const signal of SIGNALS) source.off(signal, listener);
    },
  };
}
