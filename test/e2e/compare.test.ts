// SPDX-License-Identifier: Apache-2.0
/** Comparing in the real window: a program before and after a change, recorded twice, and what is said of it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAddress, openWindow, whyNoWindow, type EmberscopeWindow } from './emberscope-window.ts';

const reason = whyNoWindow();
let emberscope: EmberscopeWindow;
let page: Page;

/** At 99 Hz so short a program has some 150 samples, of which twenty points may be chance. */
const FREQUENCY = '999';

/** The first function does its work so many times; the second one always the same. */
const program = (times: number): string => `
def parse(text, times):
    total = 0
    for _ in range(times):
        for letter in text:
            total += ord(letter) * 7 % 13
    return total

def render(text):
    return sum(ord(letter) * 11 % 17 for letter in text)

text = 'abcdefghij' * 200
for _ in range(6000):
    parse(text, ${times})
    render(text)
    render(text)
`;

async function record(name: string, command: string): Promise<void> {
  await page.getByRole('button', { name: 'Live', exact: true }).click();
  const target = page.getByRole('button', { name: /^Target:/ });
  if ((await target.count()) > 0) await target.click();
  await page.getByLabel('Rate').fill(FREQUENCY);
  await page.getByRole('button', { name: 'Launch a command…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Launch a command' });
  await dialog.getByLabel('Command').fill(command);
  await dialog.getByRole('button', { name: 'Launch' }).click();
  await page.getByText(/LIVE \d/).waitFor();
  await page.getByText(/Finished .*the target exited/).waitFor({ timeout: 60_000 });
  await page.keyboard.press('Control+s');
  const save = page.getByRole('dialog', { name: 'Save the recording' });
  await save.getByLabel('Name').fill(name);
  await save.getByRole('button', { name: 'Save' }).click();
  await save.waitFor({ state: 'detached' });
}

const row = (name: string): Locator => page.locator('.difference-row').filter({ hasText: name });

function suite(): void {
  beforeAll(async () => {
    emberscope = await openWindow();
    page = emberscope.page;
  }, 60_000);
  afterAll(() => emberscope.close());

  test('a program is recorded before and after a change', { timeout: 150_000 }, async () => {
    const file = join(emberscope.home, 'work.py');
    for (const [name, times] of [['before', 1], ['after', 3]] as const) {
      writeFileSync(file, program(times));
      await record(name, `/usr/bin/python3 ${file}`);
    }
  });

  test('what changed, by how much, and how sure that is', { timeout: 60_000 }, async () => {
    await page.getByRole('button', { name: 'Library', exact: true }).click();
    await page.locator('#recordings [role=option]').nth(1).waitFor();
    for (const index of [0, 1]) await page.locator('.library-mark').nth(index).click();
    await page.getByRole('toolbar').getByRole('button', { name: 'Compare' }).click();
    await row('parse').first().waitFor();
    expect(await page.locator('.compare-side').allInnerTexts()).toEqual([expect.stringContaining('before'), expect.stringContaining('after')]);
    expect(await row('parse').first().locator('.difference-verdict').innerText()).toBe('grew');
    expect(await row('render').first().locator('.difference-verdict').innerText()).toBe('shrank');
    await row('parse').first().click();
    await page.getByText(/With these samples it lies between \+\d/).waitFor();
    await emberscope.screenshot('compare');
  });

  test('as it is, which compares the cost of the same work, the other function does not merely seem to shrink', { timeout: 30_000 }, async () => {
    // Only what is within the scrolled part is there.
    await page.getByLabel('Search functions').fill('work.py');
    const change = async () => Math.abs(Number((await row('render').first().locator('.difference-delta').innerText()).replace(/[+−]/, '')));
    const byTotal = await change();
    await page.getByRole('radio', { name: 'none' }).click();
    // No run costs exactly what another did; but as a share of the whole it had lost a third and more.
    await expect.poll(change).toBeLessThan(byTotal / 2);
    await page.getByRole('radio', { name: 'total', exact: true }).first().click();
    await page.getByLabel('Search functions').fill('');
  });

  test('the page that is exported opens by itself', { timeout: 60_000 }, async () => {
    await page.getByRole('button', { name: 'Export' }).click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: /^Web page/ }).click()]);
    expect(download.suggestedFilename()).toBe('before-to-after.html');
    const file = join(emberscope.home, 'difference.html');
    await download.saveAs(file);
    const shown = await openAddress(pathToFileURL(file).href);
    // Labels of frames that are too narrow are hidden: one of them is not.
    await expect.poll(() => shown.page.locator('.d3-flame-graph-label').filter({ hasText: /^parse$/, visible: true }).count(), { timeout: 20_000 }).toBeGreaterThan(0);
    expect(await shown.page.locator('#subtitle').innerText()).toContain('A: before · B: after');
    await shown.screenshot('compare-page');
    expect(shown.errors).toEqual([]);
    await shown.close();
  });

  test('the picture is drawn, and beside each other with one zoom', { timeout: 30_000 }, async () => {
    await page.getByRole('radio', { name: 'Side by side' }).click();
    await expect.poll(() => page.locator('.compare-sides canvas').count()).toBe(2);
    await emberscope.screenshot('compare-sides');
    await page.getByRole('radio', { name: 'Difference' }).click();
    expect(emberscope.errors).toEqual([]);
  });

  test('by its menu a frame is found in the recording of a side, which stays compared', { timeout: 60_000 }, async () => {
    await page.getByLabel('Search functions').fill('parse');
    await row('parse').first().click();
    await page.locator('.compare-pictures canvas').focus();
    await page.keyboard.press('Shift+F10');
    await page.getByRole('menuitem', { name: /^Search for this function/ }).click();
    expect(await page.getByLabel('Search functions').inputValue()).toBe('^parse$');
    await page.locator('.compare-pictures canvas').focus();
    await page.keyboard.press('ContextMenu');
    await page.getByRole('menuitem', { name: 'Show in the recording of B' }).click();
    expect(await page.getByLabel('Search functions by regular expression').inputValue()).toBe('^parse(?:$|\\W)');
    await expect.poll(() => page.locator('.matched').innerText(), { timeout: 20_000 }).toMatch(/[1-9]/);
    await emberscope.screenshot('compare-shown');
    await page.getByRole('button', { name: 'Compare', exact: true }).click();
    await row('parse').first().waitFor();
    await page.getByLabel('Search functions').fill('');
    expect(emberscope.errors).toEqual([]);
  });
}

if (reason) console.log(`test/e2e/compare: skipped, ${reason}`);
describe.skipIf(reason)('comparing', suite);
