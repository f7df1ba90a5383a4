// SPDX-License-Identifier: Apache-2.0
/** Answers the helper's questions about modules: their unwind rows, compiled here, without privileges, and whether they hold a Python interpreter. */
import type { HelperObjects } from './helper-objects.ts';
import { candidatesOf, ownVdso } from './module-files.ts';
import { pythonInterpreter, type PythonInterpreter } from './symbolication/python-interpreter.ts';
import { unwindRowsOfFile, unwindRowsOfImage } from './symbolication/unwind-rows.ts';
import { encodeInterpreter, encodeUnwindRows, encodeUnwindSame } from './wire-encoder.ts';
import type { ModuleFrame } from './wire-frames.ts';
import { MappingFlag } from './wire-layout.gen.ts';

/** Files compiled side by side; libuv has four threads for this and for all else. */
const PARALLEL = 3;

const NO_ROWS = new Uint8Array(0);

interface Answer {
  rows: Uint8Array;
  buildId: string;
  python: PythonInterpreter | null;
}

export class UnwindAnswers {
  readonly #send: (bytes: Uint8Array) => void;
  readonly #objects: HelperObjects;
  readonly #fetched: (frame: ModuleFrame, path: string) => void;
  /** Build id -> module whose rows were sent. */
  readonly #sent = new Map<string, number>();
  readonly #waiting: ModuleFrame[] = [];
  #running = 0;
  #closed = false;

  /** @param fetched told of files that only the helper could read: names are in them, too */
  constructor(send: (bytes: Uint8Array) => void, objects: HelperObjects, fetched: (frame: ModuleFrame, path: string) => void) {
    this.#send = send;
    this.#objects = objects;
    this.#fetched = fetched;
  }

  /** Answers in its own time; the helper walks without the module's rows until then. */
  answer(frame: ModuleFrame): void {
    this.#waiting.push(frame);
    this.#next();
  }

  close(): void {
    this.#closed = true;
    this.#waiting.length = 0;
  }

  #next(): void {
    while (this.#running < PARALLEL) {
      const frame = this.#waiting.shift();
      if (!frame) return;
      this.#running++;
      void this.#answer(frame).finally(() => {
        this.#running--;
        this.#next();
      });
    }
  }

  async #answer(frame: ModuleFrame): Promise<void> {
    const found = await this.#rowsOf(frame).catch(() => null);
    if (this.#closed) return;
    if (found?.python) this.#send(encodeInterpreter(frame.module, found.python));
    // The same file may have come by its inode first, and by its build id later.
    const same = found && found.buildId !== '' ? this.#sent.get(found.buildId) : undefined;
    if (same !== undefined && same !== frame.module) {
      this.#send(encodeUnwindSame(frame.module, same));
      return;
    }
    if (found && found.buildId !== '') this.#sent.set(found.buildId, frame.module);
    for (const bytes of encodeUnwindRows(frame.module, found?.rows ?? NO_ROWS)) this.#send(bytes);
  }

  /** @throws Error when the addon is missing: names are missing then, too, and say why. */
  async #rowsOf(frame: ModuleFrame): Promise<Answer | null> {
    if (frame.flags & MappingFlag.vdso) {
      const image = ownVdso();
      const rows = image && (await unwindRowsOfImage(image, frame.buildId));
      return rows && { ...rows, python: null };
    }
    const answer = await answerOf(candidatesOf(frame), frame);
    if (answer || this.#closed) return answer;
    const path = await this.#objects.fetch(frame.module);
    if (path === null) return null;
    this.#fetched(frame, path);
    return answerOf([path], frame);
  }
}

async function answerOf(candidates: readonly string[], { path, buildId }: ModuleFrame): Promise<Answer | null> {
  const rows = await unwindRowsOfFile(candidates, buildId);
  return rows && { ...rows, python: await pythonInterpreter(candidates, path, buildId) };
}
