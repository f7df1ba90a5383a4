// SPDX-License-Identifier: Apache-2.0
/** The helper, or Emberscope itself, is killed in the middle of a session: the recording is kept, and one can go on. */
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWindow, whyNoWindow, type EmberscopeWindow } from './emberscope-window.ts';

const reason = whyNoWindow();
let emberscope: EmberscopeWindow;

/** The helpers that a process has started and that are alive. */
function helpersOf(parent: number): number[] {
  return readdirSync('/proc').map(Number).filter((tgid) => {
    if (!Number.isInteger(tgid)) return false;
    try {
      const [, name, state, from] = /^\d+ \((.*)\) (\S) (\d+)/s.exec(readFileSync(`/proc/${tgid}/stat`, 'utf8')) ?? [];
      return name === 'emberscope-help' && state !== 'Z' && Number(from) === parent;
    } catch {
      return false; // It has ended since.
    }
  });
}

async function samples(): Promise<number> {
  const text = await emberscope.page.locator('footer').innerText();
  return Number(/([\d,]+) samples/.exec(text)?.[1]?.replaceAll(',', '') ?? Number.NaN);
}

async function killHelper(): Promise<void> {
  const helpers = helpersOf(emberscope.shell.pid!);
  expect(helpers).toHaveLength(1);
  process.kill(helpers[0]!, 'SIGKILL');
  await emberscope.page.getByRole('alert').getByText(/^The helper ended; the recording is kept/).waitFor();
}

function suite(): void {
  beforeAll(async () => {
    emberscope = await openWindow();
  });
  afterAll(async () => {
    await emberscope?.close();
  });

  test('is told, and what was recorded stays', async () => {
    const { page } = emberscope;
    await page.getByRole('button', { name: /demo program/ }).click();
    await page.getByText(/LIVE \d/).waitFor();
    await expect.poll(samples, { timeout: 15_000 }).toBeGreaterThan(100);
    await killHelper();
    await page.getByText(/Finished/).first().waitFor();
    expect(await samples()).toBeGreaterThan(100);
    expect(await page.getByRole('alert').innerText()).toMatch(/the recording is kept up to 00:\d\d/);
    await emberscope.screenshot('helper-gone');
  });

  test('"Save" keeps it', async () => {
    const { page } = emberscope;
    await page.getByRole('alert').getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog').getByRole('textbox').fill('before the helper ended');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByText(/Saved “before the helper ended”/).waitFor();
    const files = readdirSync(emberscope.home, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ember'));
    expect(files.some((name) => name.endsWith('before the helper ended.ember'))).toBe(true);
  });

  test('"Go on" records the same target anew, with a helper of its own', async () => {
    const { page } = emberscope;
    await page.getByRole('alert').getByRole('button', { name: 'Go on' }).click();
    await page.getByText(/LIVE \d/).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    await expect.poll(samples, { timeout: 15_000 }).toBeGreaterThan(30);
    expect(helpersOf(emberscope.shell.pid!)).toHaveLength(1);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText(/Finished/).first().waitFor();
    await expect.poll(() => helpersOf(emberscope.shell.pid!)).toEqual([]);
  });

  test('Emberscope itself is killed: the next one offers what there was', async () => {
    const { page, shell, home } = emberscope;
    await page.getByRole('button', { name: 'Start again' }).click();
    await page.getByRole('button', { name: 'Do not keep it' }).click();
    await page.getByText(/LIVE \d/).waitFor();
    await expect.poll(samples, { timeout: 15_000 }).toBeGreaterThan(100);
    // What has come is in the file within two drains.
    await page.waitForTimeout(1500);
    shell.kill('SIGKILL');
    await once(shell, 'exit');
    const next = await openWindow({ home });
    try {
      const offer = next.page.getByRole('alert').filter({ hasText: /The recording of “demo program” ended unexpectedly/ });
      await offer.waitFor();
      await next.screenshot('left-by-a-crash');
      await offer.getByRole('button', { name: 'Show' }).click();
      await expect.poll(async () => Number(/([\d,]+) samples/.exec(await next.page.locator('footer').innerText())?.[1]?.replaceAll(',', '') ?? 0), { timeout: 15_000 }).toBeGreaterThan(100);
      await next.screenshot('left-by-a-crash-shown');
      expect(next.errors).toEqual([]);
    } finally {
      await next.close();
    }
  });

  test('nothing went wrong in the page', () => {
    // The connection of the page whose Emberscope was killed is gone.
    expect(emberscope.errors.filter((error) => !/WebSocket/.test(error))).toEqual([]);
  });
}

if (reason === null) describe('a helper that is killed', suite);
else test('a helper that is killed', ({ skip }) => skip(reason));
