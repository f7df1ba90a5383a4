// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { beforeEach, expect, test, vi } from 'vitest';
import type * as Stub from './electron.stub.ts';

let electron: typeof Stub;
beforeEach(() => {
  vi.resetModules();
});

/** @param words of the command line, after the program's own */
async function startApp(ready = true, words: string[] = []): Promise<void> {
  // The same instance that index.ts imports as "electron".
  electron = (await import('electron')) as unknown as typeof Stub;
  vi.stubGlobal('process', { ...process, argv: ['/opt/emberscope', ...words] });
  await import('./index.ts');
  if (ready) electron.app.ready.resolve(undefined);
  await setImmediate();
  vi.unstubAllGlobals();
}

test('what must come before "ready" does, and nothing else', async () => {
  await startApp(false);
  expect(electron.calls.map(({ what }) => what)).toEqual(['app.requestSingleInstanceLock', 'protocol.registerSchemesAsPrivileged', 'app.enableSandbox']);
});

test('a second start shows the first window instead', async () => {
  electron = (await import('electron')) as unknown as typeof Stub;
  electron.answers.singleInstance = false;
  await startApp(false);
  expect(electron.callsOf('app.quit')).toHaveLength(1);
  expect(electron.callsOf('protocol.registerSchemesAsPrivileged')).toHaveLength(0);

  vi.resetModules();
  await startApp();
  electron.app.emit('second-instance');
  expect(electron.callsOf('window.restore')).toHaveLength(1);
  expect(electron.callsOf('window.focus')).toHaveLength(1);
});

test('each load of the page gives it and the engine the two ends of a new channel', async () => {
  await startApp();
  const [[path, args, options]] = electron.callsOf('utilityProcess.fork') as [[string, string[], object]];
  expect(path).toMatch(/engine-process\.js$/);
  expect(args).toEqual([]);
  expect(options).toEqual({ serviceName: 'Emberscope engine' });
  const { webContents } = electron.BrowserWindow.all[0]!;
  webContents.emit('did-finish-load');
  webContents.emit('did-finish-load');
  expect(electron.callsOf('engine.postMessage')).toEqual(Array(2).fill([{ type: 'window', file: null }, [{ end: 1 }]]));
  expect(electron.callsOf('contents.postMessage')).toEqual(Array(2).fill(['engine-port', null, [{ end: 2 }]]));
});

test('a file that the command line names is opened by the first load of the first window', async () => {
  await startApp(true, ['--no-sandbox', '/data/a.ember']);
  expect(electron.callsOf('app.requestSingleInstanceLock')).toEqual([[{ file: '/data/a.ember' }]]);
  const { webContents } = electron.BrowserWindow.all[0]!;
  webContents.emit('did-finish-load');
  webContents.emit('did-finish-load');
  expect(electron.callsOf('engine.postMessage').map(([message]) => message)).toEqual([{ type: 'window', file: '/data/a.ember' }, { type: 'window', file: null }]);
});

test('where it is not packaged, our own folder stands before the file, which may be relative', async () => {
  electron = (await import('electron')) as unknown as typeof Stub;
  electron.app.isPackaged = false;
  await startApp(false, ['.', 'a.ember']);
  expect(electron.callsOf('app.requestSingleInstanceLock')).toEqual([[{ file: join(process.cwd(), 'a.ember') }]]);
});

test('a second start with a file opens it in another window', async () => {
  await startApp();
  electron.app.emit('second-instance', {}, ['/opt/emberscope'], '/', { file: '/data/b.ember' });
  const [, second] = electron.BrowserWindow.all;
  second!.webContents.emit('did-finish-load');
  expect(electron.callsOf('engine.postMessage')).toEqual([[{ type: 'window', file: '/data/b.ember' }, [{ end: 1 }]]]);
  expect(electron.callsOf('window.focus')).toHaveLength(0);
});

test('quitting waits for the engine, and then quits', async () => {
  await startApp();
  electron.app.emit('window-all-closed');
  expect(electron.callsOf('app.quit')).toHaveLength(1);
  electron.app.emit('before-quit');
  const preventDefault = vi.fn();
  electron.app.emit('will-quit', { preventDefault });
  expect(preventDefault).toHaveBeenCalledOnce();
  expect(electron.callsOf('engine.postMessage')).toEqual([[{ type: 'close' }, undefined]]);
  electron.engines[0]!.emit('exit', 0);
  expect(electron.callsOf('app.quit')).toHaveLength(2);
  electron.app.emit('will-quit', { preventDefault });
  expect(preventDefault).toHaveBeenCalledOnce();
  expect(electron.callsOf('dialog.showMessageBox')).toHaveLength(0);
});

test('an engine that does not end is ended', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    await startApp();
    electron.app.emit('before-quit');
    electron.app.emit('will-quit', { preventDefault: () => undefined });
    vi.advanceTimersByTime(9_999);
    expect(electron.callsOf('engine.kill')).toHaveLength(0);
    vi.advanceTimersByTime(1);
    expect(electron.callsOf('engine.kill')).toHaveLength(1);
  } finally {
    vi.useRealTimers();
  }
});

test('an engine that ends by itself is told, and started again if wanted', async () => {
  await startApp();
  electron.answers.messageBoxResponse = 0;
  electron.engines[0]!.emit('exit', 134);
  await setImmediate();
  const [[box]] = electron.callsOf('dialog.showMessageBox') as [[{ message: string }]];
  expect(box.message).toContain('134');
  expect(electron.engines).toHaveLength(2);
  expect(electron.callsOf('contents.reload')).toHaveLength(1);
  electron.answers.messageBoxResponse = 1;
  electron.engines[1]!.emit('exit', 1);
  await setImmediate();
  expect(electron.callsOf('app.quit')).toHaveLength(1);
});

test('File, New Window opens another one on the same engine, beside the one that has the keyboard', async () => {
  await startApp();
  const [[entries]] = electron.callsOf('Menu.setApplicationMenu') as [[{ submenu: { label?: string; accelerator?: string; click?: () => void }[] }[]]];
  const entry = entries[0]!.submenu.find(({ label }) => label === '&New Window')!;
  expect(entry.accelerator).toBe('CmdOrCtrl+N');
  const [first] = electron.BrowserWindow.all;
  electron.BrowserWindow.focused = first!;
  entry.click!();
  const [, second] = electron.BrowserWindow.all;
  expect(second!.options).toMatchObject({ x: 128, y: 78, width: 1200, height: 700 });
  for (const { webContents } of [first!, second!]) webContents.emit('did-finish-load');
  expect(electron.callsOf('utilityProcess.fork')).toHaveLength(1);
  expect(electron.callsOf('contents.postMessage')).toHaveLength(2);
});

test('the menu is made of roles', async () => {
  await startApp();
  const [[entries]] = electron.callsOf('Menu.setApplicationMenu') as [
    [{ label: string; submenu: { role?: string }[] }[]],
  ];
  expect(entries.map(({ label }) => label)).toEqual(['&File', '&Edit', '&View', '&Help']);
  const roles = entries.flatMap(({ submenu }) => submenu.flatMap(({ role }) => role ?? []));
  expect(roles).toEqual(
    expect.arrayContaining(['quit', 'copy', 'paste', 'reload', 'zoomIn', 'togglefullscreen', 'about']),
  );
});
