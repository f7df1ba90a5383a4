// SPDX-License-Identifier: Apache-2.0
/** The other end of name-cache.ts: SQLite may wait for a disk, or for another process. */
import { parentPort, workerData } from 'node:worker_threads';
import type { CacheAnswer, CacheTask } from './name-cache.ts';
import { NameStore } from './name-store.ts';

const { path, maxBytes } = workerData as { path: string; maxBytes?: number };
const store = new NameStore(path, maxBytes);

function answer({ number, key, about, offsets, places }: CacheTask): CacheAnswer {
  if (places) {
    store.store(key, about, offsets, places);
    return { number, found: null };
  }
  return { number, found: store.find(key, offsets) };
}

parentPort!.on('message', (task: CacheTask | null) => {
  if (task) {
    parentPort!.postMessage(answer(task));
  } else {
    store.close();
    parentPort!.close();
  }
});
