// SPDX-License-Identifier: Apache-2.0
/** Ctrl-C and the signals that mean the same: the first asks to stop cleanly, the second ends at once. */
import { ExitCode } from './exit-code.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Interrupts {
  /** Replaces what the first signal does; called at once when it came already. */
  onFirst(action: () => void): void;
  /** The signals do again what they do by default. */
  release(): void;
}

/**
 * @param source process, or an emitter in tests
 * @param end ends the process at once with an exit code
 */
export function listenForInterrupts(source: NodeJS.EventEmitter, end: (code: number) => void): Interrupts {
  let action: () => void = () => undefined;
  let came = false;
  const listener = (): void => {
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
    release() {
      for (const signal of SIGNALS) source.off(signal, listener);
    },
  };
}
