// SPDX-License-Identifier: Apache-2.0
/** Starts the product as `npm start` does, without a display, and opens its window in headless Chromium. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium'];

/** Screenshots of every run, kept for whoever looks at a failure. */
export const ARTIFACTS = 'test/artifacts';

export function findBrowser(): string | null {
  return BROWSERS.find((path) => existsSync(path)) ?? null;
}

/** Why the window cannot be tried on this machine; null: it can. */
export function whyNoWindow(): string | null {
  if (findBrowser() === null) return `no Chromium: none of ${BROWSERS.join(', ')} is there`;
  return process.getuid?.() === 0 ? null : 'sampling other processes without a password dialog needs root';
}

export interface ShownPage {
  readonly page: Page;
  /** Everything that the page printed as an error or threw. */
  readonly errors: string[];
  screenshot(name: string): Promise<void>;
  close(): Promise<void>;
}

export interface EmberscopeWindow extends ShownPage {
  /** Tells the shell's process, for tests that kill it or its children. */
  readonly shell: ChildProcess;
  /** Folders of its state, in place of the user's. */
  readonly home: string;
}

export interface WindowOptions {
  width?: number;
  height?: number;
  theme?: 'dark' | 'light';
  /** Runs in the page before its own scripts. */
  initScript?: () => void;
  /** Of an earlier one, which is gone. */
  home?: string;
  /** Shown first: a path. */
  file?: string;
  /** For Chromium, beside the usual ones. */
  browserArgs?: readonly string[];
}

const BROWSER_ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export function launchBrowser(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: findBrowser()!, args: [...BROWSER_ARGS, ...args] });
}

/** The window at an address that a shell printed. */
export async function openAddress(address: string, options: WindowOptions = {}): Promise<ShownPage> {
  const browser = await launchBrowser(options.browserArgs);
  const page = await openPage(browser, options);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  if (options.initScript) await page.addInitScript(options.initScript);
  await page.goto(address);
  return {
    page,
    errors,
    async screenshot(name) {
      mkdirSync(ARTIFACTS, { recursive: true });
      await page.screenshot({ path: join(ARTIFACTS, `${name}.png`) });
    },
    close: () => browser.close(),
  };
}

/** @throws Error with what the shell printed, when it gives no address within 20 s. */
export async function openWindow(options: WindowOptions = {}): Promise<EmberscopeWindow> {
  const home = options.home ?? mkdtempSync(join(tmpdir(), 'emberscope-e2e-'));
  const environment = {
    ...process.env,
    HOME: home,
    XDG_STATE_HOME: join(home, 'state'),
    XDG_DATA_HOME: join(home, 'data'),
    XDG_CACHE_HOME: join(home, 'cache'),
    XDG_CONFIG_HOME: join(home, 'config'),
  };
  const shell = spawn(process.execPath, ['build/app/launch.js', '--shell', 'none', ...(options.file === undefined ? [] : [options.file])], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const shown = await openAddress(await printedAddress(shell), options);
  return {
    ...shown,
    shell,
    home,
    async close() {
      await shown.close();
      if (shell.exitCode === null && shell.signalCode === null) {
        shell.kill('SIGTERM');
        await once(shell, 'exit');
      }
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function openPage(browser: Browser, options: WindowOptions): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1440, height: options.height ?? 900 },
    colorScheme: options.theme ?? 'dark',
    acceptDownloads: true,
  });
  return context.newPage();
}

async function printedAddress(shell: ChildProcess): Promise<string> {
  let output = '';
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no address within 20 s; printed: ${output}`)), 20_000);
    const take = (chunk: Buffer): void => {
      output += chunk.toString();
      const address = /http:\/\/127\.0\.0\.1:\d+\/boot\?t=\S+/.exec(output)?.[0];
      if (address === undefined) return;
      clearTimeout(timer);
      resolve(address);
    };
    shell.stdout!.on('data', take);
    shell.stderr!.on('data', take);
    shell.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`the shell ended with code ${code}; printed: ${output}`));
    });
  });
}
