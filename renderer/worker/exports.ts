// SPDX-License-Identifier: Apache-2.0
/** The exports under way, each in a thread of its own. */
import type { Failure } from '../../ipc/contract.ts';
import { transferOf, type ExportContent, type ExportJob } from './export.ts';
import type { ExportAnswer } from './export-thread.ts';

/** The part of Worker that is used, so that tests can stand in for it. */
export interface ExportThread {
  postMessage(job: ExportJob, transfer: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: { data: ExportAnswer }) => void): void;
  addEventListener(type: 'error', listener: (event: { message: string }) => void): void;
  terminate(): void;
}

export const startExportThread = (): ExportThread => new Worker(new URL('./export-thread.ts', import.meta.url), { type: 'module' });

export class Exports {
  readonly #start: () => ExportThread;
  readonly #running = new Map<number, ExportThread>();

  constructor(start: () => ExportThread) {
    this.#start = start;
  }

  /** One of the two is called once, unless it is cancelled. */
  begin(request: number, job: ExportJob, done: (content: ExportContent) => void, failed: (failure: Failure) => void): void {
    const thread = this.#start();
    this.#running.set(request, thread);
    const fail = (problem: string): void => {
      this.cancel(request);
      failed({
        code: 'exportFailed',
        message: `The file could not be written: ${problem.replace(/\.$/, '')}.`,
        remedy: 'Select a shorter range or fewer threads, or choose another format.',
      });
    };
    thread.addEventListener('message', ({ data }) => {
      if ('problem' in data) return fail(data.problem);
      this.cancel(request);
      done(data.content);
    });
    thread.addEventListener('error', ({ message }) => fail(message === '' ? 'its thread could not be started' : message));
    thread.postMessage(job, transferOf(job));
  }

  cancel(request: number): void {
    this.#running.get(request)?.terminate();
    this.#running.delete(request);
  }
}
