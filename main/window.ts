// SPDX-License-Identifier: Apache-2.0
/**
 * The window under Electron, and everything that keeps it to our own page (Electron's security list).
 * The page has no way to call the main process: there is no ipcMain handler at all. It gets one port to
 * the engine, and only while it shows our own origin.
 */
import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { app, BrowserWindow, protocol, session, type Session, type WebContents } from 'electron';
import { PAGE_CONTENT_TYPES, pageHeaders } from '../ipc/page-policy.ts';

export const SCHEME = 'app';
const HOST = 'emberscope';
export const PAGE_ORIGIN = `${SCHEME}://${HOST}`;
const PAGE = `${PAGE_ORIGIN}/index.html`;

/** build/app, where the bundle of this file lies beside preload.cjs and renderer/. */
const folder = import.meta.dirname;

const PAGE_HEADERS = pageHeaders();

/** By a parser, never by comparing beginnings: "app://emberscope.example/" is another origin. */
export function isOwnPage(address: string): boolean {
  const url = URL.parse(address);
  // For a scheme that the parser does not know, `origin` is "null".
  return (
    url !== null && url.protocol === `${SCHEME}:` && url.host === HOST && url.username === '' && url.password === ''
  );
}

/** Before the app is ready, as Electron asks. */
export function setupScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
}

function refuse(status: number): Response {
  return new Response(null, { status, headers: PAGE_HEADERS });
}

/** Answers requests for the window's files. @param renderer folder of index.html */
export async function servePage(request: Request, renderer = join(folder, 'renderer')): Promise<Response> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405);
  if (!isOwnPage(request.url)) return refuse(404);
  let path: string;
  try {
    path = decodeURIComponent(new URL(request.url).pathname);
  } catch {
    return refuse(404);
  }
  const file = normalize(join(renderer, path === '/' ? 'index.html' : path));
  const contentType = PAGE_CONTENT_TYPES[extname(file)];
  if (contentType === undefined || path.includes('\0') || !file.startsWith(renderer + sep)) return refuse(404);
  try {
    const content = await readFile(file);
    return new Response(request.method === 'HEAD' ? null : new Uint8Array(content), {
      status: 200,
      headers: { ...PAGE_HEADERS, 'content-type': contentType },
    });
  } catch {
    return refuse(404);
  }
}

/**
 * What a page needs to put text on the clipboard ("Copy name", "Copy stack") and to write into a file that the
 * user has chosen in a save dialog. Everything else (camera, location, devices, notifications…) is refused.
 */
function isPermitted(
  permission: string,
  address: string,
  details: { isMainFrame: boolean; fileAccessType?: string; isDirectory?: boolean },
): boolean {
  if (!details.isMainFrame || !isOwnPage(address)) return false;
  if (permission === 'clipboard-sanitized-write') return true;
  return permission === 'fileSystem' && details.isDirectory !== true;
}

/** After the app is ready. */
export function setupSession(own: Session = session.defaultSession): void {
  own.protocol.handle(SCHEME, (request) => servePage(request));
  own.setPermissionRequestHandler((_contents, permission, callback, details) => {
    callback(isPermitted(permission, details.requestingUrl, details));
  });
  own.setPermissionCheckHandler((_contents, permission, origin, details) =>
    isPermitted(permission, details.requestingUrl ?? origin, details),
  );
  own.setDevicePermissionHandler(() => false);
  own.setDisplayMediaRequestHandler((_request, callback) => callback(null));
}

/** Every web contents there will ever be: none leaves our page, opens a window or embeds anything. */
export function setupNavigation(): void {
  app.on('web-contents-created', (_event, contents) => {
    // Our page may load itself again; the links of a page, its frames and what it is redirected to go nowhere.
    contents.on('will-navigate', (event) => {
      if (!isOwnPage(event.url)) event.preventDefault();
    });
    contents.on('will-frame-navigate', (event) => {
      if (!event.isMainFrame || !isOwnPage(event.url)) event.preventDefault();
    });
    contents.on('will-redirect', (event) => event.preventDefault());
    contents.on('will-attach-webview', (event) => event.preventDefault());
    // Nothing in the window leads outside, so shell.openExternal is called for no address.
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  });
}

/** Pixels that a further window lies beside the one before it. */
const BESIDE = 28;

/** Of the same size and not upon it; the first is where the desktop puts it. */
function placeOfNext(): { x?: number; y?: number; width: number; height: number } {
  const before = BrowserWindow.getFocusedWindow()?.getNormalBounds();
  return before ? { ...before, x: before.x + BESIDE, y: before.y + BESIDE } : { width: 1440, height: 900 };
}

/** @param connect gives the page a fresh port to the engine; called after each load of our page */
export function openWindow(connect: (contents: WebContents) => void): BrowserWindow {
  const window = new BrowserWindow({
    title: 'Emberscope',
    ...placeOfNext(),
    minWidth: 880,
    minHeight: 560,
    show: false,
    backgroundColor: '#0e1014',
    webPreferences: {
      preload: join(folder, 'preload.cjs'),
      contextIsolation: true,
      sandbox: true,
      webSecurity: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webviewTag: false,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      navigateOnDragDrop: false,
      spellcheck: false,
    },
  });
  window.once('ready-to-show', () => window.show());
  window.webContents.on('did-finish-load', () => {
    if (isOwnPage(window.webContents.getURL())) connect(window.webContents);
  });
  void window.loadURL(PAGE);
  return window;
}
