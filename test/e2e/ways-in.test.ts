// SPDX-License-Identifier: Apache-2.0
/** The other ways to a recording than the list of processes: a command that is launched, and a file that is dropped. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWindow, whyNoWindow, type EmberscopeWindow } from './emberscope-window.ts';

const reason = whyNoWindow();
let emberscope: EmberscopeWindow;
let page: Page;
let dialog: Locator;

async function samples(): Promise<number> {
  const text = await page.locator('footer').innerText();
  return Number(/([\d,]+) samples/.exec(text)?.[1]?.replaceAll(',', '') ?? Number.NaN);
}

/** The last update comes up to a fifth of a second after the end. */
async function lastSamples(): Promise<number> {
  let before: number;
  let now = await samples();
  do {
    before = now;
    await page.waitForTimeout(500);
    now = await samples();
  } while (now !== before);
  return now;
}

async function openPicker(): Promise<void> {
  const target = page.getByRole('button', { name: /^Target:/ });
  if ((await target.count()) > 0 && (await page.getByRole('dialog').count()) === 0) await target.click();
}

async function setRate(hertz: string): Promise<void> {
  await openPicker();
  await page.getByLabel('Rate').fill(hertz);
}

async function launch(command: string, folder = ''): Promise<void> {
  await openPicker();
  await page.getByRole('button', { name: 'Launch a command…' }).click();
  await dialog.getByLabel('Command').fill(command);
  await dialog.getByLabel('Working folder').fill(folder);
  await dialog.getByRole('button', { name: 'Launch' }).click();
}

async function drop(files: { name: string; bytes: Buffer }[]): Promise<void> {
  const list = files.map(({ name, bytes }) => ({ name, text: bytes.toString('base64') }));
  const dataTransfer = await page.evaluateHandle((dropped) => {
    const transfer = new DataTransfer();
    for (const { name, text } of dropped) transfer.items.add(new File([Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0))], name));
    return transfer;
  }, list);
  await page.dispatchEvent('body', 'dragenter', { dataTransfer });
  await page.getByText('Drop a recording, or another tool’s profile, to open it').waitFor();
  await page.dispatchEvent('body', 'drop', { dataTransfer });
  await page.getByText('Drop a recording, or another tool’s profile, to open it').waitFor({ state: 'detached' });
}

function suite(): void {
  let recording: Buffer;
  let folder: string;

  beforeAll(async () => {
    emberscope = await openWindow();
    page = emberscope.page;
    dialog = page.getByRole('dialog', { name: 'Launch a command' });
    folder = join(emberscope.home, 'work folder');
    mkdirSync(folder);
    await page.getByRole('listbox').getByRole('option').first().waitFor();
  });
  afterAll(async () => {
    await emberscope?.close();
  });

  test('what cannot be launched is refused in words', async () => {
    await launch('sh -c "unclosed');
    expect(await dialog.innerText()).toContain('A quote (") is opened and not closed.');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await launch('no-such-command-anywhere');
    await page.getByRole('alert').getByText('There is no command "no-such-command-anywhere".').waitFor();
    await launch('true', join(folder, 'missing'));
    await page.getByRole('alert').getByText(/working folder .* is not there/).waitFor();
    await emberscope.screenshot('launch-refused');
  });

  test('a command that exits at once ends the recording, and the window says what would help', async () => {
    // At 99 Hz a sample falls on a program of a millisecond in one run of ten, and more often on a busy machine.
    await setRate('1');
    await launch('true');
    await page.getByText(/Finished .*the target exited/).waitFor();
    await page.getByText('The target ended before a sample fell on it.', { exact: false }).waitFor();
    // A dash below a second, which a busy machine may take to run nothing: never a share of a millisecond.
    expect(await page.locator('footer').innerText()).toMatch(/overhead (–|\d{1,2}\.\d\d%)/);
    await setRate('99');
  });

  test('a command runs in its folder with its words kept together, seen from its first instruction', async () => {
    // No shell splits the words: the quotes within reach the program.
    await launch(`sh -c 'echo "$1" > "out put"; i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done' sh 'two  words'`, folder);
    await page.getByText(/LIVE \d/).waitFor();
    await expect.poll(samples, { timeout: 15_000 }).toBeGreaterThan(10);
    await page.getByText(/Finished .*the target exited/).waitFor({ timeout: 60_000 });
    expect(readFileSync(join(folder, 'out put'), 'utf8')).toBe('two  words\n');
    await page.getByRole('button', { name: 'Export' }).click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: /Recording/ }).click()]);
    recording = readFileSync((await download.path())!);
  });

  test('a dropped recording opens with the same samples', async () => {
    const recorded = await lastSamples();
    await drop([{ name: 'of a loop.ember', bytes: recording }]);
    await page.getByRole('button', { name: 'Do not keep it' }).click();
    await page.getByRole('button', { name: /^Target: / }).waitFor();
    await page.getByText(/recorded on/).waitFor();
    await expect.poll(samples).toBe(recorded);
    await emberscope.screenshot('dropped');
  });

  test("another tool's file is imported, and shown with where it came from", async () => {
    const path = join(import.meta.dirname, '../recordings/foreign/perf-script.txt');
    await drop([{ name: 'perf-script.txt', bytes: readFileSync(path) }]);
    await page.getByText('Imported from the text of perf script.').first().waitFor();
    await expect.poll(samples).toBe(28);
    await emberscope.screenshot('imported');
  });

  test('a file named where Emberscope is started is shown first, and still after a reload', async () => {
    const path = join(folder, 'named on the command line.ember');
    writeFileSync(path, recording);
    const other = await openWindow({ file: path });
    try {
      const shown = async (): Promise<void> => {
        await other.page.getByText(/recorded on/).waitFor();
        await expect.poll(async () => /[\d,]+ samples/.exec(await other.page.locator('footer').innerText())?.[0]).toMatch(/[1-9]/);
      };
      await shown();
      await other.screenshot('named-file');
      await other.page.reload();
      await shown();
      expect(other.errors).toEqual([]);
    } finally {
      await other.close();
    }
    expect(readFileSync(path)).toEqual(recording);
  });

  test('several files, and a file of another kind, are refused in words', async () => {
    await drop([{ name: 'a.ember', bytes: recording }, { name: 'b.ember', bytes: recording }]);
    await page.getByText('Drop one file at a time.').waitFor();
    await drop([{ name: 'notes.txt', bytes: Buffer.from('no recording') }]);
    await page.getByText(/is neither a recording nor a file of another tool/).first().waitFor();
    await page.keyboard.press('Escape');
    await drop([{ name: 'cut.ember', bytes: recording.subarray(0, 5000) }]);
    await page.getByText(/cut\.ember.*(damaged|cut|incomplete)/i).first().waitFor();
    await emberscope.screenshot('drop-refused');
  });

  test('nothing went wrong in the page', () => {
    expect(emberscope.errors).toEqual([]);
  });
}

if (reason === null) describe('ways in', suite);
else test('ways in', ({ skip }) => skip(reason));
