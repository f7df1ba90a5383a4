// SPDX-License-Identifier: Apache-2.0
/** The bin under whatever Node.js the system has. */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test, vi } from 'vitest';
import { places } from '../engine/places.ts';
import { samplingObstacle } from './testing.ts';

// Each test starts processes, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const bin = fileURLToPath(new URL('bin.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'emberscope-bin-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** An older Node.js, if the system has one: its own, outside node_modules. */
const older = ['/usr/bin/node', '/usr/local/bin/node', '/usr/bin/nodejs'].find((path) => {
  if (!existsSync(path)) return false;
  return Number(spawnSync(path, ['-p', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' }).stdout) < 24;
});
if (!older) console.log('skipped: the bin under an older Node.js: the system has none');
const run = (node: string, path: string, ...args: string[]) => spawnSync(node, [path, ...args], { encoding: 'utf8' });

test('it runs in place in a Node.js that is new enough', () => {
  expect(run(process.execPath, bin, '--version')).toMatchObject({
    status: 0,
    stdout: `${places().version}\n`,
    stderr: '',
  });
});

test.skipIf(!older)('it goes on in its own Node.js, exit code and streams included', () => {
  expect(run(older!, bin, '--version')).toMatchObject({ status: 0, stdout: `${places().version}\n`, stderr: '' });
  expect(run(older!, bin, 'info', join(folder, 'absent.ember'))).toMatchObject({
    status: 5,
    stdout: '',
    stderr: expect.stringContaining('no file') as string,
  });
});

test.skipIf(!older)('without one it says what to do', () => {
  // The package, but nothing that npm installs.
  mkdirSync(join(folder, 'main/cli'), { recursive: true });
  cpSync(bin, join(folder, 'main/cli/bin.mjs'));
  const { status, stdout, stderr } = run(older!, join(folder, 'main/cli/bin.mjs'), '--version');
  expect(stderr).toMatch(/^emberscope: Node\.js 24 or newer is needed, and this is \d+.*\n.*npm ci/);
  expect(stdout).toBe('');
  expect(status).toBe(1);
});

const obstacle = !older ? 'the system has no older Node.js' : samplingObstacle();
if (obstacle) console.log(`skipped: Ctrl-C through the bin: ${obstacle}`);
test.skipIf(obstacle !== null)('Ctrl-C through it ends the recording cleanly', async () => {
  const file = join(folder, 'x.ember');
  // A group of its own, to which a signal is sent as a terminal would.
  const child = spawn(older!, [bin, 'record', '--system', '--output', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const code = new Promise((resolve) => child.on('close', resolve));
  await vi.waitFor(() => expect(existsSync(file)).toBe(true), 30_000);
  process.kill(-child.pid!, 'SIGINT');
  expect(await code).toBe(0);
  expect(errors).toContain(`recording   ${file}`);
});
