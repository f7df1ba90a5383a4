// SPDX-License-Identifier: Apache-2.0
/** The same window under Electron, where its binary is there: the demo appears live through the message port. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron as electron } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { electronBinary, electronPackage } from '../../main/launch/electron-binary.ts';
import { ARTIFACTS } from './emberscope-window.ts';

const XVFB = '/usr/bin/Xvfb';
const root = join(import.meta.dirname, '../..');
const installed = electronPackage(root);
const binary = installed && electronBinary(installed);

function whyNot(): string | null {
  if (binary === null) return "Electron's binary is not here: `npm start` downloads it where its host can be reached";
  if (process.getuid?.() !== 0) return 'sampling other processes without a password dialog needs root';
  if (!process.env.DISPLAY && !existsSync(XVFB)) return `there is no display, and ${XVFB} is not installed`;
  return null;
}

function suite(): void {
  let screen: ChildProcess | undefined;
  let home: string;
  let display = process.env.DISPLAY;

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'emberscope-electron-'));
    if (display) return;
    // -displayfd: Xvfb chooses a free number and tells it once it takes connections.
    screen = spawn(XVFB, ['-displayfd', '1', '-screen', '0', '1440x900x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'pipe', 'ignore'] });
    display = await new Promise<string>((resolve) => screen!.stdout!.once('data', (number: Buffer) => resolve(`:${number.toString().trim()}`)));
  });
  afterAll(() => {
    screen?.kill('SIGTERM');
    rmSync(home, { recursive: true, force: true });
  });

  test('the demo appears live', async () => {
    const app = await electron.launch({
      executablePath: binary!,
      // As launch/electron-process.ts: Chromium's sandbox refuses to run as root.
      args: ['--no-sandbox', root],
      env: { ...process.env, DISPLAY: display!, HOME: home, XDG_STATE_HOME: home, XDG_DATA_HOME: home, XDG_CACHE_HOME: home },
    });
    try {
      const page = await app.firstWindow();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(error.message));
      await page.getByRole('button', { name: /demo program/ }).click();
      await page.getByText(/LIVE \d/).waitFor();
      await page.getByLabel('Search functions by regular expression').fill('^find_matches$');
      await expect.poll(() => page.getByText(/^Matched /).innerText(), { timeout: 20_000 }).toMatch(/Matched [1-9]/);
      mkdirSync(ARTIFACTS, { recursive: true });
      await page.screenshot({ path: join(ARTIFACTS, 'electron.png') });
      expect(errors).toEqual([]);
    } finally {
      await app.close();
    }
  });
}

const reason = whyNot();
if (reason === null) describe('the window under Electron', suite);
else test('the window under Electron', ({ skip }) => skip(reason));
