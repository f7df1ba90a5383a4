// SPDX-License-Identifier: Apache-2.0
/** The main job as a person does it: pick, watch, zoom, search, export, save, open again. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Download, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWindow, whyNoWindow, type EmberscopeWindow } from './emberscope-window.ts';

/** Shares of the server's thread (test/programs/demo.c); how much CPU each thread gets depends on who else works. */
const SERVER = 'serve_requests';
const TRUTH: Readonly<Record<string, number>> = { find_matches: 0.27, read_tokens: 0.18, compress_body: 0.45, load_texture: 0.1 };

const reason = whyNoWindow();
let emberscope: EmberscopeWindow;
let page: Page;

async function samples(): Promise<number> {
  const text = await page.locator('footer').innerText();
  return Number(/([\d,]+) samples/.exec(text)?.[1]?.replaceAll(',', '') ?? Number.NaN);
}

async function search(pattern: string): Promise<void> {
  await page.getByLabel('Search functions by regular expression').fill(pattern);
}

/** The share that "Matched n %" says. */
async function matched(): Promise<number> {
  const text = await page.getByText(/^Matched /).innerText();
  return Number(/Matched ([\d.]+)/.exec(text)![1]) / 100;
}

async function exported(item: RegExp): Promise<Download> {
  await page.getByRole('button', { name: 'Export' }).click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: item }).click()]);
  return download;
}

/** Of the samples whose stacks hold `within`, the share of those that hold `name` too; from folded lines. */
function shareOf(folded: string, name: string, within: string): number {
  let all = 0;
  let found = 0;
  for (const line of folded.trim().split('\n')) {
    const at = line.lastIndexOf(' ');
    const weight = Number(line.slice(at + 1));
    const frames = line.slice(0, at).split(';');
    if (!frames.includes(within)) continue;
    all += weight;
    if (frames.includes(name)) found += weight;
  }
  return found / all;
}

function suite(): void {
  beforeAll(async () => {
    emberscope = await openWindow();
    page = emberscope.page;
  });
  afterAll(async () => {
    await emberscope?.close();
  });

  test('the picker lists processes and filters as one types', async () => {
    const list = page.getByRole('listbox', { name: 'Processes' });
    await list.getByRole('option').first().waitFor();
    await page.getByLabel('Filter processes').fill(`${process.pid}`);
    await expect.poll(() => list.getByRole('option').count()).toBeGreaterThan(0);
    expect(await list.innerText()).toContain(`${process.pid}`);
    await emberscope.screenshot('picker-filtered');
    await page.getByLabel('Filter processes').fill('no such program anywhere');
    await expect.poll(() => list.getByRole('option').count()).toBe(0);
    await emberscope.screenshot('picker-empty');
    await page.getByLabel('Filter processes').fill('');
  });

  test('a rate out of range is refused in words', async () => {
    const rate = page.getByLabel('Rate');
    await rate.fill('20000');
    await expect.poll(() => page.locator('#rate-message').innerText()).toMatch(/9,?999/);
    await rate.fill('399');
  });

  test('the demo’s functions appear live', async () => {
    await page.getByRole('button', { name: /demo program/ }).click();
    await page.getByText(/LIVE \d/).waitFor();
    await expect.poll(samples, { timeout: 15_000 }).toBeGreaterThan(100);
    await search('^(find_matches|read_tokens|split_words)$');
    await expect.poll(matched, { timeout: 10_000 }).toBeGreaterThan(0.2);
    await emberscope.screenshot('live');
  });

  test('search, zoom and its percentages survive the updates', async () => {
    const canvas = page.locator('.flame canvas');
    await canvas.focus();
    await search('^parse_request$');
    await page.keyboard.press('Enter');
    const before = await samples();
    await expect.poll(samples, { timeout: 10_000 }).toBeGreaterThan(before + 50);
    expect(await page.getByLabel('Search functions by regular expression').inputValue()).toBe('^parse_request$');
    const crumbs = page.getByRole('navigation', { name: 'Zoom' });
    await canvas.focus();
    await page.keyboard.press('n');
    await page.keyboard.press('Enter');
    await expect.poll(() => crumbs.innerText()).toContain('parse_request');
    // Within the zoomed frame everything matches.
    await expect.poll(matched).toBe(1);
    const later = (await samples()) + 100;
    await expect.poll(samples, { timeout: 10_000 }).toBeGreaterThan(later);
    expect(await crumbs.innerText()).toContain('parse_request');
    await emberscope.screenshot('zoomed');
    await search('(unclosed');
    await expect.poll(() => page.locator('.tools .bad').innerText()).toMatch(/pattern|bracket|group|expression/i);
    await search('');
    await canvas.focus();
    await page.keyboard.press('0');
    await expect.poll(() => crumbs.innerText()).not.toContain('parse_request');
  });

  test('pause holds the picture and not the recording', async () => {
    await page.getByRole('button', { name: 'Pause' }).click();
    const before = await samples();
    await page.waitForTimeout(1500);
    await page.getByRole('button', { name: 'Resume' }).click();
    await expect.poll(samples).toBeGreaterThan(before);
  });

  test('a reload finds the live session again', async () => {
    const before = await samples();
    await page.reload();
    await page.getByText(/LIVE \d/).waitFor();
    await expect.poll(samples, { timeout: 10_000 }).toBeGreaterThanOrEqual(before);
  });

  test('after stop the exports hold the truth, within three points', async () => {
    await expect.poll(samples, { timeout: 60_000, interval: 500 }).toBeGreaterThan(4000);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText(/Finished/).first().waitFor();
    const folded = readFileSync((await (await exported(/Folded/)).path())!, 'utf8');
    for (const [name, share] of Object.entries(TRUTH)) {
      const seen = shareOf(folded, name, SERVER);
      expect(Math.abs(seen - share), `${name}: ${seen} against ${share}`).toBeLessThan(0.03);
    }
    const svg = readFileSync((await (await exported(/SVG/)).path())!, 'utf8');
    expect(svg).toContain('find_matches');
    expect(svg.startsWith('<?xml') || svg.startsWith('<svg')).toBe(true);
    await emberscope.screenshot('finished');
  });

  test('saved, downloaded, and opened again it gives the same picture', async () => {
    const folded = readFileSync((await (await exported(/Folded/)).path())!, 'utf8');
    const recording = await exported(/Recording/);
    const file = join(emberscope.home, 'demo.ember');
    await recording.saveAs(file);
    expect(readFileSync(file).subarray(0, 15).toString()).toBe('SQLite format 3');

    await page.getByRole('button', { name: 'Save recording' }).click();
    await page.getByRole('dialog').getByRole('textbox').fill('my <b>demo');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByText(/\.ember/).first().waitFor();
    await emberscope.screenshot('saved');

    await page.getByRole('button', { name: /^Target:/ }).click();
    await page.getByLabel('Recording to open').setInputFiles(file);
    await page.getByText(/Finished|Opened/).first().waitFor();
    await expect.poll(samples, { timeout: 10_000 }).toBeGreaterThan(4000);
    const again = readFileSync((await (await exported(/Folded/)).path())!, 'utf8');
    expect(again).toBe(folded);
  });

  test('a file that is no recording is refused in words', async () => {
    await page.getByRole('button', { name: /^Target:/ }).click();
    await page.getByLabel('Recording to open').setInputFiles({ name: 'notes.ember', mimeType: 'text/plain', buffer: Buffer.from('hello') });
    await page.getByText(/is neither a recording nor a file of another tool/).first().waitFor();
    await emberscope.screenshot('not-a-recording');
  });

  test('nothing went wrong in the page', () => {
    expect(emberscope.errors).toEqual([]);
  });
}

if (reason === null) describe('the window on the demo program', suite);
else test('the window on the demo program', ({ skip }) => skip(reason));
