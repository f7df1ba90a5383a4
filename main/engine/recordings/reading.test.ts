// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { isFailure } from '../../../ipc/failure.ts';
import { createTables, rowCounts, segmentsSince, type Tables } from '../../../profile/tables.ts';
import { NONE } from '../../../profile/units.ts';
import { StringInterner } from '../interner.ts';
import { readInThread } from './reading.ts';
import { RecordingStore } from './store.ts';

let folder = '';
let large = '';
let written: Tables;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'emberscope-reading-test-'));
  // What is left there at the end is left by what is tested here, and not by others.
  vi.stubEnv('TMPDIR', join(folder, 'temporary'));
  mkdirSync(tmpdir());
  large = join(folder, 'large.ember');
  written = createTables();
  const strings = StringInterner.of(written);
  written.processes.append({ tgid: 10, parent: NONE, name: strings.index('app'), start: 0 });
  written.threads.append({ process: 0, tid: 10, name: strings.index('app') });
  for (let i = 0; i < 40_000; i++) strings.index(`function number ${i}`);
  for (let i = 0; i < 1_000_000; i++) written.samples.append({ slice: i, thread: 0, stack: NONE, kind: 0, weight: 1 });
  const store = RecordingStore.create(large, {
    application: '0.1.0', target: 'app 10', question: 'on-cpu', frequencyHz: 99, startedAt: 1_700_000_000_000, host: 'here', kernel: '6.18', cpus: 2,
    settings: { frequency: 99, children: true, kernelStacks: true }, durationNs: 0, sliceEnd: 0,
    ledger: { fired: 0, notOurs: 0, stored: 0, lost: 0 }, overhead: { bpfNs: 0, helperCpuNs: 0 },
  });
  store.append(segmentsSince(written, rowCounts(createTables())), {});
  await store.finish(written, { endReason: 'asked', endMessage: 'Stopped.' });
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

async function codeOf(action: Promise<unknown>): Promise<string> {
  try {
    await action;
  } catch (error) {
    if (isFailure(error)) return error.code;
    throw error;
  }
  return 'nothing was thrown';
}

it('reads what was written, while others go on', async () => {
  let longest = 0;
  let last = performance.now();
  const beat = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  const began = performance.now();
  const read = await readInThread(large);
  const took = performance.now() - began;
  clearInterval(beat);
  expect(read).toMatchObject({ unexpected: false, inUse: false, sliceEnd: 1_000_000, metadata: { target: 'app 10', endReason: 'asked' } });
  const everything = (tables: Tables): unknown => segmentsSince(tables, rowCounts(createTables()));
  expect(everything(read.tables)).toEqual(everything(written));
  // Others may hold this machine up, but the reader itself needs more than that.
  expect(longest).toBeLessThan(Math.max(150, took / 2));
  // The tables go on where the file ended.
  expect(read.tables.samples.append({ slice: 1_000_000, thread: 0, stack: NONE, kind: 0, weight: 2 })).toBe(1_000_000);
  expect(read.tables.notes.append({ slice: 0, kind: 5, process: NONE, text: 0 })).toBe(0);
});

it('can be cancelled, before and while it reads', async () => {
  const cancel = new AbortController();
  const reading = codeOf(readInThread(large, { signal: cancel.signal }));
  await wait(20);
  cancel.abort();
  expect(await reading).toBe('cancelled');
  expect(await codeOf(readInThread(large, { signal: cancel.signal }))).toBe('cancelled');
});

it('gives up a thread that says nothing, and one that takes too much memory', async () => {
  expect(await codeOf(readInThread(large, { patience: 1 }))).toBe('damaged');
  // Less than the reader and its libraries alone need.
  expect(await codeOf(readInThread(large, { heap: 4 }))).toBe('tooLarge');
});

it('refuses as the reader does', async () => {
  const other = join(folder, 'letter.txt');
  writeFileSync(other, 'Dear');
  expect(await codeOf(readInThread(other))).toBe('notEmber');
  expect(await codeOf(readInThread(join(folder, 'absent')))).toBe('fileMissing');
  expect(readdirSync(tmpdir())).toEqual([]);
});
