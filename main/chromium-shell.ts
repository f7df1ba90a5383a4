// SPDX-License-Identifier: Apache-2.0
/**
 * The window without Electron: a browser's window (or an address to open by hand) over a loopback server,
 * with the engine in this process.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { socketTransport, type SocketLike } from '../ipc/socket-transport.ts';
import type { Transport } from '../ipc/transport.ts';
import { openBrowserWindow, type BrowserWindow } from './chromium-shell/browser-window.ts';
import type { Browser } from './chromium-shell/browsers.ts';
import { startShellServer } from './chromium-shell/server.ts';

export interface ChromiumShellOptions {
  /** Serves one window; resolves when that window is gone. */
  serve: (transport: Transport) => Promise<unknown>;
  /** Folder of index.html. */
  renderer: string;
  /** null: no browser is opened, and the address is printed. */
  browser: Browser | null;
  /** With `browser` null: why, as a sentence. */
  noBrowserReason: string;
  /** Where the address and what went wrong are printed. */
  print: (text: string) => void;
  /** Aborted: end. */
  signal: AbortSignal;
  /** How long the last window may be gone (it may be reloading) before all ends. */
  graceMs?: number;
}

function addressText(reason: string, address: string): string {
  const { port } = new URL(address);
  return [
    reason,
    'Open this address in a browser on this machine. It works once:',
    '',
    `  ${address}`,
    '',
    'From another machine, forward the port first, then open the same address there:',
    `  ssh -L ${port}:127.0.0.1:${port} ${process.env.USER ?? 'user'}@this-machine`,
    'Ctrl-C ends Emberscope.',
    '',
  ].join('\n');
}

/** Runs until the window is closed or `signal` is aborted. @returns the exit code */
export async function runChromiumShell(options: ChromiumShellOptions): Promise<number> {
  const { serve, renderer, browser, print, signal, graceMs = 5_000 } = options;
  if (!existsSync(join(renderer, 'index.html'))) {
    print(`The window has not been built: ${join(renderer, 'index.html')} is missing.\nRun \`npm run setup\`.\n`);
    return 1;
  }
  const finished = Promise.withResolvers<undefined>();
  let window: BrowserWindow | null = null;
  let connected = false;
  let open = 0;
  let grace: NodeJS.Timeout | undefined;

  const server = await startShellServer({
    renderer,
    onWindow(socket) {
      connected = true;
      open++;
      clearTimeout(grace);
      window?.forgetAddress();
      void serve(socketTransport(socket as SocketLike)).finally(() => {
        // Without a browser of ours, the cookie lets the same browser come back later: only Ctrl-C ends it.
        if (--open === 0 && window) grace = setTimeout(() => finished.resolve(undefined), graceMs);
      });
    },
  });
  const stop = (): void => finished.resolve(undefined);
  signal.addEventListener('abort', stop);
  try {
    if (signal.aborted) return 0;
    if (browser) {
      window = openBrowserWindow(browser, server.oneTimeAddress());
      void window.ended.then(({ code, complaint }) => {
        if (connected || signal.aborted) return finished.resolve(undefined);
        // It never reached us: the address can still be opened by hand.
        window = null;
        print(
          addressText(
            `${browser.name} (${browser.path}) ended ${code === null ? 'at once' : `with exit code ${code}`} ` +
              `before it showed the window` +
              `${complaint ? `. It said:\n${complaint}\n` : '.'}`,
            server.oneTimeAddress(),
          ),
        );
      });
    } else {
      print(addressText(options.noBrowserReason, server.oneTimeAddress()));
    }
    await finished.promise;
    return 0;
  } finally {
    signal.removeEventListener('abort', stop);
    clearTimeout(grace);
    const closing = window;
    closing?.close();
    await server.close();
    await closing?.ended;
  }
}
