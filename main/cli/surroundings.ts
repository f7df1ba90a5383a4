// SPDX-License-Identifier: Apache-2.0
/** What a command is given besides its words. */
import type { EngineApi } from '../engine/recording-api.ts';
import { listenForInterrupts, type Interrupts } from './interrupt.ts';
import type { Terminal } from './terminal.ts';

export interface Surroundings {
  terminal: Terminal;
  openEngine: () => Promise<EngineApi>;
}

/** Of a command that Ctrl-C ends properly. */
export interface InterruptibleSurroundings extends Surroundings {
  interrupts: Interrupts;
}

/** While `action` runs the first Ctrl-C is its own; the second ends the process. */
export async function interruptible<T>(around: Surroundings, action: (around: InterruptibleSurroundings) => Promise<T>): Promise<T> {
  const interrupts = listenForInterrupts(process, (code) => {
    around.terminal.errors.write('\n');
    process.exit(code);
  });
  try {
    return await action({ ...around, interrupts });
  } finally {
    interrupts.release();
  }
}
