// SPDX-License-Identifier: Apache-2.0
/** The library in the real window: what was saved is found, named, tagged, deleted, brought back and recorded again. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWindow, whyNoWindow, type EmberscopeWindow } from './emberscope-window.ts';

const reason = whyNoWindow();
let emberscope: EmberscopeWindow;
let page: Page;
let details: Locator;
let folder: string;

const rows = (): Locator => page.locator('#recordings [role=option]');
const search = (): Locator => page.getByRole('combobox', { name: 'Search recordings' });

async function record(name: string, command: string): Promise<void> {
  await page.getByRole('button', { name: 'Live' }).click();
  const target = page.getByRole('button', { name: /^Target:/ });
  if ((await target.count()) > 0) await target.click();
  await page.getByRole('button', { name: 'Launch a command…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Launch a command' });
  await dialog.getByLabel('Command').fill(command);
  await dialog.getByRole('button', { name: 'Launch' }).click();
  await page.locator('footer').getByText(/[1-9][\d,]* samples/).waitFor();
  await page.getByText(/Finished .*the target exited/).waitFor({ timeout: 30_000 });
  await page.keyboard.press('Control+s');
  const save = page.getByRole('dialog', { name: 'Save the recording' });
  await save.getByLabel('Name').fill(name);
  await save.getByRole('button', { name: 'Save' }).click();
  await save.waitFor({ state: 'detached' });
}

function suite(): void {
  beforeAll(async () => {
    emberscope = await openWindow();
    page = emberscope.page;
    details = page.getByLabel('The chosen recording');
    folder = join(emberscope.home, 'data/emberscope/recordings');
  }, 60_000);
  afterAll(() => emberscope.close());

  test('empty, it says how it is filled', { timeout: 20_000 }, async () => {
    await page.getByRole('button', { name: 'Library' }).click();
    await page.getByText('No recordings yet').waitFor();
  });

  test('what was saved is there, with its picture', { timeout: 60_000 }, async () => {
    await record('sums', "python3 -c 'print(sum(i*i for i in range(9000000)))'");
    await page.getByRole('button', { name: 'Library' }).click();
    await rows().first().getByText('sums').waitFor();
    await rows().first().getByText(/\d samples/).waitFor();
    const painted = await rows().first().locator('canvas').evaluate((canvas: HTMLCanvasElement) => canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0));
    expect(painted).toBe(true);
    await emberscope.screenshot('library');
  });

  test('a file that is put there appears; a broken one says why', { timeout: 20_000 }, async () => {
    writeFileSync(join(folder, 'broken.ember'), 'not a recording');
    await page.getByText('is not an Emberscope recording').first().waitFor();
    expect(await rows().count()).toBe(2);
  });

  test('searched, tagged, renamed', { timeout: 30_000 }, async () => {
    await search().fill('python3 sums');
    await expect.poll(() => rows().count()).toBe(1);
    await page.keyboard.press('ArrowDown');
    await details.getByLabel('Tags').fill('before');
    await details.getByLabel('Notes').fill('With <b>the</b> old interpreter');
    await details.getByLabel('Notes').blur();
    await search().fill('#before interpreter');
    await rows().first().getByText('#before').waitFor();
    await details.getByRole('button', { name: 'Rename…' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('sums before');
    await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click();
    await rows().first().getByText('sums before').waitFor();
    expect(readdirSync(folder).sort()).toEqual(['broken.ember', 'sums before.ember']);
  });

  test('deleted into the trash, and brought back', { timeout: 20_000 }, async () => {
    await details.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Deleted “sums before”.').waitFor();
    expect(existsSync(join(folder, 'sums before.ember'))).toBe(false);
    expect(existsSync(join(emberscope.home, 'data/Trash/files/sums before.ember'))).toBe(true);
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await rows().first().getByText('sums before').waitFor();
    expect(existsSync(join(folder, 'sums before.ember'))).toBe(true);
  });

  test('opened from there, and recorded again with the same settings', { timeout: 60_000 }, async () => {
    await search().fill('');
    await page.locator('#recordings').getByText('sums before').first().dblclick();
    await page.locator('footer').getByText(/[1-9][\d,]* samples/).waitFor();
    await page.getByRole('button', { name: 'Library' }).click();
    await page.locator('#recordings').getByText('sums before').first().click();
    await details.getByRole('button', { name: 'Run again' }).click();
    const dialog = page.getByRole('dialog', { name: 'Launch a command' });
    expect(await dialog.getByLabel('Command').inputValue()).toBe("python3 -c 'print(sum(i*i for i in range(9000000)))'");
    await dialog.getByRole('button', { name: 'Launch' }).click();
    // The one that was opened is not live.
    await page.getByText(/LIVE \d/).waitFor();
    await page.getByText(/Finished .*the target exited/).waitFor({ timeout: 30_000 });
    await page.locator('footer').getByText(/[1-9][\d,]* samples/).waitFor();
  });

  test('a recording of probes is made again: the same functions, asked in the same way', { timeout: 90_000 }, async () => {
    // Nothing is live: the whole system is asked.
    await page.getByRole('button', { name: 'Functions' }).click();
    await page.getByLabel('Search functions, tracepoints and markers').fill('sched_process_exec');
    await page.getByRole('listbox', { name: 'Functions' }).getByRole('option', { name: /sched:sched_process_exec/ }).first().click({ timeout: 30_000 });
    const card = page.getByRole('region', { name: 'sched:sched_process_exec' });
    await expect.poll(() => card.last().innerText(), { timeout: 20_000 }).toMatch(/tracepoint/);
    await page.keyboard.press('Control+s');
    const save = page.getByRole('dialog', { name: 'Save the recording' });
    await save.getByLabel('Name').fill('programs');
    await save.getByRole('button', { name: 'Save' }).click();
    await save.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: /^Stop/ }).first().click();
    await page.getByRole('button', { name: 'Library' }).click();
    await search().fill('programs');
    await page.locator('#recordings').getByText('programs', { exact: true }).click();
    await details.getByText(/sched:sched_process_exec \(how often, by thread/).waitFor({ timeout: 20_000 });
    await details.getByRole('button', { name: 'Run again' }).click();
    await page.getByText(/LIVE \d/).waitFor({ timeout: 20_000 });
    await expect.poll(() => card.last().innerText(), { timeout: 20_000 }).toMatch(/tracepoint/);
    await emberscope.screenshot('run-again-probes');
  });

  test('another window: what one does shows in both, each has its own search, and closing one leaves the other', { timeout: 60_000 }, async () => {
    await page.getByRole('button', { name: 'Library' }).click();
    await search().fill('');
    const other = await page.context().newPage();
    await other.goto(new URL('/', page.url()).href);
    await other.getByRole('button', { name: 'Library' }).click();
    const theirs = (name: string): Locator => other.locator('#recordings').getByText(name, { exact: true });
    await theirs('sums before').click();
    // Searched here; not there.
    await search().fill('broken');
    await expect.poll(() => rows().count()).toBe(1);
    await theirs('sums before').waitFor();
    await search().fill('sums');
    await page.locator('#recordings').getByText('sums before').first().click();
    await details.getByRole('button', { name: 'Rename…' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('sums again');
    await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click();
    await theirs('sums again').waitFor();
    // What was chosen there stays chosen, under its new name.
    await other.getByLabel('The chosen recording').getByRole('heading', { name: 'sums again' }).waitFor();
    await other.getByLabel('Tags').fill('theirs');
    await other.getByLabel('Tags').blur();
    await expect.poll(() => details.getByLabel('Tags').inputValue()).toBe('theirs');
    await details.getByRole('button', { name: 'Delete' }).click();
    await theirs('sums again').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Undo', exact: true }).last().click();
    await theirs('sums again').dblclick();
    await other.locator('footer').getByText(/[1-9][\d,]* samples/).waitFor();
    await page.locator('#recordings').getByText('sums again').first().dblclick();
    // What was recorded again was not saved.
    await page.getByRole('button', { name: 'Do not keep it' }).click();
    await page.locator('footer').getByText(/[1-9][\d,]* samples/).waitFor();
    await other.close();
    await page.getByLabel('Search functions by regular expression').fill('main');
    await page.getByRole('button', { name: 'Library' }).click();
    await page.locator('#recordings').getByText('sums again').first().waitFor();
    expect(emberscope.errors).toEqual([]);
  });
}

if (reason) console.log(`test/e2e/library: skipped, ${reason}`);
describe.skipIf(reason)('the library', suite);
