// SPDX-License-Identifier: Apache-2.0
/** The launcher as a process, as `npm start` runs it. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test, vi } from 'vitest';
import { electronBinary, electronPackage } from './launch/electron-binary.ts';
import { archiveAddress } from './launch/electron-download.ts';
import { places } from './engine/places.ts';

// Each test starts processes, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const program = fileURLToPath(new URL('launch.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'emberscope-launcher-'));
afterAll(() => rmSync(folder, { recursive: true }));
const quiet = {
  XDG_CACHE_HOME: join(folder, 'cache'),
  XDG_STATE_HOME: join(folder, 'state'),
  CI: undefined,
  DISPLAY: undefined,
  WAYLAND_DISPLAY: undefined,
};

function start(args: string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...quiet, ...env },
  });
  const seen = { output: '', errors: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (seen.output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (seen.errors += text));
  const result = new Promise<{ code: number | null; output: string; errors: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, ...seen })),
  );
  return { child, seen, result };
}
const run = (args: string[], env?: NodeJS.ProcessEnv) => start(args, env).result;

test('help and version', async () => {
  const help = await run(['--help']);
  expect(help).toMatchObject({ code: 0, errors: '' });
  expect(help.output).toContain('--shell electron');
  expect(await run(['--version'])).toEqual({ code: 0, output: `${places().version}\n`, errors: '' });
});

test.each([
  [['--shell', 'firefox'], /no shell "firefox".*\n.*electron, chromium, none/],
  [['--bogus'], /--bogus/],
  [['one.ember', 'two.ember'], /Only one file/],
  [['--shell'], /--shell/],
])('%j: 2', async (args, words) => {
  const { code, output, errors } = await run(args);
  expect(errors).toMatch(words);
  expect(errors).not.toMatch(/^\s+at /m);
  expect(output).toBe('');
  expect(code).toBe(2);
});

test('a file that cannot be opened: 1, before any window', async () => {
  const { code, output, errors } = await run(['--shell', 'none', join(folder, 'absent.ember')]);
  expect(errors).toBe(`emberscope: ${join(folder, 'absent.ember')} cannot be opened: there is no such file.\n`);
  expect((await run(['--shell', 'none', folder])).errors).toBe(`emberscope: ${folder} is a folder.\n`);
  expect((await run(['--shell', 'none', '/dev/null'])).errors).toMatch(/^emberscope: \/dev\/null is no file/);
  expect({ code, output }).toEqual({ code: 1, output: '' });
});

test('a shell that needs a display, without one: 1, and what to do', async () => {
  const { code, errors } = await run(['--shell', 'chromium']);
  expect(errors).toMatch(/no display.*--shell none/);
  expect(code).toBe(1);
});

test('which shell', async () => {
  expect(await run(['--which-shell'])).toMatchObject({ code: 0, output: 'none\n' });
  const electron = electronPackage(places().root)!;
  if (electronBinary(electron)) console.log('here is Electron, so that the rest of this test says "electron"');
  const expected = electronBinary(electron) ? 'electron\n' : 'chromium\n';
  expect(await run(['--which-shell'], { DISPLAY: ':77', CI: 'true' })).toMatchObject({ code: 0, output: expected });
});

test('without a network it decides in time, and remembers', async () => {
  const electron = electronPackage(places().root)!;
  if (electronBinary(electron)) return console.log('skipped: Electron is here, nothing has to be fetched');
  // A server that takes the connection and says nothing: the worst that a network can do.
  const { createServer } = await import('node:net');
  let connections = 0;
  const silent = createServer(() => connections++).listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  try {
    const { port } = silent.address() as { port: number };
    const env = { DISPLAY: ':77', ELECTRON_MIRROR: `http://127.0.0.1:${port}/`, npm_config_electron_mirror: undefined };
    const before = performance.now();
    await run(['--version']);
    const startup = performance.now() - before;
    const began = performance.now();
    expect(await run(['--which-shell'], env)).toMatchObject({ code: 0, output: 'chromium\n' });
    const first = performance.now() - began;
    expect(first).toBeGreaterThan(2_000);
    expect(first).toBeLessThan(2_500 + 4 * startup); // two processes are started, on a machine that may be busy
    const memory = JSON.parse(readFileSync(join(folder, 'cache/emberscope/electron-download.json'), 'utf8')) as {
      reason: string;
    };
    expect(memory.reason).toContain('did not answer within 2 seconds');
    // Remembered: the server is not asked again.
    const asked = connections;
    expect(asked).toBeGreaterThan(0);
    expect(await run(['--which-shell'], env)).toMatchObject({ code: 0, output: 'chromium\n' });
    expect(connections).toBe(asked);
  } finally {
    silent.close();
  }
});

test('what is remembered is for one version at one place', () => {
  const electron = electronPackage(places().root)!;
  mkdirSync(join(folder, 'cache/emberscope'), { recursive: true });
  expect(archiveAddress(electron)).toContain(electron.version);
  expect(archiveAddress({ ...electron, version: '99.0.0' })).not.toBe(archiveAddress(electron));
});

test('with no display the address opens the real window’s page once, and Ctrl-C ends all', async () => {
  // Only the page is a stand-in where the window has not been built.
  const built = join(places().renderer, 'index.html');
  let own = false;
  try {
    readFileSync(built);
  } catch {
    own = true;
    mkdirSync(places().renderer, { recursive: true });
    writeFileSync(built, '<!doctype html><title>Emberscope</title>');
  }
  try {
    const { child, seen, result } = start([]);
    await vi.waitFor(() => expect(seen.output).toContain('/boot?t='), 30_000);
    expect(seen.output).toMatch(/^There is no display here/);
    const address = /http:\S+/.exec(seen.output)![0];
    const boot = await fetch(address);
    expect(boot.status).toBe(200);
    const cookie = boot.headers.get('set-cookie')!.split(';')[0]!;
    const page = await fetch(new URL('/', address), { headers: { cookie } });
    expect(await page.text()).toContain('<title>Emberscope</title>');
    expect((await fetch(address)).status).toBe(403);
    child.kill('SIGINT');
    const { code, errors } = await result;
    expect(errors).toBe('');
    expect(code).toBe(0);
  } finally {
    if (own) rmSync(built);
  }
});
