// SPDX-License-Identifier: Apache-2.0
/** `record --debuginfod` on a stripped program, with a debuginfod server on this machine. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runCli, samplingObstacle } from '../../main/cli/testing.ts';
import { serving, startServer } from '../../main/engine/symbolication/debuginfod/testing/server.ts';

const obstacle = samplingObstacle();
const folder = mkdtempSync(join(tmpdir(), 'emberscope-debuginfod-'));
afterAll(() => rmSync(folder, { recursive: true }));
const cache = join(folder, 'cache');

describe.skipIf(obstacle !== null)('record --debuginfod', () => {
  test('a stripped program gets its names from the server, and the next recording from the cache', async () => {
    const program = join(folder, 'busy');
    const run = (tool: string, ...args: string[]): string => execFileSync(tool, args, { encoding: 'utf8' });
    run('gcc', '-O2', '-g', '-pthread', '-fno-omit-frame-pointer', '-Wl,--build-id', '-o', program, resolve(import.meta.dirname, '..', 'programs', 'busy.c'));
    const buildId = /Build ID: (\w+)/.exec(run('readelf', '-n', program))![1]!;
    run('objcopy', '--only-keep-debug', program, `${program}.dbg`);
    run('strip', program);
    const server = await startServer(serving({ [buildId]: readFileSync(`${program}.dbg`) }));
    const environment = { DEBUGINFOD_URLS: server.url.href, DEBUGINFOD_CACHE_PATH: cache, XDG_STATE_HOME: join(folder, 'state') };
    const folded = async (name: string, ...options: string[]): Promise<string> => {
      const file = join(folder, name);
      const recorded = await runCli(['record', ...options, '--output', file, '--', program, '1', '1'], environment);
      expect(recorded.errors).toContain('recording ');
      expect(recorded.code).toBe(0);
      return (await runCli(['export', file, '--format', 'folded'], environment)).output;
    };
    try {
      expect(await folded('without.ember')).not.toContain('spin');
      expect(server.asked).toEqual([]);
      expect(existsSync(cache)).toBe(false);
      expect(await folded('with.ember', '--debuginfod')).toContain('spin');
      expect(server.asked).toContain(`/buildid/${buildId}/debuginfo`);
      const { length } = server.asked;
      expect(await folded('cached.ember')).toContain('spin');
      expect(server.asked).toHaveLength(length);
    } finally {
      await server.close();
    }
  });

  test('needs to know a server', async () => {
    const output = join(folder, 'none.ember');
    const { code, errors } = await runCli(['record', '--debuginfod', '--output', output, '--', 'true'], { DEBUGINFOD_URLS: '' });
    expect([code, errors]).toEqual([2, expect.stringContaining('DEBUGINFOD_URLS names no server.')]);
    expect(existsSync(output)).toBe(false);
  });
});

if (obstacle !== null) test('record --debuginfod', ({ skip }) => skip(obstacle));
