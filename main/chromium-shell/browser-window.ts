// SPDX-License-Identifier: Apache-2.0
/** One browser process with one window of ours, in a profile folder of its own. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from './browsers.ts';

export interface BrowserWindow {
  /** Resolves when the browser has ended and its profile is gone. `complaint`: its last lines on standard error. */
  readonly ended: Promise<{ code: number | null; complaint: string }>;
  /** Deletes the page with the one-time address: it was used. */
  forgetAddress(): void;
  close(): void;
}

const COMPLAINT_LINES = 3;
/** After a polite request to end. */
const KILL_AFTER_MS = 3_000;

function quoted(text: string): string {
  return text.replace(/[&"<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Arguments of a browser whose profile is `profile` and whose window shows `page`. */
export function browserArguments(profile: string, page: string, uid: number): string[] {
  return [
    `--app=${page}`,
    `--user-data-dir=${profile}`,
    '--class=emberscope',
    '--window-size=1440,900',
    '--no-first-run',
    '--no-default-browser-check',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-extensions',
    '--disable-features=Translate,MediaRouter',
    // Without them the user may be asked for the keyring's password: nothing is kept there.
    '--password-store=basic',
    '--use-mock-keychain',
    '--ozone-platform-hint=auto',
    // Chromium refuses to start as root with its sandbox; the page is ours alone. The launcher says so, and
    // --test-type spares the window the bar that says it again.
    ...(uid === 0 ? ['--no-sandbox', '--test-type'] : []),
  ];
}

/**
 * @param address one-time address: a secret, handed over in a file, since every user can read command lines
 * @throws Error when the profile folder cannot be made or the browser not be started
 */
export function openBrowserWindow(browser: Browser, address: string, uid = process.getuid!()): BrowserWindow {
  const parent = browser.profileParent ?? tmpdir();
  mkdirSync(parent, { recursive: true });
  const profile = mkdtempSync(join(parent, 'emberscope-window-')); // 0700
  const page = join(profile, 'start.html');
  writeFileSync(
    page,
    `<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>Emberscope</title>` +
      `<meta http-equiv="refresh" content="0;url=${quoted(address)}">\n`,
    { mode: 0o600, flag: 'wx' },
  );
  const removeProfile = (): void => rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });

  const child = spawn(
    browser.path,
    [...browser.arguments, ...browserArguments(profile, pathToFileURL(page).href, uid)],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      // In a group of its own, a terminal's Ctrl-C reaches us alone, and we can end all of its processes.
      detached: true,
    },
  );
  let complaint: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = [...complaint, ...text.split('\n').filter((line) => line.trim() !== '')].slice(-COMPLAINT_LINES);
  });

  const ended = new Promise<{ code: number | null; complaint: string }>((resolve) => {
    const finish = (code: number | null): void => {
      removeProfile();
      resolve({ code, complaint: complaint.join('\n') });
    };
    child.once('error', (error) => {
      complaint.push(error.message);
      finish(null);
    });
    // Not "close": a child of the browser can hold its standard error open.
    child.once('exit', finish);
  });

  const signal = (name: NodeJS.Signals): void => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    try {
      process.kill(-child.pid, name);
    } catch {
      // it ended just now
    }
  };
  return {
    ended,
    forgetAddress: () => rmSync(page, { force: true }),
    close() {
      signal('SIGTERM');
      setTimeout(() => signal('SIGKILL'), KILL_AFTER_MS).unref();
    },
  };
}
