// SPDX-License-Identifier: Apache-2.0
/** What tests of the engine share: one on a fake helper, windows on it, and drains of samples. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { connectEngine, type EngineClient } from '../../../ipc/connection.ts';
import type { Events, Failure, RecordingInfo } from '../../../ipc/contract.ts';
import { isFailure } from '../../../ipc/failure.ts';
import { appendSegments, createTables, rowCounts, segmentsSince, type Tables } from '../../../profile/tables.ts';
import { createEngine, type Engine } from '../engine.ts';
import type { EngineOptions } from '../recording-api.ts';
import type { FakeHelper } from './fake-helper.ts';
import { transportPair } from './local-transport.ts';
import { StreamBuilder } from './stream-builder.ts';

export const settings = { frequency: 99, children: true, kernelStacks: true };
export const own = (): { kind: 'processes'; processes: { tgid: number; startTicks: number }[] } => ({ kind: 'processes', processes: [{ tgid: process.pid, startTicks: 0 }] });
export const rows = (tables: Tables): unknown => segmentsSince(tables, rowCounts(createTables()));

/** For a file of tests: a folder that goes after them, and in it a state folder of its own for each that asks. */
export function testFolders(): { folder: string; state: () => string } {
  const folder = mkdtempSync(join(tmpdir(), 'emberscope-engine-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let count = 0;
  return { folder, state: () => join(folder, `state${++count}`) };
}

/** @param state folder of its files; recordings are saved in ../recordings */
export async function engineWith(helper: FakeHelper, state: string, options: Partial<EngineOptions> = {}): Promise<Engine> {
  const recordingsFolder = join(state, '..', 'recordings');
  return createEngine({ shell: 'chromium', shellReason: '', stateFolder: state, recordingsFolder, cacheFolder: null, openStream: () => helper.stream, ...options });
}

/** One drain with `samples` samples in slice `slice`, on a stack of its own. */
export function drain(slice: number, samples = 3): StreamBuilder {
  const hash = BigInt(1000 + slice);
  return new StreamBuilder()
    .stack(hash, 10, 1, [0x400000n + BigInt(slice), 0x400100n])
    .counts([{ userStack: hash, slice: 50_000 + slice, tgid: 10, tid: 10, samples }])
    .ledger({ fired: samples * (slice + 1), stored: samples * (slice + 1), completeSlice: 50_000 + slice + 1, timeNs: 1_000_000_000_000 + slice * 20_000_000 });
}

export async function failureOf(action: Promise<unknown>): Promise<Failure> {
  try {
    await action;
  } catch (error) {
    if (isFailure(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

export interface Window {
  client: EngineClient;
  tables: Map<number, Tables>;
  ends: number[];
  infos: RecordingInfo[];
  failures: Events['failure'][];
  debugFiles: Events['debugFiles']['status'][];
  probes: Events['probes'][];
}

/** @param named path of the file that it is opened for */
export function openWindow(engine: Engine, named: string | null = null): Window {
  const [ours, theirs] = transportPair();
  void engine.serve(theirs, named);
  const client = connectEngine(ours);
  const window: Window = { client, tables: new Map(), ends: [], infos: [], failures: [], debugFiles: [], probes: [] };
  client.on('rows', ({ id, segments, sliceEnd }) => {
    if (!window.tables.has(id)) window.tables.set(id, createTables());
    appendSegments(window.tables.get(id)!, segments);
    window.ends.push(sliceEnd);
  });
  client.on('recording', ({ info }) => window.infos.push(info));
  client.on('failure', (failure) => window.failures.push(failure));
  client.on('probes', (probes) => window.probes.push(probes));
  client.on('debugFiles', ({ status }) => window.debugFiles.push(status));
  return window;
}

export async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 300; i++) {
    if (condition()) return;
    await wait(10);
  }
  throw new Error('it did not come to that');
}
