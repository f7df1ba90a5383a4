// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { app, BrowserWindow, calls, callsOf, handlers, type WebContentsStub } from './electron.stub.ts';
import { isOwnPage, openWindow, servePage, setupNavigation, setupScheme, setupSession } from './window.ts';

const folder = mkdtempSync(join(tmpdir(), 'emberscope-page-'));
const renderer = join(folder, 'renderer');
beforeAll(() => {
  mkdirSync(join(renderer, 'assets'), { recursive: true });
  writeFileSync(join(renderer, 'index.html'), '<title>Emberscope</title>');
  writeFileSync(join(renderer, 'assets/main.js'), 'export {};');
  writeFileSync(join(renderer, 'notes.txt'), 'no');
  writeFileSync(join(folder, 'secret.json'), '"outside"');
  mkdirSync(join(folder, 'renderer-other'));
  writeFileSync(join(folder, 'renderer-other/x.json'), '"outside"');
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  calls.length = 0;
  BrowserWindow.all.length = 0;
  app.removeAllListeners();
});

test.each([
  ['app://emberscope/', true],
  ['app://emberscope/index.html#x', true],
  ['app://emberscope.example/', false],
  ['app://emberscope@example/', false],
  ['app://user:word@emberscope/', false],
  ['https://emberscope/', false],
  ['file:///index.html', false],
  ['', false],
  ['not an address', false],
])('%s is our page: %s', (address, own) => {
  expect(isOwnPage(address)).toBe(own);
});

test('the scheme is a secure origin of its own', () => {
  setupScheme();
  expect(callsOf('protocol.registerSchemesAsPrivileged')).toEqual([
    [[{ scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } }]],
  ]);
});

describe('files', () => {
  const ask = (address: string, method = 'GET') => servePage(new Request(address, { method }), renderer);

  test('a file of the window, with its type and the policy', async () => {
    const response = await ask('app://emberscope/index.html');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = response.headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toContain('unsafe');
    expect(await response.text()).toBe('<title>Emberscope</title>');
    expect((await ask('app://emberscope/')).status).toBe(200);
    expect((await ask('app://emberscope/assets/main.js')).headers.get('content-type')).toBe(
      'text/javascript; charset=utf-8',
    );
  });

  test.each([
    'app://emberscope/missing.js',
    'app://emberscope/../secret.json',
    'app://emberscope/%2e%2e/secret.json',
    'app://emberscope/..%2fsecret.json',
    'app://emberscope/..%2frenderer-other%2fx.json',
    'app://emberscope/notes.txt',
    'app://emberscope/assets',
    'app://emberscope/%00.js',
    'app://emberscope/%zz.js',
    'app://elsewhere/index.html',
  ])('%s: 404', async (address) => {
    const response = await ask(address);
    expect(response.status).toBe(404);
    expect(await response.text()).toBe('');
  });

  test('GET and HEAD only', async () => {
    expect((await ask('app://emberscope/index.html', 'POST')).status).toBe(405);
    const head = await ask('app://emberscope/index.html', 'HEAD');
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
  });
});

describe('permissions', () => {
  const main = { isMainFrame: true, requestingUrl: 'app://emberscope/index.html' };
  const requested = (permission: string, details: object): boolean => {
    let granted: boolean | undefined;
    handlers.request!(null as never, permission as never, (answer) => (granted = answer), details as never);
    return granted!;
  };
  const checked = (permission: string, details: object): boolean =>
    handlers.check!(null, permission as never, 'app://emberscope', details as never);
  beforeEach(() => setupSession());

  test.each([
    'media',
    'geolocation',
    'notifications',
    'midi',
    'usb',
    'serial',
    'hid',
    'openExternal',
    'clipboard-read',
    'fullscreen',
    'unknown',
  ])('%s is refused, asked and checked', (permission) => {
    expect(requested(permission, main)).toBe(false);
    expect(checked(permission, main)).toBe(false);
  });

  test('copying and a file chosen to be saved are allowed to our own page alone', () => {
    for (const permission of ['clipboard-sanitized-write', 'fileSystem']) {
      expect(requested(permission, main)).toBe(true);
      expect(checked(permission, main)).toBe(true);
      expect(requested(permission, { ...main, requestingUrl: 'https://example.org/' })).toBe(false);
      expect(requested(permission, { ...main, isMainFrame: false })).toBe(false);
      expect(checked(permission, { ...main, isMainFrame: false })).toBe(false);
    }
    expect(requested('fileSystem', { ...main, isDirectory: true })).toBe(false);
  });

  test('devices and screen capture are refused', () => {
    expect(handlers.device!({} as never)).toBe(false);
    const callback = vi.fn();
    handlers.display!({} as never, callback);
    expect(callback).toHaveBeenCalledExactlyOnceWith(null);
  });

  test('the page comes from the scheme', async () => {
    expect(callsOf('protocol.handle')).toEqual([['app']]);
    expect((await handlers.protocol!(new Request('app://elsewhere/'))).status).toBe(404);
  });
});

describe('the window', () => {
  test('has every switch of the security list as it should be', () => {
    openWindow(() => undefined);
    expect(BrowserWindow.all[0]!.options.webPreferences).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      webSecurity: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webviewTag: false,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
    });
    expect(BrowserWindow.all[0]!.options.webPreferences?.preload).toMatch(/preload\.cjs$/);
    expect(callsOf('window.loadURL')).toEqual([['app://emberscope/index.html']]);
  });

  test('is shown when there is something to see', () => {
    openWindow(() => undefined);
    expect(callsOf('window.show')).toHaveLength(0);
    BrowserWindow.all[0]!.emit('ready-to-show');
    expect(callsOf('window.show')).toHaveLength(1);
  });

  test('gets a port after each load, but only for our own page', () => {
    const connect = vi.fn();
    openWindow(connect);
    const { webContents } = BrowserWindow.all[0]!;
    webContents.emit('did-finish-load');
    webContents.emit('did-finish-load');
    expect(connect).toHaveBeenCalledTimes(2);
    expect(connect).toHaveBeenLastCalledWith(webContents);
    webContents.url = 'https://example.org/';
    webContents.emit('did-finish-load');
    expect(connect).toHaveBeenCalledTimes(2);
  });

  test('goes nowhere, opens nothing and embeds nothing', () => {
    setupNavigation();
    openWindow(() => undefined);
    const contents: WebContentsStub = BrowserWindow.all[0]!.webContents;
    const prevented = (event: string, details: object): boolean => {
      const preventDefault = vi.fn();
      expect(contents.listenerCount(event)).toBe(1);
      contents.emit(event, { ...details, preventDefault });
      return preventDefault.mock.calls.length === 1;
    };
    expect(prevented('will-navigate', { url: 'https://example.org/' })).toBe(true);
    expect(prevented('will-navigate', { url: 'file:///etc/passwd' })).toBe(true);
    expect(prevented('will-navigate', { url: 'app://emberscope/index.html' })).toBe(false);
    expect(prevented('will-frame-navigate', { url: 'app://emberscope/index.html', isMainFrame: true })).toBe(false);
    expect(prevented('will-frame-navigate', { url: 'app://emberscope/index.html', isMainFrame: false })).toBe(true);
    expect(prevented('will-frame-navigate', { url: 'https://example.org/', isMainFrame: true })).toBe(true);
    expect(prevented('will-redirect', { url: 'app://emberscope/' })).toBe(true);
    expect(prevented('will-attach-webview', {})).toBe(true);
    const [[handler]] = callsOf('contents.setWindowOpenHandler') as [[() => unknown]];
    expect(handler()).toEqual({ action: 'deny' });
  });
});
