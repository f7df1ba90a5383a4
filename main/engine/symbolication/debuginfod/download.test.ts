// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { downloadDebugFile, type DownloadRequest } from './download.ts';
import { serving, startServer, type TestServer } from './testing/server.ts';

const root = mkdtempSync(join(tmpdir(), 'emberscope-download-'));
afterAll(() => rmSync(root, { recursive: true }));
const ID = 'abcdef0123456789abcdef0123456789abcdef01';
const file = Buffer.concat([Buffer.from('\x7fELF', 'latin1'), Buffer.alloc(300_000, 7)]);

let folder: string;
let servers: TestServer[];
let progress: [number, number | null][];
beforeEach(() => {
  folder = mkdtempSync(join(root, 'cache-'));
  servers = [];
  progress = [];
});
afterEach(async () => {
  for (const server of servers) await server.close();
});

async function serve(handler: Parameters<typeof startServer>[0]): Promise<TestServer> {
  const server = await startServer(handler);
  servers.push(server);
  return server;
}

const request = (server: URL, changes: Partial<DownloadRequest> = {}): DownloadRequest => ({
  server,
  buildId: ID,
  folder,
  limits: { maxBytes: 1 << 20, timeoutMs: 10_000 },
  signal: new AbortController().signal,
  onProgress: (bytes, total) => progress.push([bytes, total]),
  verify: () => Promise.resolve(),
  ...changes,
});

/** Nothing is kept, not even in part. */
function expectNothing(): void {
  for (const name of readdirSync(folder)) expect(readdirSync(join(folder, name))).toEqual([]);
}

describe('downloadDebugFile', () => {
  it('puts the file where other clients look for it, for its user alone', async () => {
    const { url, asked } = await serve(serving({ [ID]: file }));
    const path = await downloadDebugFile(request(url));
    expect(path).toBe(join(folder, ID, 'debuginfo'));
    expect(readFileSync(path!).equals(file)).toBe(true);
    expect(statSync(path!).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, ID)).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(folder, ID))).toEqual(['debuginfo']);
    expect(asked).toEqual([`/buildid/${ID}/debuginfo`]);
    expect(progress[0]).toEqual([0, file.length]);
    expect(progress.at(-1)).toEqual([file.length, file.length]);
  });

  it('asks below the path of a server', async () => {
    const { url, asked } = await serve((_, response) => response.writeHead(404).end());
    expect(await downloadDebugFile(request(new URL('/some/where', url)))).toBeNull();
    expect(asked).toEqual([`/some/where/buildid/${ID}/debuginfo`]);
    expectNothing();
  });

  it('takes a compressed answer, whose length is not the file\'s', async () => {
    const packed = gzipSync(file);
    const { url } = await serve((_, response) => response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length }).end(packed));
    expect(readFileSync((await downloadDebugFile(request(url)))!).equals(file)).toBe(true);
    expect(progress.at(-1)).toEqual([file.length, null]);
  });

  it('follows a few redirections, to the web only', async () => {
    const { url: there } = await serve(serving({ [ID]: file }));
    const to = (location: string) => serve((_, response) => response.writeHead(302, { location }).end());
    expect(await downloadDebugFile(request((await to(`${there.href}buildid/${ID}/debuginfo`)).url))).not.toBeNull();
    await expect(downloadDebugFile(request((await to('/again')).url))).rejects.toThrow(/from address to address without end/);
    for (const bad of ['file:///etc/passwd', 'ftp://x/', 'http://[broken']) {
      await expect(downloadDebugFile(request((await to(bad)).url))).rejects.toThrow(/address that is not followed/);
    }
  });
});

const partly = (length: number, said = file.length) => (_: unknown, response: ServerResponse) => {
  response.writeHead(200, { 'content-length': said });
  response.write(file.subarray(0, length));
};

describe('a bad server', () => {
  const cases: [what: string, handler: Parameters<typeof startServer>[0], says: RegExp][] = [
    ['fails', (_, response) => response.writeHead(503).end('busy'), /^127\.0\.0\.1:\d+ answered with status 503\.$/],
    ['sends a page', (_, response) => response.end('<html>Log in first</html>'), /sent something that is no debug file/],
    ['sends nothing', (_, response) => response.writeHead(200).end(), /sent only 0 of its bytes/],
    ['breaks off', (_, response) => void response.writeHead(200, { 'content-length': 1000 }).write(file.subarray(0, 500), () => response.destroy()), /could not be asked/],
    ['says it is too large', (_, response) => void response.writeHead(200, { 'content-length': 2 << 20 }).write(file), /more than 1 MiB/],
    ['is too large without saying so', (_, response) => void response.end(Buffer.concat([file, file, file, file])), /more than 1 MiB/],
    ['inflates without end', (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.concat([file, Buffer.alloc(64 << 20)]))), /more than 1 MiB/],
  ];
  it.each(cases)('that %s leaves nothing', async (_, handler, says) => {
    const { url } = await serve(handler);
    await expect(downloadDebugFile(request(url))).rejects.toThrow(says);
    expectNothing();
  });

  it('that never answers, or only drips, is left', async () => {
    const limits = { maxBytes: 1 << 20, timeoutMs: 300 };
    const silent = await serve(() => undefined);
    await expect(downloadDebugFile(request(silent.url, { limits }))).rejects.toThrow(/sent too little within/);
    const dripping = await serve((_, response) => {
      response.writeHead(200, { 'content-length': file.length });
      const timer = setInterval(() => response.write(file.subarray(0, 10)), 20);
      response.on('close', () => clearInterval(timer));
    });
    await expect(downloadDebugFile(request(dripping.url, { limits }))).rejects.toThrow(/sent too little within/);
    expectNothing();
  });

  it('that is not there, or speaks something else', async () => {
    const gone = await startServer(() => undefined);
    await gone.close();
    await expect(downloadDebugFile(request(gone.url))).rejects.toThrow(/could not be asked: ECONNREFUSED/);
    const other = createServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n'));
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
    const { port } = other.address() as { port: number };
    await expect(downloadDebugFile(request(new URL(`http://127.0.0.1:${port}`)))).rejects.toThrow(/could not be asked/);
    other.close();
  });

  it('that sends another file', async () => {
    const { url } = await serve(serving({ [ID]: file }));
    const verify = () => Promise.reject(new Error('It has another build id.'));
    await expect(downloadDebugFile(request(url, { verify }))).rejects.toThrow(/sent another file than was asked for: It has another build id/);
    expectNothing();
  });
});

it('is cancelled at once', async () => {
  const { url } = await serve(partly(1000));
  const cancel = new AbortController();
  const running = downloadDebugFile(request(url, { signal: cancel.signal, onProgress: (bytes) => bytes > 0 && cancel.abort(new Error('enough')) }));
  await expect(running).rejects.toThrow('enough');
  expectNothing();
});

it('asks nobody for what is no build id', async () => {
  const { url, asked } = await serve(serving({}));
  for (const buildId of ['', '../../etc', 'ABCDEF0123456789', 'a'.repeat(65)]) {
    await expect(downloadDebugFile(request(url, { buildId }))).rejects.toThrow(/is no build id/);
  }
  expect(asked).toEqual([]);
  expect(existsSync(join(folder, 'etc'))).toBe(false);
});
