// SPDX-License-Identifier: Apache-2.0
/** Single functions as a person asks them: from a frame to its histogram, a ready question, single events, a kept recording. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest';
import { openWindow, whyNoWindow, type EmberscopeWindow } from './emberscope-window.ts';

const reason = whyNoWindow();
let emberscope: EmberscopeWindow;
let page: Page;
let view: Locator;
let shell: ChildProcess;
/** Why this computer's kernel attaches nothing to programs; null: it does. */
let noProbes: string | null = null;

const number = (text: string) => Number(text.replaceAll(',', ''));

/** Skips, in words, where nothing can be attached here. */
function needsProbes({ skip }: TestContext): void {
  if (noProbes !== null) skip(noProbes);
}

/** CSS pixels of a row of frames. */
const ROW = 21;

/** Moves over the flame graph until the pointer is on a frame of that name. */
async function find(name: string): Promise<{ x: number; y: number }> {
  const box = (await page.locator('.flame canvas').boundingBox())!;
  const tooltip = page.locator('.flame-tooltip-text');
  for (let y = box.y + box.height - 8; y > box.y; y -= ROW) {
    for (let x = box.x + 6; x < box.x + box.width; x += box.width / 16) {
      await page.mouse.move(x, y);
      // The tooltip follows with the next frame.
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      if ((await tooltip.textContent())?.startsWith(`${name} `) === true && (await tooltip.isVisible())) return { x, y };
    }
  }
  throw new Error(`no frame ${name} is in the picture`);
}

async function attach(pattern: string, row: RegExp): Promise<void> {
  const field = page.getByLabel('Search functions, tracepoints and markers');
  await field.fill(pattern);
  await page.getByRole('listbox', { name: 'Functions' }).getByRole('option', { name: row }).first().click({ timeout: 30_000 });
  await field.fill('');
}

function suite(): void {
  beforeAll(async () => {
    // A shell that runs commands, for as long as it takes.
    shell = spawn('/bin/sh', ['-c', 'while :; do /bin/true; sleep 0.05; done'], { stdio: 'ignore' });
    emberscope = await openWindow();
    page = emberscope.page;
    view = page.getByRole('group', { name: 'View' });
  });
  afterAll(async () => {
    shell?.kill('SIGKILL');
    await emberscope?.close();
  });

  test('three clicks from a frame to its live histogram', async ({ skip }) => {
    await page.getByRole('button', { name: /demo program/ }).click();
    await page.getByText(/LIVE \d/).waitFor();
    await expect.poll(async () => number(/([\d,]+) samples/.exec(await page.locator('footer').innerText())?.[1] ?? '0'), { timeout: 20_000 }).toBeGreaterThan(150);
    const at = await find('find_matches');
    await page.mouse.click(at.x, at.y);
    const inspector = page.getByRole('complementary', { name: 'Inspector' });
    await expect.poll(() => inspector.locator('h2').innerText()).toBe('find_matches');
    await page.getByRole('button', { name: 'Measure latency' }).click();
    const answer = inspector.locator('.companion, [role=alert]');
    await answer.first().waitFor({ timeout: 20_000 });
    if ((await inspector.getByRole('alert').count()) > 0) {
      noProbes = `nothing can be attached to programs here: ${await inspector.getByRole('alert').innerText()}`;
      await emberscope.screenshot('functions-refused');
      return skip(noProbes);
    }
    // 27 % of 10 ms of CPU time in one call: never less, but more where others have the CPU meanwhile.
    await expect.poll(() => answer.innerText(), { timeout: 20_000 }).toMatch(/p50 (2\.[5-9]|[3-9]|\d\d)(\.\d)? ms/);
    expect(await inspector.getByRole('img', { name: /Histogram of find_matches/ }).count()).toBe(1);
    await emberscope.screenshot('functions-from-a-frame');
  });

  test('it opens on the Functions screen, with its threads, and the sampled recording is still live', async (context) => {
    needsProbes(context);
    await page.getByRole('button', { name: 'Open on the Functions screen' }).click();
    const card = page.getByRole('region', { name: 'find_matches', exact: true });
    await card.waitFor();
    await expect.poll(() => card.innerText()).toMatch(/uprobe/);
    await expect.poll(() => page.getByRole('complementary', { name: 'Selected probe' }).innerText()).toMatch(/By thread\s+demo/i);
    await emberscope.screenshot('functions-screen');
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
    await page.getByRole('button', { name: 'Live', exact: true }).click();
    await page.getByText(/LIVE \d/).waitFor();
    await page.keyboard.press('2');
    await card.waitFor();
  });

  test('detached, and attached again', async (context) => {
    needsProbes(context);
    await page.getByRole('button', { name: 'Detach find_matches' }).click();
    await page.getByRole('button', { name: 'Attach again' }).click();
    await expect.poll(() => page.getByRole('button', { name: 'Detach find_matches' }).count(), { timeout: 20_000 }).toBe(1);
  });

  test('who calls it slowly', async (context) => {
    needsProbes(context);
    await page.getByLabel('Stacks').check();
    await attach('encode_block', /^encode_block/);
    await expect.poll(() => page.getByRole('complementary', { name: 'Selected probe' }).innerText(), { timeout: 30_000 }).toMatch(/slow calls come from\s+compress_body/i);
    await view.getByRole('button', { name: 'By stack' }).click();
    await page.locator('.flame canvas').waitFor();
    const at = await find('encode_block');
    await page.mouse.click(at.x, at.y);
    await emberscope.screenshot('functions-by-stack');
    await view.getByRole('button', { name: 'Latency' }).click();
    await page.getByLabel('Stacks').uncheck();
  });

  test('the whole system: a ready question', async (context) => {
    needsProbes(context);
    await page.getByRole('button', { name: /^Target:/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Whole system' }).click();
    await page.getByRole('dialog').getByRole('button', { name: /Do not keep/ }).click({ timeout: 10_000 });
    await page.getByRole('button', { name: /^Run-queue latency/ }).click();
    const card = page.getByRole('region', { name: /run.?queue/i });
    await card.waitFor({ timeout: 20_000 });
    await expect.poll(() => card.innerText(), { timeout: 20_000 }).toMatch(/Not attached|p50/);
    const refused = /Not attached\s+(.*)/.exec(await card.innerText())?.[1];
    if (refused !== undefined) context.skip(`ready questions cannot be asked here: ${refused}`);
    await expect.poll(() => card.innerText(), { timeout: 20_000 }).toMatch(/p50\s+[\d.,]+ (ns|µs|ms)/);
    await emberscope.screenshot('functions-run-queue');
  });

  test('every fork, while a shell runs commands', async (context) => {
    needsProbes(context);
    await view.getByRole('button', { name: 'Events' }).click();
    await attach('sched:sched_process_fork', /^sched:sched_process_fork/);
    const grid = page.getByRole('grid', { name: 'Events' });
    await expect.poll(() => grid.getByRole('row').count(), { timeout: 20_000 }).toBeGreaterThan(5);
    await page.getByLabel('Filter events').fill(`^sh ${shell.pid}`);
    // What had come before the filter is there for a moment longer.
    const tasks = async () => [...new Set(await grid.getByRole('row').locator('span:first-child').allInnerTexts())];
    await expect.poll(tasks, { timeout: 20_000 }).toEqual(['sh']);
    expect(await grid.innerText()).toMatch(new RegExp(`sh\\s+${shell.pid}`));
    await emberscope.screenshot('events');
    await page.getByRole('button', { name: 'Hold' }).click();
    // What had come when it was pressed may still be on its way to the page.
    await page.getByRole('button', { name: 'Follow' }).waitFor();
    await page.waitForTimeout(400);
    const held = await grid.getByRole('row').last().innerText();
    await page.waitForTimeout(700);
    expect(await grid.getByRole('row').last().innerText()).toBe(held);
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).click()]);
    const lines = readFileSync((await download.path())!, 'utf8').trim().split('\n');
    expect(lines[0]).toBe('task,pid,cpu,flags,time_s,duration_ns,message');
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines.slice(1)) expect(line).toMatch(new RegExp(`^sh,${shell.pid},\\d+,[.a-zA-Z0-9]{4},\\d+\\.\\d{6},`));
  });

  test('a reload finds the probes again, and they go on', async (context) => {
    needsProbes(context);
    await page.reload();
    await page.getByRole('button', { name: 'Functions' }).click();
    await page.getByRole('region', { name: 'sched:sched_process_fork' }).last().click();
    const counted = async () => number(/Counted\s+([\d,]+)/.exec(await page.getByRole('complementary', { name: 'Selected probe' }).innerText())?.[1] ?? '0');
    await expect.poll(counted, { timeout: 20_000 }).toBeGreaterThan(10);
    const before = await counted();
    await expect.poll(counted, { timeout: 20_000 }).toBeGreaterThan(before);
  });

  test('stopped, downloaded, and opened again it is the same, and read-only', async (context) => {
    needsProbes(context);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText(/Finished/).first().waitFor();
    await view.getByRole('button', { name: 'Latency' }).click();
    const card = page.getByRole('region', { name: 'sched:sched_process_fork' }).last();
    await card.click();
    const inspector = page.getByRole('complementary', { name: 'Selected probe' });
    // Figures follow a moment after the last drain.
    await page.waitForTimeout(1500);
    const counted = /Counted\s+([\d,]+)/.exec(await inspector.innerText())![1]!;
    expect(number(counted)).toBeGreaterThan(10);
    await page.getByRole('button', { name: 'Export' }).click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: /Recording/ }).click()]);
    const file = join(emberscope.home, 'probes.ember');
    await download.saveAs(file);
    await page.getByRole('button', { name: /^Target:/ }).click();
    await page.getByLabel('Recording to open').setInputFiles(file);
    await page.getByRole('dialog').getByRole('button', { name: /Do not keep/ }).click({ timeout: 10_000 });
    await page.getByText(/opened from a file|a copy made|stopped/).first().waitFor();
    await card.click();
    await expect.poll(() => inspector.innerText(), { timeout: 20_000 }).toMatch(new RegExp(`Counted\\s+${counted}\\b`));
    expect(await page.getByRole('button', { name: /^Detach/ }).count()).toBe(0);
    expect(await page.getByRole('button', { name: /^Run-queue latency/ }).isDisabled()).toBe(true);
    await emberscope.screenshot('functions-opened');
  });

  test('nothing went wrong in the page', () => {
    expect(emberscope.errors).toEqual([]);
  });
}

if (reason === null) describe('single functions', suite);
else test('single functions', ({ skip }) => skip(reason));
