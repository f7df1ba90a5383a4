// SPDX-License-Identifier: Apache-2.0
/** A command that is launched on the screen of functions: held until one lets it run, so that its first call is counted. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { programPath } from '../helper/helper-client.ts';
import { openWindow, whyNoWindow, type EmberscopeWindow } from './emberscope-window.ts';

const reason = whyNoWindow();
const CALLS = 2_500;

function suite(): void {
  let emberscope: EmberscopeWindow;
  let page: Page;
  beforeAll(async () => {
    emberscope = await openWindow();
    page = emberscope.page;
  });
  afterAll(() => emberscope?.close());

  test('every call of a program that is over at once', async ({ skip }) => {
    await page.getByRole('button', { name: 'Functions' }).click();
    await page.getByRole('button', { name: 'Another target…' }).click();
    await page.getByRole('button', { name: 'Launch a command…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Launch a command' });
    await dialog.getByRole('textbox').first().fill(`${programPath('brief')} ${CALLS}`);
    await dialog.getByRole('button', { name: 'Launch' }).click();
    const held = page.getByRole('status').filter({ hasText: 'waits before its first instruction' });
    await held.waitFor({ timeout: 20_000 });
    // Of the program that does not run yet.
    await page.getByLabel('Search functions, tracepoints and markers').fill('brief_work');
    await page.getByRole('listbox', { name: 'Functions' }).getByRole('option', { name: /^brief_work/ }).first().click({ timeout: 30_000 });
    const card = page.getByRole('region', { name: 'brief_work' });
    await card.waitFor({ timeout: 20_000 });
    const refused = /Not attached\s+(.*)/.exec(await card.innerText())?.[1];
    if (refused !== undefined) skip(`functions of programs cannot be probed here: ${refused}`);
    await emberscope.screenshot('functions-held');
    await held.getByRole('button', { name: 'Let it run' }).click();
    await page.getByText(/Finished/).first().waitFor({ timeout: 20_000 });
    expect(await held.count()).toBe(0);
    await card.click();
    const inspector = page.getByRole('complementary', { name: 'Selected probe' });
    await expect.poll(() => inspector.innerText(), { timeout: 10_000 }).toMatch(/Counted\s+2,500\b/);
    // The last figures come a moment after the last values.
    await expect.poll(() => card.innerText(), { timeout: 10_000 }).toMatch(/all\s+2,500\b/);
    await emberscope.screenshot('functions-launched');
    expect(emberscope.errors).toEqual([]);
  });
}

if (reason === null) describe('a launched command', suite);
else test('a launched command', ({ skip }) => skip(reason));
