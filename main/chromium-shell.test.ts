// SPDX-License-Identifier: Apache-2.0
/** The life of the shell, with a small program in the browser's place that does what a browser does. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connectEngine } from '../ipc/connection.ts';
import type { Transport } from '../ipc/transport.ts';
import { runChromiumShell } from './chromium-shell.ts';
import { findBrowsers, type Browser } from './chromium-shell/browsers.ts';

// Each test starts processes, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let folder: string;
let renderer: string;
let printed: string;
let stopping: AbortController;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'emberscope-shell-'));
  renderer = join(folder, 'renderer');
  mkdirSync(renderer);
  mkdirSync(join(folder, 'profiles'));
  writeFileSync(
    join(renderer, 'index.html'),
    '<!doctype html><title>Emberscope</title><script type="module" src="./main.js"></script>',
  );
  // As the real page: asks the engine for one thing over the socket.
  writeFileSync(
    join(renderer, 'main.js'),
    `new WebSocket('ws://' + location.host + '/engine').onopen = () => undefined;`,
  );
  printed = '';
  stopping = new AbortController();
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** Follows the start page as Chromium would, then lives as `life` says; tells in seen.json what it saw. */
function fakeBrowser(life: string): Browser {
  const path = join(folder, 'browser.mjs');
  writeFileSync(
    path,
    `#!${process.execPath}
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRequire } from 'node:module';
const { WebSocket } = createRequire(${JSON.stringify(createRequire(import.meta.url).resolve('ws'))})('ws');
const page = fileURLToPath(process.argv.find((argument) => argument.startsWith('--app=')).slice(6));
const address = new URL(/url=([^"]+)"/.exec(readFileSync(page, 'utf8'))[1].replaceAll('&#38;', '&'));
const seen = {
  commandLine: readFileSync('/proc/self/cmdline', 'latin1'),
  token: address.searchParams.get('t'),
  folderMode: (statSync(dirname(page)).mode & 0o777).toString(8),
  pageMode: (statSync(page).mode & 0o777).toString(8),
  profile: dirname(page),
};
async function open() {
  const boot = await fetch(address, { headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' } });
  seen.boot = boot.status;
  seen.cookie = boot.headers.get('set-cookie')?.split(';')[0];
  return connect();
}
function connect() {
  const socket = new WebSocket('ws://' + address.host + '/engine', { headers: { cookie: seen.cookie, origin: address.origin } });
  return new Promise((resolve) => socket.on('open', () => resolve(socket)).on('error', () => undefined));
}
const tell = () => writeFileSync(${JSON.stringify(join(folder, 'seen.json'))}, JSON.stringify(seen));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
${life}
`,
  );
  chmodSync(path, 0o755);
  return { name: 'Fake', path, arguments: [], profileParent: join(folder, 'profiles') };
}

const closedWhenGone = (transport: Transport) => new Promise<void>((resolve) => transport.onClose(() => resolve()));

function run(
  browser: Browser | null,
  more: { graceMs?: number; serve?: (transport: Transport) => Promise<unknown> } = {},
): Promise<number> {
  return runChromiumShell({
    serve: closedWhenGone,
    renderer,
    browser,
    noBrowserReason: 'There is no display here.',
    print: (text) => (printed += text),
    signal: stopping.signal,
    ...more,
  });
}
const seen = () => JSON.parse(readFileSync(join(folder, 'seen.json'), 'utf8')) as Record<string, string>;

test('the token is in no command line, only in a private file; all of it is gone afterwards', async () => {
  const served: Transport[] = [];
  const serve = (transport: Transport) => {
    served.push(transport);
    return closedWhenGone(transport);
  };
  expect(await run(fakeBrowser(`await open(); tell(); await sleep(200); process.exit(0);`), { serve })).toBe(0);
  const { token, commandLine, folderMode, pageMode, boot, profile } = seen();
  expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(commandLine).not.toContain(token);
  expect([folderMode, pageMode, boot]).toEqual(['700', '600', 200]);
  expect(served).toHaveLength(1);
  expect(existsSync(profile!)).toBe(false);
  expect(readdirSync(join(folder, 'profiles'))).toEqual([]);
  expect(printed).toBe('');
});

test('it ends when the window is closed, although the browser goes on', async () => {
  const browser = fakeBrowser(
    `const socket = await open(); tell(); await sleep(100); socket.close(); await sleep(60_000);`,
  );
  const began = performance.now();
  expect(await run(browser, { graceMs: 200 })).toBe(0);
  expect(performance.now() - began).toBeLessThan(30_000);
});

test('a window that reloads within the grace is the same window', async () => {
  const browser = fakeBrowser(`
    let socket = await open(); await sleep(100);
    socket.close(); await sleep(100);
    socket = await connect(); seen.again = 'yes'; tell(); await sleep(700);
    seen.lived = 'yes'; tell(); socket.close(); await sleep(60_000);`);
  expect(await run(browser, { graceMs: 400 })).toBe(0);
  expect(seen()).toMatchObject({ again: 'yes', lived: 'yes' });
});

test('asked to stop, it ends the browser and removes its profile', async () => {
  const running = run(fakeBrowser(`await open(); tell(); await sleep(60_000);`));
  await vi.waitFor(() => expect(seen().boot).toBe(200), 30_000);
  stopping.abort();
  expect(await running).toBe(0);
  expect(readdirSync(join(folder, 'profiles'))).toEqual([]);
});

test('a browser that does not start is told with its last words, and the address is printed', async () => {
  const running = run(fakeBrowser(`console.error('No usable sandbox!'); process.exit(3);`));
  await vi.waitFor(() => expect(printed).toContain('No usable sandbox!'), 30_000);
  expect(printed).toContain('exit code 3');
  const address = /http:\/\/127\.0\.0\.1:\d+\/boot\?t=\S+/.exec(printed)![0];
  expect((await fetch(address)).status).toBe(200);
  stopping.abort();
  expect(await running).toBe(0);
});

test('a browser that is not there', async () => {
  const running = run({ name: 'Gone', path: join(folder, 'gone'), arguments: [], profileParent: null });
  await vi.waitFor(() => expect(printed).toContain('ENOENT'), 30_000);
  stopping.abort();
  expect(await running).toBe(0);
});

test('without a browser it prints why, an address that works once, and how to reach it', async () => {
  const running = run(null);
  await vi.waitFor(() => expect(printed).toContain('/boot?t='), 30_000);
  expect(printed).toMatch(/^There is no display here\.\n/);
  const address = /http:\/\/127\.0\.0\.1:\d+\/boot\?t=\S+/.exec(printed)![0];
  expect(printed).toContain(`ssh -L ${new URL(address).port}:127.0.0.1:${new URL(address).port}`);
  expect((await fetch(address)).status).toBe(200);
  expect((await fetch(address)).status).toBe(403);
  stopping.abort();
  expect(await running).toBe(0);
});

test('a window that was not built is told', async () => {
  rmSync(join(renderer, 'index.html'));
  expect(await run(null)).toBe(1);
  expect(printed).toContain('npm run setup');
});

test('in real Chromium, headless, the page loads and reaches the engine', async () => {
  const real = findBrowsers().find(({ profileParent }) => profileParent === null);
  if (!real) return console.log('skipped: no Chromium-like browser is installed');
  const browser = {
    ...real,
    profileParent: join(folder, 'profiles'),
    arguments: ['--headless', '--disable-gpu', '--disable-quic'],
  };
  const reached = Promise.withResolvers<undefined>();
  const running = run(browser, {
    serve: (transport) => {
      reached.resolve(undefined);
      return closedWhenGone(transport);
    },
  });
  await Promise.race([reached.promise, running, setTimeout(50_000)]);
  expect(printed).toBe('');
  // The start page with the used address is gone, the rest of the profile not yet.
  const [profile] = readdirSync(join(folder, 'profiles'));
  expect(existsSync(join(folder, 'profiles', profile!, 'start.html'))).toBe(false);
  stopping.abort();
  expect(await running).toBe(0);
  await expect(reached.promise).resolves.toBeUndefined();
});

test('the contract runs over it', async () => {
  // connectEngine and serveWindow meet over ipc's own suite; here only that a call gets through this server.
  const { serveWindow } = await import('../ipc/connection.ts');
  const { socketTransport } = await import('../ipc/socket-transport.ts');
  const { WebSocket } = await import('ws');
  const running = run(null, { serve: (transport) => serveWindow(transport, { recordings: () => [] } as never).closed });
  await vi.waitFor(() => expect(printed).toContain('/boot?t='), 30_000);
  const address = new URL(/http:\S+/.exec(printed)![0]);
  const cookie = (await fetch(address)).headers.get('set-cookie')!.split(';')[0]!;
  const client = connectEngine(
    socketTransport(
      new WebSocket(`ws://${address.host}/engine`, { headers: { cookie, origin: address.origin } }) as never,
    ),
  );
  expect(await client.call('recordings')).toEqual([]);
  client.close();
  stopping.abort();
  expect(await running).toBe(0);
});
