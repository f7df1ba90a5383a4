// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DebugDownloads, type DebugFileUser } from './debug-downloads.ts';
import { serving, startServer, type TestServer } from './testing/server.ts';
import { strippedProgram, type StrippedProgram } from './testing/stripped-program.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });
const root = mkdtempSync(join(tmpdir(), 'emberscope-downloads-'));
let programs: StrippedProgram[];
beforeAll(() => {
  programs = ['one', 'three', 'fourth'].map((name) => strippedProgram(root, name));
});
afterAll(() => rmSync(root, { recursive: true }));

let cache: string;
let servers: TestServer[];
let lacking: StrippedProgram[];
let arrived: string[];
let downloads: DebugDownloads;
const user: DebugFileUser = {
  lacking: () => lacking,
  weights: () => new Map(programs.map(({ buildId }, i) => [buildId, i])),
  arrived: (buildId) => {
    arrived.push(buildId);
    lacking = lacking.filter((each) => each.buildId !== buildId);
  },
};
beforeEach(() => {
  cache = mkdtempSync(join(root, 'cache-'));
  servers = [];
  lacking = [...programs];
  arrived = [];
});
afterEach(async () => {
  downloads.close();
  for (const server of servers) await server.close();
});

async function withServers(...handlers: Parameters<typeof startServer>[0][]): Promise<TestServer[]> {
  servers = await Promise.all(handlers.map((handler) => startServer(handler)));
  downloads = new DebugDownloads({ servers: servers.map(({ url }) => url), cache, limits: { maxBytes: 1 << 20, timeoutMs: 10_000 } });
  downloads.add(user);
  downloads.changed();
  return servers;
}

const files = (which = programs) => Object.fromEntries(which.map(({ buildId, debugFile }) => [buildId, debugFile]));

describe('DebugDownloads', () => {
  it('asks nobody before somebody said so, and then for the hottest first', async () => {
    const [server] = await withServers(serving(files()));
    expect(downloads.status).toMatchObject({ state: 'offered', missing: 3, servers: [server!.url.host], current: null });
    expect(server!.asked).toEqual([]);
    const states: string[] = [];
    downloads.subscribe(() => states.push(`${downloads.status?.state} ${downloads.status?.missing} ${downloads.status?.current?.module ?? ''}`));
    downloads.answer('download');
    await downloads.settled();
    expect(arrived).toEqual([2, 1, 0].map((i) => programs[i]!.buildId));
    expect(downloads.status).toMatchObject({ state: 'done', missing: 0, found: 3, absent: 0, failed: 0, failure: '' });
    expect(states.some((state) => state === `downloading 2 ${programs[2]!.path}`)).toBe(true);
    expect(states.at(-1)).toBe('done 0 ');
  });

  it('asks for nothing twice, and for what is missing later without another question', async () => {
    const [server] = await withServers(serving(files([programs[0]!])));
    lacking = [programs[1]!];
    downloads.answer('download');
    await downloads.settled();
    expect(downloads.status).toMatchObject({ state: 'done', found: 0, absent: 1 });
    lacking = [programs[1]!, programs[0]!];
    downloads.changed();
    downloads.changed();
    await downloads.settled();
    expect(server!.asked.map((path) => path.split('/')[2])).toEqual([programs[1]!.buildId, programs[0]!.buildId]);
    expect(arrived).toEqual([programs[0]!.buildId]);
  });

  it('goes on to the next server, and leaves one that fails again and again', async () => {
    const [broken, second] = await withServers((_, response) => response.writeHead(500).end(), serving(files()));
    const many = Array.from({ length: 5 }, (_, i) => ({ ...programs[0]!, buildId: `${i}`.repeat(16) }));
    lacking = [...programs, ...many];
    downloads.answer('download');
    await downloads.settled();
    expect([broken!.asked.length, second!.asked.length]).toEqual([3, 8]);
    expect(arrived).toHaveLength(3);
    expect(downloads.status).toMatchObject({ found: 3, absent: 5, failed: 0 });
  });

  it('takes no file of another build', async () => {
    await withServers(serving({ [programs[0]!.buildId]: programs[1]!.debugFile }));
    lacking = [programs[0]!];
    downloads.answer('download');
    await downloads.settled();
    expect(arrived).toEqual([]);
    expect(downloads.status).toMatchObject({ failed: 1, failure: expect.stringMatching(/sent another file than was asked for: .*another version/) });
    expect(readdirSync(join(cache, programs[0]!.buildId))).toEqual([]);
  });

  it('is cancelled in the middle, and may be begun again', async () => {
    const [server] = await withServers((request, response) => {
      if (server!.asked.length > 1) return serving(files())(request, response);
      return void response.writeHead(200, { 'content-length': 100_000 }).write(programs[0]!.debugFile.subarray(0, 1000));
    });
    downloads.answer('download');
    await vi.waitFor(() => expect(downloads.status?.current?.doneBytes).toBe(1000));
    downloads.answer('cancel');
    await downloads.settled();
    expect([downloads.status, arrived, server!.asked.length]).toEqual([null, [], 1]);
    expect(readdirSync(cache).flatMap((each) => readdirSync(join(cache, each)))).toEqual([]);
    downloads.answer('download');
    await downloads.settled();
    expect(arrived).toHaveLength(3);
  });

  it('says nothing when it is declined, when nothing is missing, or when there is no server', async () => {
    const [server] = await withServers(serving(files()));
    downloads.answer('decline');
    expect(downloads.status).toBeNull();
    downloads = new DebugDownloads({ servers: [server!.url], cache });
    lacking = [];
    downloads.add(user);
    expect(downloads.status).toBeNull();
    const none = new DebugDownloads({ servers: [], cache });
    lacking = [...programs];
    none.add(user);
    none.answer('download');
    await none.settled();
    expect([none.status, server!.asked]).toEqual([null, []]);
  });
});
