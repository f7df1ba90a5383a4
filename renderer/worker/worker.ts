// SPDX-License-Identifier: Apache-2.0
/// <reference lib="webworker" />
/** Entry of the window's worker: `new Worker(new URL('./worker/worker.ts', import.meta.url), { type: 'module' })`. */
import type { ToWorker } from './protocol.ts';
import { WindowWorker } from './window-worker.ts';

const scope = self as unknown as DedicatedWorkerGlobalScope;
const worker = new WindowWorker((message, transfer = []) => scope.postMessage(message, transfer));
scope.addEventListener('message', (event: MessageEvent<ToWorker>) => worker.receive(event.data));
