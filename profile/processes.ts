// SPDX-License-Identifier: Apache-2.0
/**
 * Which process a sample counts to: processes are one when their names are, whatever their numbers. A process
 * that execs has a row of its own for each program, and so counts to each by its name.
 */
import { UNKNOWN_PROCESS, processKey, type Key } from './frame-keys.ts';
import type { Tables } from './tables.ts';
import { NONE, type ProcessIndex, type ThreadIndex } from './units.ts';

/** Its comm; `process <tgid>` where that is empty. NONE: "process ?". */
export function processName({ strings, processes }: Tables, process: ProcessIndex): string {
  if (!(process > NONE && process < processes.length)) return 'process ?';
  const name = strings.columns.text[processes.columns.name[process]!] ?? '';
  return name === '' ? `process ${processes.columns.tgid[process]!}` : name;
}

export class ProcessKeys {
  readonly #tables: Tables;
  /** Of the rows of `processes` and `threads` taken so far. */
  readonly #ofProcess: Key[] = [];
  readonly #ofThread: Key[] = [];
  readonly #byName = new Map<string, Key>();

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** Key of the thread's process; UNKNOWN_PROCESS where there is no such row. */
  ofThread(thread: ThreadIndex): Key {
    return this.#ofThread[thread] ?? this.#advance(thread);
  }

  #advance(asked: ThreadIndex): Key {
    const { processes, threads } = this.#tables;
    for (let row = this.#ofProcess.length; row < processes.length; row++) {
      const name = processName(this.#tables, row);
      let key = this.#byName.get(name);
      if (key === undefined) this.#byName.set(name, (key = processKey(row)));
      this.#ofProcess.push(key);
    }
    const { process } = threads.columns;
    for (let row = this.#ofThread.length; row < threads.length; row++) {
      this.#ofThread.push(this.#ofProcess[process[row]!] ?? UNKNOWN_PROCESS);
    }
    return this.#ofThread[asked] ?? UNKNOWN_PROCESS;
  }
}
