// SPDX-License-Identifier: Apache-2.0
/**
 * Recordings of every schema version, each made by the code of its time (test/recordings/kept). The figures below are what
 * that code's own command line said: `info --json`, `export --format folded`, and the lines that `latency` and `trace` printed.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EventWords } from '../../profile/event-words.ts';
import { SCHEMA_VERSION } from '../../profile/schema.ts';
import { createEngine, type Engine } from '../engine/engine.ts';
import { probesOf } from '../engine/probes/probe-info.ts';
import { readRecording } from '../engine/recordings/reader.ts';
import { compareRecordings } from './compare.ts';
import { ExitCode } from './exit-code.ts';
import { exportRecording } from './export.ts';
import { info } from './info.ts';
import type { Surroundings } from './surroundings.ts';

const kept = join(import.meta.dirname, '../../test/recordings/kept');
const names = readdirSync(kept).filter((name) => name.endsWith('.ember'));
const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
const before = new Map(names.map((name) => [name, sha256(join(kept, name))]));

const top = mkdtempSync(join(tmpdir(), 'emberscope-kept-'));
const folder = join(top, 'recordings');
const at = (name: string): string => join(kept, name);

let engine: Engine;
beforeAll(async () => {
  mkdirSync(folder);
  for (const name of names) copyFileSync(at(name), join(folder, name));
  engine = await newEngine();
});
afterAll(async () => {
  await engine.close();
  rmSync(top, { recursive: true });
});
const newEngine = () => createEngine({ shell: 'chromium', shellReason: '', stateFolder: join(top, 'state'), cacheFolder: null, recordingsFolder: folder });

/** What a command of today prints. */
async function printed(command: (around: Surroundings) => Promise<ExitCode>): Promise<string> {
  const [output, errors] = [new PassThrough(), new PassThrough()];
  const text = textOf(output);
  expect(await command({ terminal: { output, errors }, openEngine: newEngine })).toBe(ExitCode.ok);
  output.end();
  return text;
}

const infoOf = async (name: string): Promise<Record<string, unknown>> => JSON.parse(await printed((around) => info(at(name), { json: true }, around))) as Record<string, unknown>;
const foldedOf = (name: string): Promise<string> => printed((around) => exportRecording(at(name), { format: 'folded' }, around));
const weightOf = (folded: string): number => folded.split('\n').reduce((sum, line) => sum + Number(/ (\d+)$/.exec(line)?.[1] ?? 0), 0);

/** "function file:line" of the named functions. */
function linesOf(name: string, functions: RegExp): string[] {
  const { symbols, functions: rows, strings } = readRecording(at(name)).tables;
  const text = strings.columns.text;
  const found = Array.from({ length: symbols.length }, (_, row) => `${text[rows.columns.name[symbols.columns.function[row]!]!]} ${text[symbols.columns.file[row]!]}:${symbols.columns.line[row]}`);
  return [...new Set(found)].filter((each) => functions.test(each) && !each.endsWith(' :0')).sort();
}

const threadsOf = (name: string): string[] => {
  const { threads, strings } = readRecording(at(name)).tables;
  return [...new Set(Array.from({ length: threads.length }, (_, row) => strings.columns.text[threads.columns.name[row]!]!))];
};

test('there is one of every schema that was ever written', () => {
  const versions = names.map((name) => readRecording(at(name)).metadata.schemaVersion);
  expect([...new Set(versions)].sort()).toEqual(Array.from({ length: SCHEMA_VERSION }, (_, i) => i + 1));
  expect(names.map((name) => Number(name.charAt('schema-'.length)))).toEqual(versions);
});

const figures: Record<string, object> = {
  'schema-1.ember': {
    target: './work 5', question: 'on-cpu', frequencyHz: 399, durationNs: 5031527341, host: 'somewhere', samples: 408, expected: 403.640428653, lost: {},
    stacks: { complete: 408, truncated: 0, broken: 0, ends: {}, brokenIn: [] }, frames: { named: 1653, all: 1653, unnamedIn: [] },
    ledger: { fired: 3984, notOurs: 3576, stored: 408, lost: 0 },
  },
  'schema-2.ember': {
    target: '/usr/bin/python3 work.py 5', question: 'on-cpu', frequencyHz: 399, durationNs: 5307684691, samples: 583, expected: 581.5215852179999, lost: {},
    stacks: { complete: 582, truncated: 0, broken: 1, ends: { noMapping: 1 }, brokenIn: [{ module: '/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2', end: 'noMapping', samples: 1 }] },
    frames: { named: 9865, all: 9870, unnamedIn: [{ module: '/usr/bin/python3.11', unnamed: 5, waiting: 0 }] },
    ledger: { fired: 4194, notOurs: 3611, stored: 583, lost: 0 },
  },
  'schema-3.ember': {
    target: './work 4', question: 'wall', frequencyHz: 199, durationNs: 3727552204, samples: 251, expected: 237.36040653799998, lost: { shortWaits: 347, untoldEnds: 5 },
    waits: { blockedNs: 6742727306, preemptedNs: 2337308230, runQueueNs: 380733650 }, frames: { named: 103867279773.28146, all: 103867279773.28146, unnamedIn: [] },
    ledger: { fired: 1456, notOurs: 1205, stored: 251, lost: 0 },
  },
  'schema-3-latency.ember': { question: 'probes', durationNs: 4233864175, samples: 0, stacks: { complete: 17055949, truncated: 0, broken: 0, ends: {}, brokenIn: [] } },
  'schema-3-trace.ember': { question: 'probes', samples: 0, host: 'somewhere' },
  'schema-4.ember': {
    target: './work 4', question: 'wall', durationNs: 3936545815, samples: 439, expected: 443.663547935, lost: { shortWaits: 430, untoldEnds: 3 },
    waits: { blockedNs: 7314162619, preemptedNs: 1537594616, runQueueNs: 254739476 }, ledger: { fired: 1549, notOurs: 1110, stored: 439, lost: 0 },
  },
  'schema-4-latency.ember': { question: 'probes', durationNs: 4136551425, stacks: { complete: 4169974, truncated: 0, broken: 0, ends: {}, brokenIn: [] } },
  'schema-4-trace.ember': { question: 'probes', samples: 0, host: 'somewhere' },
};

describe.each(names)('%s', (name) => {
  test('says what its own version said', async () => {
    expect(await infoOf(name)).toMatchObject(figures[name]!);
  });

  test('is listed in the library with what it holds, and can be exported in every format', async () => {
    const entry = (await engine.listLibrary()).entries.find(({ file }) => file === name)!;
    expect(entry.state).toEqual({ kind: 'sound' });
    const { target, question, samples = 0 } = figures[name] as { target?: string; question: string; samples?: number };
    expect(entry.facts).toMatchObject({ question, samples, host: 'somewhere', tags: [], notes: '' });
    if (name.includes('latency')) expect(entry.facts!.probes).toMatchObject([{ kind: 'user', name: 'read_a_little', byStack: true, leastNs: 1000, budget: 20 }]);
    else if (!name.includes('trace')) expect(entry.facts!.probes).toEqual([]);
    if (target !== undefined) expect(entry.facts!.target).toBe(target);
    if (!name.includes('trace')) expect(await engine.library.thumbnail(name)).toMatch(/^[a-z]{96}/);
    for (const format of ['speedscope', 'firefox', 'svg'] as const) expect((await printed((around) => exportRecording(at(name), { format }, around))).length).toBeGreaterThan(100);
  });
});

describe('what each schema brought is read', () => {
  test('1: threads, inlined functions, source lines', async () => {
    const folded = await foldedOf('schema-1.ember');
    expect(weightOf(folded)).toBe(408);
    for (const line of ['work;clone3;start_thread;compute;parse 209', 'work;clone3;start_thread;compute;parse;mix_[i] 121', 'work;clone3;start_thread;compute;checksum 74']) expect(folded).toContain(`${line}\n`);
    expect(threadsOf('schema-1.ember')).toEqual(['work', 'computes', 'fetches']);
    expect(linesOf('schema-1.ember', /^(parse|mix|checksum|compute|fetch) /)).toEqual(
      ['checksum work.c:29', 'checksum work.c:30', 'compute work.c:44', 'compute work.c:45', 'fetch work.c:57', 'mix work.c:18', 'parse work.c:23', 'parse work.c:24']);
  });

  test('2: frames of Python among native ones', async () => {
    const folded = await foldedOf('schema-2.ember');
    expect(weightOf(folded)).toBe(583);
    expect(folded).toMatch(/Thread\._bootstrap;Thread\._bootstrap_inner;Thread\.run;.*;work;checksum;_PyEval_EvalFrameDefault 84\n/);
    expect(linesOf('schema-2.ember', /^(parse|checksum|work) .*work\.py/).map((each) => each.replace(/ .*\//, ' '))).toEqual(
      ['checksum work.py:16', 'checksum work.py:17', 'parse work.py:11', 'work work.py:22', 'work work.py:23']);
  });

  // Of waits the exported weights are microseconds.
  test.each([
    ['schema-3.ember', 10722072, 'parse 633166', 'schedule_[k];__schedule_[k] 3351499'],
    ['schema-4.ember', 11312527, 'parse 1180905', 'schedule_[k];__schedule_[k] 3636380'],
  ])('3 and 4: waits beside samples (%s)', async (name, all, ran, slept) => {
    const folded = await foldedOf(name);
    expect(weightOf(folded)).toBe(all);
    expect(folded).toContain(`work;clone3;start_thread;compute;${ran}\n`);
    expect(folded).toMatch(new RegExp(`;fetch;nanosleep;.*;do_nanosleep_\\[k\\];${slept.replace(/[[\]]/g, '\\$&')}\n`));
    expect(threadsOf(name)).toEqual(['sh', 'work', 'computes', 'fetches']);
    expect(linesOf(name, /^(read_a_little|mix) /)).toEqual(['mix work.c:18', 'read_a_little work.c:37']);
  });

  test.each([
    ['schema-3-latency.ember', 143, 17056],
    ['schema-4-latency.ember', 110, 4170],
  ])('3 and 4: calls of a function, by thread and stack (%s)', async (name, calls, microseconds) => {
    const { tables } = readRecording(at(name));
    expect(probesOf(tables)).toMatchObject([{ title: 'read_a_little', mechanism: 'uprobe.multi', unit: 'nanoseconds', request: { kind: 'user', byStack: true, leastNs: 1000, budget: 20 }, figures: { measured: calls } }]);
    expect(await foldedOf(name)).toBe(`work;clone3;start_thread;fetch;read_a_little ${microseconds}\n`);
  });

  test.each([
    ['schema-3-trace.ember', 37, 'read_a_little() = 512', 28_400],
    ['schema-4-trace.ember', 53, 'read_a_little() = 512', 26_000],
  ])('3 and 4: events, as texts and as values (%s)', (name, hits, message, secondNs) => {
    const { tables } = readRecording(at(name));
    const { events } = tables;
    expect(events.length).toBe(hits);
    expect(new EventWords(tables).message(events.columns, 0)).toBe(message);
    expect(Math.round(events.columns.duration[1]! / 100) * 100).toBe(secondNs);
  });
});

describe('each is compared with one of today', () => {
  // Found again by function and module, whatever wrote it.
  test.each([
    ['schema-1.ember', 'schema-2.ember', 'work'],
    ['schema-3.ember', 'schema-4.ember', 'parse'],
  ])('%s against %s', async (a, b, name) => {
    const found = JSON.parse(await printed((around) => compareRecordings([at(a), at(b)], { normalize: 'total', format: 'json', width: 'larger', palette: 'orange-blue' }, around))) as { functions: { name: string; a: number; b: number }[] };
    const one = found.functions.find((each) => each.name === name);
    expect(one).toBeDefined();
    if (a === 'schema-3.ember') expect([one!.a, one!.b].every((share) => share > 5)).toBe(true);
  });
});

test('none of them is changed by any of that', () => {
  expect(names.map((name) => [name, sha256(at(name))])).toEqual([...before]);
  expect(readdirSync(kept).filter((name) => !names.includes(name))).toEqual(['README.md', 'programs']);
  for (const name of names) expect(sha256(join(folder, name))).toBe(before.get(name));
});
