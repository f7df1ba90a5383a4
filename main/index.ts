// SPDX-License-Identifier: Apache-2.0
/** Electron's main process: the windows, one menu, and the engine of them all in a process of its own. */
import { join, resolve } from 'node:path';
import {
  app,
  BrowserWindow,
  dialog,
  MessageChannelMain,
  utilityProcess,
  type UtilityProcess,
  type WebContents,
} from 'electron';
import { setupMenu } from './menu.ts';
import { openWindow, setupNavigation, setupScheme, setupSession } from './window.ts';

/** A recording that is being finished is worth waiting for. */
const ENGINE_CLOSE_MS = 10_000;

let engine: UtilityProcess | null = null;
let quitting = false;

function setupEngine(): void {
  const started = utilityProcess.fork(join(import.meta.dirname, 'engine-process.js'), [], {
    serviceName: 'Emberscope engine',
  });
  engine = started;
  started.once('exit', (code) => {
    if (engine === started) engine = null;
    if (!quitting) void engineEnded(code);
  });
}

/** The page speaks to the engine, not to us: each gets one end of a channel. */
function connectPage(contents: WebContents, file: string | null): void {
  if (!engine) return;
  const { port1, port2 } = new MessageChannelMain();
  engine.postMessage({ type: 'window', file }, [port1]);
  contents.postMessage('engine-port', null, [port2]);
}

/** @param file the path of what it shows first; a page that is loaded again has it already */
function open(file: string | null): void {
  let named = file;
  openWindow((contents) => {
    connectPage(contents, named);
    named = null;
  });
}

/** The file that the command line names: behind our own folder, where we are not packaged. null: none. */
function fileArgument(): string | null {
  const words = process.argv.slice(1).filter((word) => !word.startsWith('-'));
  const name = words[app.isPackaged ? 0 : 1];
  return name === undefined ? null : resolve(name);
}

async function engineEnded(code: number): Promise<void> {
  const { response } = await dialog.showMessageBox({
    type: 'error',
    title: 'Emberscope',
    message: `The engine ended unexpectedly (exit code ${code}).`,
    detail: 'What it recorded until then is kept, but for the last second.',
    buttons: ['Start it again', 'Quit'],
    defaultId: 0,
    cancelId: 1,
  });
  if (response === 1) return app.quit();
  setupEngine();
  for (const window of BrowserWindow.getAllWindows()) window.webContents.reload();
}

/** Of a second start, this instance gets the file: Chromium may change and add to the words of its command line. */
function setupSingleInstance(): boolean {
  if (!app.requestSingleInstanceLock({ file: fileArgument() })) return false;
  app.on('second-instance', (_event, _words, _folder, data) => {
    const { file } = (data ?? {}) as { file?: unknown };
    if (typeof file === 'string') return open(file);
    const window = BrowserWindow.getFocusedWindow() ?? BrowserWindow.getAllWindows()[0];
    if (window?.isMinimized()) window.restore();
    window?.focus();
  });
  return true;
}

/** Quitting waits for the engine, which finishes what is being recorded. */
function setupQuit(): void {
  app.on('window-all-closed', () => app.quit());
  app.on('before-quit', () => (quitting = true));
  app.on('will-quit', (event) => {
    if (!engine) return;
    event.preventDefault();
    const closing = engine;
    const timer = setTimeout(() => closing.kill(), ENGINE_CLOSE_MS);
    closing.once('exit', () => {
      clearTimeout(timer);
      app.quit();
    });
    closing.postMessage({ type: 'close' });
  });
}

function start(): void {
  setupSession();
  setupMenu(() => open(null));
  setupEngine();
  open(fileArgument());
}

if (setupSingleInstance()) {
  setupScheme();
  app.enableSandbox();
  setupNavigation();
  setupQuit();
  // Not awaited: Electron gets ready only after this module has been evaluated.
  void app.whenReady().then(start);
} else {
  app.quit();
}
