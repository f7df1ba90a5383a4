// SPDX-License-Identifier: Apache-2.0
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { electronBinary, electronPackage, isArchiveCached, sandboxObstacle } from './electron-binary.ts';
import {
  archiveAddress,
  downloadElectron,
  probe,
  REMEMBER_MS,
  rememberedFailure,
  rememberFailure,
} from './electron-download.ts';
import { runElectron } from './electron-process.ts';

// Each test starts processes, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'emberscope-launch-'));
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function file(path: string, content: string, mode = 0o644): string {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), content);
  chmodSync(join(folder, path), mode);
  return join(folder, path);
}

describe('the binary', () => {
  function install(): NonNullable<ReturnType<typeof electronPackage>> {
    file('node_modules/electron/package.json', '{"version":"45.4.1"}');
    file('node_modules/electron/path.txt', 'electron');
    file('node_modules/electron/dist/version', '45.4.1');
    file('node_modules/electron/dist/electron', '#!/bin/sh\n', 0o755);
    return electronPackage(folder)!;
  }

  test('is there when all of it is', () => {
    expect(electronBinary(install())).toBe(join(folder, 'node_modules/electron/dist/electron'));
  });

  test.each<[string, () => void]>([
    ['no path.txt', () => rmSync(join(folder, 'node_modules/electron/path.txt'))],
    ['no executable', () => rmSync(join(folder, 'node_modules/electron/dist/electron'))],
    ['no version', () => rmSync(join(folder, 'node_modules/electron/dist/version'))],
    ['another version', () => file('node_modules/electron/dist/version', 'v45.4.0')],
  ])('is not: %s', (_, spoil) => {
    const found = install();
    spoil();
    expect(electronBinary(found)).toBeNull();
  });

  test('a file that cannot be executed is none', () => {
    const found = install();
    chmodSync(join(folder, 'node_modules/electron/dist/electron'), 0o644);
    expect(electronBinary(found)).toBeNull();
  });

  test('a leading v is the same version', () => {
    const found = install();
    file('node_modules/electron/dist/version', 'v45.4.1\n');
    expect(electronBinary(found)).not.toBeNull();
  });

  test('no package at all', () => {
    expect(electronPackage(folder)).toBeNull();
  });

  test('its archive in the cache of another project', () => {
    const found = install();
    expect(isArchiveCached(found)).toBe(false);
    file(`cache/electron/0123abcd/electron-v45.4.0-linux-${process.arch}.zip`, '');
    expect(isArchiveCached(found)).toBe(false);
    file(`cache/electron/0123abcd/electron-v45.4.1-linux-${process.arch}.zip`, '');
    expect(isArchiveCached(found)).toBe(true);
  });
});

describe('the sandbox', () => {
  test('is there where nothing restricts it', () => {
    expect(sandboxObstacle(join(folder, 'dist/electron'), folder)).toBeNull();
    file('apparmor_restrict_unprivileged_userns', '0\n');
    expect(sandboxObstacle(join(folder, 'dist/electron'), folder)).toBeNull();
  });

  test.each([
    [
      'apparmor_restrict_unprivileged_userns',
      '1\n',
      /AppArmor restricts.*apparmor_restrict_unprivileged_userns = 1.*chmod 4755/,
    ],
    ['unprivileged_userns_clone', '0\n', /unprivileged_userns_clone = 0.*chmod 4755/],
  ])('%s', (name, value, words) => {
    file(name, value);
    file('dist/chrome-sandbox', '', 0o755);
    expect(sandboxObstacle(join(folder, 'dist/electron'), folder)).toMatch(words);
    rmSync(join(folder, 'dist/chrome-sandbox'));
    expect(sandboxObstacle(join(folder, 'dist/electron'), folder)).toMatch(words);
  });

  test('works by the setuid helper, if root owns it', () => {
    file('apparmor_restrict_unprivileged_userns', '1\n');
    const helper = file('dist/chrome-sandbox', '', 0o4755);
    const ownedByRoot = statSync(helper).uid === 0;
    if (!ownedByRoot) console.log('not run as root: a setuid helper of another owner has to be refused');
    expect(sandboxObstacle(join(folder, 'dist/electron'), folder) === null).toBe(ownedByRoot);
  });
});

describe('the probe', () => {
  const servers: Server[] = [];
  afterEach(() => servers.splice(0).forEach((server) => server.closeAllConnections() ?? server.close()));
  async function serve(status: number | null): Promise<string> {
    const server = createServer((request, response) => {
      expect(request.method).toBe('HEAD');
      if (status !== null) response.writeHead(status).end();
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/electron.zip`;
  }

  test('reachable', async () => expect(await probe(await serve(200))).toBeNull());
  test('not offered', async () => expect(await probe(await serve(404))).toBe('does not offer it'));
  test('nobody listens', async () => expect(await probe('http://127.0.0.1:9/electron.zip')).toBe('cannot be reached'));
  test('a silent server is given up in time', async () => {
    const began = performance.now();
    expect(await probe(await serve(null), 500)).toBe('did not answer within 0.5 seconds');
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});

test('the address follows a mirror', () => {
  const electron = { folder, version: '45.4.1' };
  vi.stubEnv('npm_config_electron_mirror', undefined);
  vi.stubEnv('ELECTRON_MIRROR', undefined);
  expect(archiveAddress(electron)).toBe(
    `https://github.com/electron/electron/releases/download/v45.4.1/electron-v45.4.1-linux-${process.arch}.zip`,
  );
  vi.stubEnv('ELECTRON_MIRROR', 'https://mirror.example/electron');
  expect(archiveAddress(electron)).toBe(
    `https://mirror.example/electron/v45.4.1/electron-v45.4.1-linux-${process.arch}.zip`,
  );
});

test('a failure is believed for a day, for the same address', () => {
  const now = 1_800_000_000_000;
  expect(rememberedFailure('a', now)).toBeNull();
  rememberFailure('a', 'It is down.', now);
  expect(rememberedFailure('a', now)?.reason).toBe('It is down.');
  expect(rememberedFailure('a', now + REMEMBER_MS - 1)?.reason).toBe('It is down.');
  expect(rememberedFailure('a', now + REMEMBER_MS)).toBeNull();
  expect(rememberedFailure('a', now - 1)).toBeNull(); // the clock went back
  expect(rememberedFailure('b', now)).toBeNull();
  file('cache/emberscope/electron-download.json', 'no JSON');
  expect(rememberedFailure('a', now)).toBeNull();
});

describe('the download', () => {
  const electron = () => ({ folder, version: '45.4.1' });
  const installer = (code: string) => file('install.js', code);
  const leftBehind = () => readdirSync(join(folder, 'cache/emberscope'));

  test('done', async () => {
    const done = join(folder, 'done');
    const script = installer(`require('fs').writeFileSync(${JSON.stringify(done)}, process.env.TMPDIR)`);
    expect(await downloadElectron(electron(), { onProgress: () => undefined, installer: script })).toBeNull();
    expect(existsSync(done)).toBe(true);
    expect(leftBehind()).toEqual([]);
  });

  test('failed, with its first line', async () => {
    const script = installer(`console.error('HTTPError: 503\\n    at somewhere'); process.exit(1)`);
    expect(await downloadElectron(electron(), { onProgress: () => undefined, installer: script })).toBe(
      'The download of Electron failed: HTTPError: 503',
    );
  });

  test('one that stops growing is given up, and leaves nothing', async () => {
    const script = installer(
      `require('fs').writeFileSync(process.env.TMPDIR + '/part.zip', Buffer.alloc(1000)); setTimeout(() => undefined, 20_000)`,
    );
    const progress = vi.fn();
    const answer = await downloadElectron(electron(), { onProgress: progress, installer: script, stalledMs: 1500 });
    expect(answer).toBe('The download of Electron stopped for 1.5 seconds.');
    expect(progress).toHaveBeenCalledWith(1000, expect.any(Number));
    expect(leftBehind()).toEqual([]);
  });

  test('one that takes too long is given up', async () => {
    const script = installer(
      `let n = 0; setInterval(() => require('fs').writeFileSync(process.env.TMPDIR + '/part.zip', Buffer.alloc(++n)), 20)`,
    );
    const answer = await downloadElectron(electron(), {
      onProgress: () => undefined,
      installer: script,
      stalledMs: 5000,
      limitMs: 600,
    });
    expect(answer).toBe('The download of Electron took longer than 0.01 minutes.');
  });
});

describe('the process', () => {
  const never = new AbortController().signal;
  const binary = (script: string) => file('electron', `#!/bin/sh\n${script}\n`, 0o755);

  test('its exit code is passed on', async () => {
    expect(await runElectron(binary('exit 0'), folder, { signal: never })).toEqual({ kind: 'ended', code: 0 });
    expect(await runElectron(binary('sleep 0.2; exit 7'), folder, { signal: never, earlyMs: 100 })).toEqual({
      kind: 'ended',
      code: 7,
    });
  });

  test('--no-sandbox for root alone', async () => {
    const script = binary(`echo "$@" > ${folder}/arguments; exit 0`);
    const asked = async (uid: number) => {
      await runElectron(script, folder, { signal: never, uid });
      return readFileSync(join(folder, 'arguments'), 'utf8').trim();
    };
    expect(await asked(1000)).toBe(folder);
    expect(await asked(0)).toBe(`--no-sandbox ${folder}`);
  });

  test('a file that was named comes behind our folder', async () => {
    const script = binary(`printf '%s|' "$@" > ${folder}/arguments; exit 0`);
    await runElectron(script, folder, { signal: never, uid: 1000, file: '/data/two words.ember' });
    expect(readFileSync(join(folder, 'arguments'), 'utf8')).toBe(`${folder}|/data/two words.ember|`);
  });

  test('one that cannot run is told, with its last words', async () => {
    const lacking = binary('echo "error while loading shared libraries: libnss3.so" >&2; exit 127');
    expect(await runElectron(lacking, folder, { signal: never })).toEqual({
      kind: 'failed',
      reason: 'Electron ended with exit code 127 at once: error while loading shared libraries: libnss3.so',
    });
    expect(await runElectron(join(folder, 'absent'), folder, { signal: never })).toMatchObject({ kind: 'failed' });
  });

  test('asked to stop, it is stopped', async () => {
    const stopping = new AbortController();
    const running = runElectron(binary('exec sleep 20'), folder, { signal: stopping.signal });
    setTimeout(() => stopping.abort(), 100);
    expect(await running).toEqual({ kind: 'ended', code: 128 + 15 });
  });
});
