// SPDX-License-Identifier: Apache-2.0
/** Debug files that come while a recording goes on: from a server to the names that a window sees. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { DebugFilesStatus } from '../../ipc/contract.ts';
import { createTables, type Tables } from '../../profile/tables.ts';
import { NONE } from '../../profile/units.ts';
import type { Engine } from './engine.ts';
import { readRecording } from './recordings/reader.ts';
import { serving, startServer, type TestServer } from './symbolication/debuginfod/testing/server.ts';
import { strippedProgram, type StrippedProgram } from './symbolication/debuginfod/testing/stripped-program.ts';
import { engineWith, openWindow, own, settings, until } from './testing/engine-fixture.ts';
import { FakeHelper } from './testing/fake-helper.ts';
import { StreamBuilder } from './testing/stream-builder.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });
const root = mkdtempSync(join(tmpdir(), 'emberscope-names-'));
let stripped: StrippedProgram;
let withoutLines: StrippedProgram;
let program: StrippedProgram;
beforeAll(() => {
  stripped = strippedProgram(root, 'program');
  withoutLines = strippedProgram(root, 'without-lines', '--strip-debug');
});
beforeEach(() => {
  program = stripped;
});
afterAll(() => rmSync(root, { recursive: true }));
let server: TestServer | null = null;
let engine: Engine | null = null;
afterEach(async () => {
  await engine?.close();
  await server?.close();
});

/** A helper that samples the program's hidden function. */
function sampling(): FakeHelper {
  const helper = new FakeHelper();
  const buildId = Uint8Array.from(Buffer.from(program.buildId, 'hex'));
  helper.onStart = () =>
    helper.say(
      new StreamBuilder()
        .process(10, 'program')
        .generation(10, 1)
        .mapping(10, 1, 0x400000n, 0x500000n, program.path, { buildId, buildIdLength: buildId.length })
        .started(),
    );
  return helper;
}

const drain = (slice: number): StreamBuilder =>
  new StreamBuilder()
    .stack(7n, 10, 1, [0x400000n + BigInt(program.offset)])
    .counts([{ userStack: 7n, slice: 50_000 + slice, tgid: 10, tid: 10, samples: 1 }])
    .ledger({ fired: slice + 1, stored: slice + 1, completeSlice: 50_000 + slice + 1, timeNs: 1_000_000_000_000 + slice * 20_000_000 });

/** Names of the frame, the last one last; null: none. */
function names({ symbols, functions, strings }: Tables): (string | null)[] {
  return Array.from(symbols.columns.function.subarray(0, symbols.length), (row) => (row === NONE ? null : strings.columns.text[functions.columns.name[row]!]!));
}

async function engineOn(helper: FakeHelper, state: string): Promise<{ engine: Engine; cache: string }> {
  server = await startServer(serving({ [program.buildId]: program.debugFile }));
  const cache = join(root, state, 'cache');
  const options = { debugFolders: [cache], debuginfod: { servers: [server.url], cache } };
  return { engine: (engine = await engineWith(helper, join(root, state), options)), cache };
}

it('offers them to the window, and shows the names when they came', async () => {
  const helper = sampling();
  const { engine: on } = await engineOn(helper, 'window');
  const window = openWindow(on);
  const { id } = await window.client.call('start', own(), settings);
  await window.client.call('subscribe', id);
  helper.say(drain(0));
  await until(() => window.debugFiles.at(-1)?.missing === 1);
  expect(window.debugFiles.at(-1)).toMatchObject({ state: 'offered', servers: [server!.url.host] });
  expect(names(window.tables.get(id)!)).toEqual([null]);
  expect(await window.client.call('whyUnnamed', id, 0)).toContain('has no symbols');
  // One that is opened later is asked, too.
  const late = openWindow(on);
  await until(() => late.debugFiles.at(-1)?.state === 'offered');
  expect(server!.asked).toEqual([]);
  await late.client.call('debugFiles', 'download');
  await until(() => names(window.tables.get(id)!).at(-1) === 'hidden_work');
  await until(() => window.debugFiles.at(-1)?.state === 'done');
  expect(window.debugFiles.at(-1)).toMatchObject({ found: 1, missing: 0, failed: 0 });
  expect(await window.client.call('whyUnnamed', id, 0)).toBe('');
  const stopped = await window.client.call('stop', id);
  expect(stopped.state).toMatchObject({ kind: 'finished' });
});

it('finds what another client has fetched before, at once', async () => {
  const helper = sampling();
  const { engine: on, cache } = await engineOn(helper, 'cached');
  mkdirSync(join(cache, program.buildId), { recursive: true });
  writeFileSync(join(cache, program.buildId, 'debuginfo'), program.debugFile);
  const recording = await on.startRecording(own(), settings);
  helper.say(drain(0));
  await until(() => names(recording.tables)[0] === 'hidden_work');
  expect(server!.asked).toEqual([]);
});

it('fetches them at the end when it was asked to, into the file', async () => {
  const helper = sampling();
  const { engine: on } = await engineOn(helper, 'asked');
  const output = join(root, 'asked.ember');
  const seen: DebugFilesStatus[] = [];
  const recording = await on.startRecording(own(), settings, { output, onDebugFiles: (status) => seen.push(status) });
  helper.say(drain(0));
  await until(() => recording.tables.symbols.length === 1);
  expect(server!.asked).toEqual([]);
  await recording.stop();
  expect(names(readRecording(output).tables).slice(0, 2)).toEqual([null, 'hidden_work']);
  expect(seen.at(-1)).toMatchObject({ state: 'done', found: 1 });
});

it('finds source lines in them for what has its name already', async () => {
  program = withoutLines;
  const helper = sampling();
  const { engine: on } = await engineOn(helper, 'lines');
  const recording = await on.startRecording(own(), settings);
  helper.say(drain(0));
  await until(() => on.debugDownloads.status?.missing === 1);
  const { symbols } = recording.tables;
  expect([names(recording.tables), symbols.columns.line[0]]).toEqual([['hidden_work'], 0]);
  on.debugFiles('download');
  await until(() => symbols.length > 1);
  expect([names(recording.tables).at(-1), symbols.columns.line[symbols.length - 1]]).toEqual(['hidden_work', 1]);
});

it('is complete without them when that is cancelled', async () => {
  const helper = sampling();
  server = await startServer(() => undefined);
  engine = await engineWith(helper, join(root, 'cancelled'), { debugFolders: [], debuginfod: { servers: [server.url], cache: join(root, 'cancelled', 'cache') } });
  const output = join(root, 'cancelled.ember');
  const recording = await engine.startRecording(own(), settings, { output, onDebugFiles: () => engine!.debugFiles('cancel') });
  helper.say(drain(0));
  await until(() => recording.tables.symbols.length === 1);
  await recording.stop();
  const { tables } = readRecording(output);
  expect(names(tables)).toEqual([null]);
  expect(tables.samples.length).toBe(createTables().samples.length + 1);
});
