// SPDX-License-Identifier: Apache-2.0
/** Each rule of the loopback server, by a request that breaks it. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { createConnection } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startShellServer, type ShellServer } from './server.ts';

const folder = mkdtempSync(join(tmpdir(), 'emberscope-server-'));
const renderer = join(folder, 'renderer');
let server: ShellServer;
let windows: WebSocket[] = [];
let port: number;
let cookie: string;

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: string;
}

function ask(path: string, headers: OutgoingHttpHeaders = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (piece: string) => (body += piece));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    });
    outgoing.on('error', reject).end();
  });
}

/** Raw bytes, for what no client library would send. */
function askRaw(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.write(bytes));
    let answer = '';
    socket.setEncoding('utf8').on('data', (piece: string) => (answer += piece));
    socket.on('close', () => resolve(answer)).on('error', reject);
  });
}

async function boot(address = server.oneTimeAddress()): Promise<Answer> {
  return ask(new URL(address).pathname + new URL(address).search);
}

function connect(headers: Record<string, string>, path = '/engine'): Promise<number | 'open'> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
    socket.on('unexpected-response', (_, response) => {
      resolve(response.statusCode!);
      socket.terminate();
    });
    socket.on('open', () => {
      resolve('open');
      socket.close();
    });
    socket.on('error', () => undefined);
  });
}

beforeAll(async () => {
  mkdirSync(join(renderer, 'assets'), { recursive: true });
  writeFileSync(join(renderer, 'index.html'), '<!doctype html><title>Emberscope</title>');
  writeFileSync(join(renderer, 'assets/main.js'), 'export {};');
  writeFileSync(join(renderer, 'assets/notes.txt'), 'not of a kind that is served');
  writeFileSync(join(folder, 'secret.json'), '"outside"');
  symlinkSync(join(folder, 'secret.json'), join(renderer, 'assets/link.json'));
  server = await startShellServer({ renderer, onWindow: (socket) => windows.push(socket) });
  port = Number(new URL(server.origin).port);
});
beforeEach(async () => {
  windows = [];
  cookie = (await boot()).headers['set-cookie']![0]!.split(';')[0]!;
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

describe('who may load the page', () => {
  test('the one-time address answers 200 with a strict cookie, and the cookie opens the page', async () => {
    const answer = await boot();
    expect(answer.status).toBe(200);
    expect(answer.headers['set-cookie']![0]).toMatch(
      new RegExp(`^emberscope-${port}=[A-Za-z0-9_-]{43}; Path=/; HttpOnly; SameSite=Strict$`),
    );
    // Or the browser asks for /favicon.ico, which is refused.
    expect(answer.body).toContain('<link rel="icon" href="data:,">');
    const page = await ask('/', { cookie });
    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.body).toContain('<title>Emberscope</title>');
  });

  test('an address works once', async () => {
    const address = server.oneTimeAddress();
    expect(new URL(address).searchParams.get('t')).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect((await boot(address)).status).toBe(200);
    const again = await boot(address);
    expect(again.status).toBe(403);
    expect(again.headers['set-cookie']).toBeUndefined();
    expect(again.body).toContain('used already');
  });

  test('two addresses are two tokens', () => {
    expect(server.oneTimeAddress()).not.toBe(server.oneTimeAddress());
  });

  test.each(['', 'A'.repeat(43), 'A'.repeat(10_000)])('token %j opens nothing', async (token) => {
    expect((await ask(`/boot?t=${token}`)).status).toBe(403);
  });

  test('the one-time address cannot be spent by an image or a frame', async () => {
    const { pathname, search } = new URL(server.oneTimeAddress());
    expect((await ask(pathname + search, { 'sec-fetch-dest': 'image' })).status).toBe(403);
    expect((await ask(pathname + search, { 'sec-fetch-dest': 'iframe' })).status).toBe(403);
    expect(
      (await ask(pathname + search, { 'sec-fetch-dest': 'document', 'sec-fetch-site': 'cross-site' })).status,
    ).toBe(200);
  });

  test('HEAD does not spend a token', async () => {
    const { pathname, search } = new URL(server.oneTimeAddress());
    expect((await ask(pathname + search, {}, 'HEAD')).status).toBe(405);
    expect((await ask(pathname + search)).status).toBe(200);
  });

  test.each([
    ['no cookie', () => ({})],
    ['an empty cookie', () => ({ cookie: `emberscope-${port}=` })],
    ['another value', () => ({ cookie: `emberscope-${port}=${'A'.repeat(43)}` })],
    ['another name', () => ({ cookie: cookie.replace(`-${port}=`, '=') })],
  ])('%s: 401', async (_, headers) => {
    const answer = await ask('/', headers());
    expect(answer.status).toBe(401);
    expect(answer.body).not.toContain('<title>');
    expect((await ask('/assets/main.js', headers())).status).toBe(401);
  });

  test.each(['localhost', 'rebound.example', '127.0.0.1', '127.0.0.1:1', '[::1]'])('Host %j: 421', async (host) => {
    expect((await ask('/', { cookie, host })).status).toBe(421);
    const { pathname, search } = new URL(server.oneTimeAddress());
    expect((await ask(pathname + search, { host })).status).toBe(421);
  });

  test.each(['Host:\r\n', ''])('no Host (%j) is refused', async (line) => {
    const answer = await askRaw(`GET / HTTP/1.1\r\n${line}Cookie: ${cookie}\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(answer).not.toContain('<title>');
  });

  test('two Host headers, or an address of another host, are refused', async () => {
    const two = await askRaw(
      `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nHost: rebound.example\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`,
    );
    expect(two).toMatch(/^HTTP\/1\.1 4\d\d /);
    const absolute = await askRaw(
      `GET http://rebound.example/ HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`,
    );
    expect(absolute).toMatch(/^HTTP\/1\.1 400 /);
    const doubled = await askRaw(
      `GET //rebound.example/boot HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`,
    );
    expect(doubled).toMatch(/^HTTP\/1\.1 400 /);
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s: 405', async (method) => {
    const answer = await ask('/', { cookie }, method);
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe('GET, HEAD');
  });

  test.each(['cross-site', 'same-site', 'invented'])('Sec-Fetch-Site %s: 403', async (site) => {
    expect((await ask('/', { cookie, 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate' })).status).toBe(403);
  });

  test('Sec-Fetch-Site none is for pages that the user opened', async () => {
    expect((await ask('/', { cookie, 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' })).status).toBe(200);
    expect((await ask('/', { cookie, 'sec-fetch-site': 'none', 'sec-fetch-mode': 'no-cors' })).status).toBe(403);
    expect((await ask('/', { cookie, 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  });

  test('another Origin: 403', async () => {
    expect((await ask('/', { cookie, origin: 'https://rebound.example' })).status).toBe(403);
    expect((await ask('/', { cookie, origin: 'null' })).status).toBe(403);
    expect((await ask('/', { cookie, origin: server.origin })).status).toBe(200);
  });
});

describe('what is served', () => {
  test('HEAD gives the headers alone', async () => {
    const answer = await ask('/', { cookie }, 'HEAD');
    expect(answer.status).toBe(200);
    expect(Number(answer.headers['content-length'])).toBeGreaterThan(0);
    expect(answer.body).toBe('');
  });

  test.each([
    '/secret.json',
    '/../secret.json',
    '/%2e%2e/secret.json',
    '/assets/..%2f..%2fsecret.json',
    '/assets/link.json',
    '/assets/notes.txt',
    '/assets',
    '/assets/',
    '/%00.js',
    '/%zz.js',
    '/..%5csecret.json',
    '/etc/passwd',
  ])('%s: 404', async (path) => {
    const answer = await askRaw(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    expect(answer).not.toContain('outside');
  });

  test.each(['page', 'boot', 'refusal', 'missing'])('a %s carries the security headers', async (what) => {
    const answer =
      what === 'page'
        ? await ask('/', { cookie })
        : what === 'boot'
          ? await boot()
          : await ask('/missing.js', what === 'missing' ? { cookie } : {});
    const policy = answer.headers['content-security-policy']!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain(`connect-src 'self' ws://127.0.0.1:${port};`);
    expect(policy).not.toContain('unsafe');
    expect(answer.headers).toMatchObject({
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
  });

  test('it listens on the loopback address alone', async () => {
    const outer = Object.values(networkInterfaces())
      .flat()
      .find((address) => address?.family === 'IPv4' && !address.internal);
    if (!outer) return console.log('skipped: this machine has the loopback interface alone');
    const reached = await new Promise<boolean>((resolve) => {
      const socket = createConnection(port, outer.address, () => resolve(true));
      socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
    });
    expect(reached).toBe(false);
  });
});

describe('who may reach the engine', () => {
  const good = () => ({ cookie, origin: server.origin });

  test('our own window, uncompressed', async () => {
    expect(await connect(good())).toBe('open');
    expect(windows).toHaveLength(1);
    expect(windows[0]!.extensions).toBe('');
  });

  test.each<[string, number, () => Record<string, string>]>([
    ['no cookie', 401, () => ({ origin: server.origin })],
    ['a wrong cookie', 401, () => ({ origin: server.origin, cookie: `emberscope-${port}=x` })],
    ['no origin', 403, () => ({ cookie })],
    ['another origin', 403, () => ({ cookie, origin: 'https://rebound.example' })],
    ['our origin on another port', 403, () => ({ cookie, origin: 'http://127.0.0.1:1' })],
    ['our origin by another name', 403, () => ({ cookie, origin: `http://localhost:${port}` })],
    ['a file page', 403, () => ({ cookie, origin: 'null' })],
    ['another site', 403, () => ({ ...good(), 'sec-fetch-site': 'cross-site' })],
    ['another host', 421, () => ({ ...good(), host: `localhost:${port}` })],
  ])('%s: %i', async (_, status, headers) => {
    expect(await connect(headers())).toBe(status);
    expect(windows).toHaveLength(0);
  });

  test.each(['/', '/engine/', '/engine?x=1', '/other'])('only /engine, not %s', async (path) => {
    expect(await connect(good(), path)).toBe(404);
    expect(windows).toHaveLength(0);
  });

  test('a token is no cookie', async () => {
    const token = new URL(server.oneTimeAddress()).searchParams.get('t')!;
    expect(await connect({ origin: server.origin, cookie: `emberscope-${port}=${token}` })).toBe(401);
  });
});

test('closing ends open windows and frees the port', async () => {
  const own = await startShellServer({ renderer, onWindow: () => undefined });
  const address = new URL(own.oneTimeAddress());
  const answer = await fetch(address);
  const ownCookie = answer.headers.get('set-cookie')!.split(';')[0]!;
  const socket = new WebSocket(`ws://${address.host}/engine`, { headers: { cookie: ownCookie, origin: own.origin } });
  await new Promise((resolve) => socket.on('open', resolve));
  const closed = new Promise((resolve) => socket.on('close', resolve));
  await own.close();
  await closed;
  await expect(fetch(own.origin)).rejects.toThrow();
});
