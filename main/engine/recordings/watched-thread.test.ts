// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WatchedThread } from './watched-thread.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'emberscope-watched-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Counted {
  kind: 'count';
  value: number;
}

/** Of a thread that runs the text, until it says 3. */
async function counted(text: string, { take = ({ value }: Counted) => (value === 3 ? value : undefined), patience = 30_000, signal = undefined as AbortSignal | undefined } = {}): Promise<number> {
  const program = join(folder, 'program.cjs');
  writeFileSync(program, `const { parentPort, workerData } = require('node:worker_threads'); ${text}`);
  const thread = new WatchedThread<Counted>(program, { last: 3 }, { name: 'counting', path: '/a/file', patience, heap: 64, signal });
  try {
    return await thread.result(take);
  } finally {
    await thread.end();
  }
}

const COUNTS = "for (let value = 1; value <= workerData.last; value++) parentPort.postMessage({ kind: 'count', value });";

it('gives the result that the last message makes', async () => {
  expect(await counted(COUNTS)).toBe(3);
});

it('says why there is none', async () => {
  await expect(counted("parentPort.postMessage({ kind: 'failed', failure: { code: 'damaged', message: 'It is damaged.', remedy: '' } })")).rejects.toMatchObject({ code: 'damaged', message: 'It is damaged.' });
  await expect(counted('')).rejects.toMatchObject({ code: 'fileNotReadable', message: expect.stringContaining('the counting thread ended') });
  await expect(counted("throw new Error('inside')")).rejects.toMatchObject({ message: expect.stringContaining('inside') });
  await expect(counted('setInterval(() => undefined, 1000)', { patience: 50 })).rejects.toMatchObject({ code: 'damaged' });
});

it('ends with a message that cannot be what it says', async () => {
  const take = (): undefined => {
    throw new RangeError('rows are missing');
  };
  await expect(counted(`${COUNTS} setInterval(() => undefined, 1000)`, { take })).rejects.toThrow('rows are missing');
});

it('is cancelled, or not begun', async () => {
  const cancel = new AbortController();
  const take = ({ value }: Counted): undefined => {
    if (value === 1) cancel.abort();
  };
  await expect(counted(`${COUNTS} setInterval(() => undefined, 1000)`, { take, signal: cancel.signal })).rejects.toMatchObject({ code: 'cancelled' });
  await expect(counted(COUNTS, { signal: cancel.signal })).rejects.toMatchObject({ code: 'cancelled' });
});
