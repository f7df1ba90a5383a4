// SPDX-License-Identifier: Apache-2.0
/** Starts a program of places.ts on a thread beside this one. */
import { readFileSync } from 'node:fs';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/** @param program TypeScript, or a bundle, which is given as text, since it may lie within Electron's archive */
export function startBeside(program: string, options: WorkerOptions): Worker {
  return program.endsWith('.ts') ? new Worker(program, options) : new Worker(readFileSync(program, 'utf8'), { ...options, eval: true });
}
