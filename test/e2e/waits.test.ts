// SPDX-License-Identifier: Apache-2.0
/** Where a program waits, and who wakes it, in the window: of one whose waits are known (test/programs/waiting.c). */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWindow, whyNoWindow, type EmberscopeWindow } from './emberscope-window.ts';

const reason = whyNoWindow();
let emberscope: EmberscopeWindow;
let page: Page;
let program: ChildProcess;

const figures = (): Promise<string> => page.locator('footer').innerText();
const legend = (): Promise<string> => page.getByRole('list', { name: 'Colours' }).innerText();
const question = (name: string) => page.getByRole('group', { name: 'Question' }).getByRole('button', { name });

async function search(pattern: string): Promise<void> {
  await page.getByLabel('Search functions by regular expression').fill(pattern);
}

/** The share that "Matched n %" says; NaN: nothing is said. */
async function matched(): Promise<number> {
  const [text = ''] = await page.getByText(/^Matched /).allInnerTexts();
  return Number(/Matched <?([\d.]+)/.exec(text)?.[1]) / 100;
}

/** Asks another question of the same target; what was recorded is not kept. */
async function ask(name: string): Promise<void> {
  await question(name).click();
  const discard = page.getByRole('button', { name: 'Do not keep it' });
  await Promise.race([discard.waitFor(), page.locator('footer').getByText(/of waits|samples/).waitFor()]);
  if (await discard.isVisible()) await discard.click();
  await expect.poll(() => question(name).getAttribute('aria-current')).toBe('true');
}

function suite(): void {
  beforeAll(async () => {
    program = spawn('build/programs/waiting', ['100000'], { stdio: ['pipe', 'ignore', 'inherit'] });
    program.stdin!.write('\n');
    emberscope = await openWindow();
    page = emberscope.page;
  });
  afterAll(async () => {
    program?.kill('SIGKILL');
    await emberscope?.close();
  });

  test('the question is chosen where a target is', async () => {
    await page.getByLabel('Filter processes').fill(`${program.pid}`);
    await page.getByLabel('Question').selectOption('wall');
    await page.getByLabel('Waits from').selectOption('10000');
    await emberscope.screenshot('waits-picker');
    await page.getByRole('option', { name: /waiting/ }).first().dblclick();
    await page.getByText(/LIVE \d/).waitFor();
  });

  test('wall clock: CPU time and waits in one picture, warm and cold', async () => {
    await expect.poll(figures, { timeout: 20_000 }).toMatch(/[\d,]+ samples · [\d.]+ (s|min \d+ s) of waits/);
    // Where others keep the CPUs, most of what spins is without one, too: then nothing is warm.
    await expect.poll(legend).toMatch(/blocked\s+without a CPU/);
    // Three threads of nine spin all the time, one sleeps.
    await search('^spin$');
    await expect.poll(matched).toBeGreaterThan(0.2);
    await search('^sleep_(long|short)$');
    await expect.poll(matched).toBeLessThan(0.18);
    expect(await matched()).toBeGreaterThan(0.05);
    await search('');
    await emberscope.screenshot('waits-wall');
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 1024, height: 700 });
    await emberscope.screenshot('waits-wall-light-small');
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.emulateMedia({ colorScheme: 'dark' });
  });

  test('a part of the time can be left out', async () => {
    const waits = ['blocked', 'interrupted by others', 'woken, without a CPU'];
    for (const name of waits) await page.getByRole('checkbox', { name }).uncheck();
    // CPU time alone has the colours that it always has.
    await expect.poll(legend).toMatch(/program/);
    await search('^sleep_long$');
    await expect.poll(matched).toBeLessThan(0.02);
    await search('^spin$');
    await expect.poll(matched).toBeGreaterThan(0.5);
    await search('');
    for (const name of waits) await page.getByRole('checkbox', { name }).check();
    await expect.poll(legend).toContain('blocked');
  });

  test('off CPU: time, and why', async () => {
    await ask('Off CPU');
    await expect.poll(figures, { timeout: 20_000 }).toMatch(/^[^\d]*[\d.]+ (s|min \d+ s) of waits/);
    expect(await figures()).not.toContain('samples');
    await search('^read_pipe$');
    await expect.poll(matched).toBeGreaterThan(0.02);
    await page.getByLabel('Search functions by regular expression').press('Enter');
    await page.keyboard.press('F3');
    const inspector = page.getByRole('complementary', { name: 'Inspector' });
    await expect.poll(() => inspector.innerText(), { timeout: 10_000 }).toMatch(/waits\s+pipe\s+[\d.]+ m?s/i);
    await emberscope.screenshot('waits-off-cpu');
    await search('');
  });

  test('wakeups: who ends the waits stands on top of them', async () => {
    await ask('Wakeups');
    await expect.poll(figures, { timeout: 20_000 }).toMatch(/[\d.]+ (s|min \d+ s) of waits/);
    await search('^(let_go|write_pipe)$');
    await expect.poll(matched, { timeout: 20_000 }).toBeGreaterThan(0.05);
    await search('');
    await emberscope.screenshot('waits-wakeups');
  });

  test('memory: it says so where nothing is allocated', async () => {
    await ask('Memory');
    await page.getByText('Nothing yet').waitFor({ timeout: 20_000 });
    await emberscope.screenshot('waits-memory');
    expect(emberscope.errors).toEqual([]);
  });
}

if (reason) console.log(`test/e2e/waits: skipped, ${reason}`);
describe.skipIf(reason !== null)('waits in the window', suite);
