// SPDX-License-Identifier: Apache-2.0
/** Two recordings that another program made up, with markup in every name, through every view and every export of the real window. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HOSTILE_NAMES } from '../../formats/hostile-names.ts';
import { hostileProfile } from '../../formats/write/testing.ts';
import { RecordingStore } from '../../main/engine/recordings/store.ts';
import { createTables, rowCounts, segmentsSince, type Tables } from '../../profile/tables.ts';
import { openAddress, openWindow, whyNoWindow, type EmberscopeWindow } from './emberscope-window.ts';

const reason = whyNoWindow();
const MARKUP = `"'><img src=x onerror=alert(1)><script>alert(2)</script>\u001b[31m\u202e`;
let emberscope: EmberscopeWindow;
let page: Page;
/** What a script of a name would have opened. */
const dialogs: string[] = [];

async function makeRecording(folder: string, name: string, tables: Tables): Promise<void> {
  const samples = tables.samples.columns.weight.subarray(0, tables.samples.length).reduce((sum, weight) => sum + weight, 0);
  const store = RecordingStore.create(join(folder, `${name}.ember`), {
    application: MARKUP, target: MARKUP, question: 'on-cpu', frequencyHz: 99, startedAt: 1_700_000_000_000, host: MARKUP, kernel: MARKUP, cpus: 2,
    settings: { frequency: 99, children: true, kernelStacks: true }, durationNs: 10e9, sliceEnd: 500,
    ledger: { fired: samples, notOurs: 0, stored: samples, lost: 0 }, overhead: { bpfNs: 0, helperCpuNs: 0 },
    tags: [MARKUP], notes: `${MARKUP}\n${MARKUP}`, request: { kind: 'command', command: [MARKUP, MARKUP], folder: MARKUP },
  });
  store.append(segmentsSince(tables, rowCounts(createTables())), {});
  await store.finish(tables, { endReason: 'asked', endMessage: MARKUP });
}

function slower(tables: Tables): Tables {
  tables.samples.columns.weight.fill(100, 0, 8);
  return tables;
}

function expectHarmless(): void {
  expect(dialogs).toEqual([]);
  expect(emberscope.errors).toEqual([]);
}

/** Saves what each entry of the export menu gives; pages and pictures are opened, too. */
async function exportAll(prefix: string): Promise<number> {
  await page.getByRole('button', { name: 'Export' }).click();
  const entries = await page.getByRole('menuitem').allInnerTexts();
  await page.keyboard.press('Escape');
  for (const [index] of entries.entries()) {
    await page.getByRole('button', { name: 'Export' }).click();
    const [download] = await Promise.all([page.waitForEvent('download', { timeout: 30_000 }), page.getByRole('menuitem').nth(index).click()]);
    expect(download.suggestedFilename()).not.toMatch(/[/\u0000-\u001f\u202e]/);
    const ending = /\.[a-z.]+$/.exec(download.suggestedFilename())?.[0] ?? '';
    const file = join(emberscope.home, `${prefix}-${index}${ending}`);
    await download.saveAs(file);
    if (!/\.(html|svg)$/.test(ending)) continue;
    const shown = await openAddress(pathToFileURL(file).href);
    shown.page.on('dialog', (dialog) => (dialogs.push(`${file}: ${dialog.message()}`), void dialog.dismiss()));
    await shown.page.reload();
    await shown.page.locator('svg').first().waitFor();
    expect(await shown.page.locator('img').count()).toBe(0);
    const ligatures = await shown.page.evaluate(() => [...document.querySelectorAll('text, .d3-flame-graph-label')].map((label) => getComputedStyle(label).fontVariantLigatures));
    expect(new Set(ligatures)).toEqual(new Set(['none']));
    expect(shown.errors).toEqual([]);
    await shown.close();
  }
  return entries.length;
}

function suite(): void {
  beforeAll(async () => {
    const home = mkdtempSync(join(tmpdir(), 'emberscope-e2e-'));
    const folder = join(home, 'data/emberscope/recordings');
    mkdirSync(folder, { recursive: true });
    await makeRecording(folder, 'a <img src=x onerror=alert(3)>', hostileProfile());
    await makeRecording(folder, `b\n'"${'\u202e'}&lt;`, slower(hostileProfile()));
    writeFileSync(join(folder, '<script>alert(4)<script>.ember'), MARKUP);
    emberscope = await openWindow({ home });
    page = emberscope.page;
    page.on('dialog', (dialog) => (dialogs.push(dialog.message()), void dialog.dismiss()));
  }, 60_000);
  afterAll(() => emberscope.close());

  test('the library', { timeout: 60_000 }, async () => {
    await page.getByRole('button', { name: 'Library', exact: true }).click();
    const rows = page.locator('#recordings [role=option]');
    await expect.poll(() => rows.count()).toBe(3);
    for (let row = 0; row < 3; row++) {
      await rows.nth(row).click();
      await page.getByLabel('The chosen recording').waitFor();
      expect(await page.locator('body').innerText()).not.toMatch(/[\u001b\u202e]/);
    }
    await page.getByRole('combobox', { name: 'Search recordings' }).fill('onerror=alert(3)');
    await expect.poll(() => rows.count()).toBe(1);
    await emberscope.screenshot('hostile-library');
    expectHarmless();
  });

  test('the pictures, tables and details of one', { timeout: 120_000 }, async () => {
    await page.locator('#recordings [role=option]').first().dblclick();
    await page.locator('footer').getByText(/[1-9][\d,]* samples/).waitFor();
    const views = page.getByRole('group', { name: 'View', exact: true }).getByRole('button');
    for (let view = 0; view < (await views.count()); view++) {
      await views.nth(view).click();
      await page.getByLabel('Search functions by regular expression').fill('alert|script');
      const box = (await page.locator('canvas').first().boundingBox())!;
      // Over frames, and on one: tooltip and inspector have its names.
      for (const x of [0.1, 0.3, 0.6]) await page.mouse.move(box.x + x * box.width, box.y + box.height - 30);
      await page.mouse.click(box.x + 0.1 * box.width, box.y + box.height - 30);
      expect(await page.locator('body').innerText()).not.toMatch(/[\u001b\u202e]/);
    }
    await page.getByLabel('Search functions by regular expression').fill('');
    // "-->" is no arrow: names stand as they are written.
    expect(await page.evaluate(() => [...document.querySelectorAll('body *')].filter((element) => getComputedStyle(element).fontVariantLigatures !== 'none').map(({ tagName }) => tagName))).toEqual([]);
    await emberscope.screenshot('hostile-live');
    expectHarmless();
  });

  test('every export of it', { timeout: 180_000 }, async () => {
    expect(await exportAll('one')).toBeGreaterThanOrEqual(6);
    expectHarmless();
  });

  test('a comparison, its pictures and its exports', { timeout: 180_000 }, async () => {
    await page.getByRole('button', { name: 'Library', exact: true }).click();
    await page.getByRole('combobox', { name: 'Search recordings' }).fill('samples');
    await page.getByRole('combobox', { name: 'Search recordings' }).fill('');
    const marks = page.locator('#recordings [role=option]').filter({ hasNotText: 'is not an Emberscope' }).locator('.library-mark');
    for (const index of [0, 1]) await marks.nth(index).click();
    await page.getByRole('toolbar').getByRole('button', { name: 'Compare' }).click();
    const rows = page.locator('.difference-row');
    await rows.first().waitFor({ timeout: 30_000 });
    expect(await rows.count()).toBeGreaterThan(5);
    for (const row of [0, 1, 2]) await rows.nth(row).click();
    for (const tab of ['Side by side', 'Latencies', 'Difference']) {
      await page.getByRole('radio', { name: tab }).click();
      expect(await page.locator('body').innerText()).not.toMatch(/[\u001b\u202e]/);
    }
    await page.getByLabel('Search functions').fill(HOSTILE_NAMES[0]!.slice(1, 7));
    await emberscope.screenshot('hostile-compare');
    expect(await exportAll('both')).toBeGreaterThanOrEqual(2);
    expectHarmless();
  });
}

if (reason) console.log(`test/e2e/hostile-names: skipped, ${reason}`);
describe.skipIf(reason)('hostile names', suite);
