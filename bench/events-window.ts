// SPDX-License-Identifier: Apache-2.0
/**
 * 100,000 events a second in the Events table of a real browser: how often the page draws while they come, while one
 * scrolls, filters and holds, and how its memory grows; against the same page before they come.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { CDPSession, Page } from 'playwright-core';
import { openWindow, whyNoWindow } from '../test/e2e/emberscope-window.ts';
import { printTable } from './table.ts';

const RATE = 100_000;
const WATCHED_MS = 5000;
mkdirSync('build/bench', { recursive: true });
const CALLS = join(realpathSync('build/bench'), 'calls');

/** Milliseconds between the frames of the page while something goes on. */
async function frames(page: Page, meanwhile: () => Promise<unknown>): Promise<string[]> {
  await page.evaluate(() => {
    const times: number[] = [];
    Object.assign(window, { frameTimes: times });
    const note = (now: number): void => {
      times.push(now);
      requestAnimationFrame(note);
    };
    requestAnimationFrame(note);
  });
  const end = Date.now() + WATCHED_MS;
  while (Date.now() < end) await meanwhile();
  const times = await page.evaluate(() => (window as unknown as { frameTimes: number[] }).frameTimes.splice(0));
  const gaps = times.slice(1).map((time, at) => time - times[at]!).sort((a, b) => a - b);
  const at = (share: number): string => (gaps[Math.floor(gaps.length * share)] ?? Number.NaN).toFixed(1);
  return [((1000 * gaps.length) / gaps.reduce((sum, gap) => sum + gap, 0)).toFixed(0), at(0.5), at(0.99), at(1 - 1e-9)];
}

async function mebibytes(session: CDPSession): Promise<string> {
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return (usedSize / 2 ** 20).toFixed(0);
}

const reason = whyNoWindow();
if (reason) {
  console.log(`skipped: ${reason}`);
  process.exit(0);
}
const compiled = spawnSync('gcc', ['-O2', '-pthread', '-o', CALLS, 'bench/programs/calls.c'], { encoding: 'utf8' });
if (compiled.status !== 0) throw new Error(`gcc bench/programs/calls.c: ${compiled.stderr}`);
const calls = spawn(CALLS, ['syscall', `${RATE * 60}`, `${RATE}`], { stdio: ['pipe', 'ignore', 'inherit'] });
const emberscope = await openWindow();
try {
  const { page } = emberscope;
  const heap = await page.context().newCDPSession(page);
  await page.getByRole('button', { name: 'Functions' }).click();
  await page.getByRole('button', { name: /target/i }).first().click();
  await page.getByLabel('Filter processes').fill(`${calls.pid}`);
  await page.keyboard.press('Enter');
  await page.getByRole('group', { name: 'View' }).getByRole('button', { name: 'Events' }).click();
  const field = page.getByLabel('Search functions, tracepoints and markers');
  await field.fill('raw_syscalls:sys_enter');
  await page.getByRole('listbox', { name: 'Functions' }).getByRole('option', { name: /^raw_syscalls:sys_enter/ }).first().click({ timeout: 30_000 });
  await field.fill('');
  await page.waitForTimeout(3000);
  const grid = page.getByRole('grid', { name: 'Events' });
  const before = await mebibytes(heap);
  const rows: string[][] = [['before they come', ...(await frames(page, () => page.waitForTimeout(250)))]];
  calls.stdin.write('\n');
  await grid.getByRole('row').nth(5).waitFor();
  await page.waitForTimeout(2000);
  rows.push(['while they come', ...(await frames(page, () => page.waitForTimeout(250)))]);
  const box = (await grid.boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await emberscope.screenshot('events-many');
  await page.getByLabel('Filter events').fill('id=110');
  rows.push(['with a filter', ...(await frames(page, () => page.waitForTimeout(250)))]);
  await page.getByRole('button', { name: 'Hold' }).click();
  rows.push(['held, and scrolled', ...(await frames(page, () => page.mouse.wheel(0, -400).then(() => page.waitForTimeout(30))))]);
  printTable(`${RATE.toLocaleString('en')} events a second in the window`, ['', 'frames/s', 'median ms', 'p99 ms', 'longest ms'], rows);
  console.log(`main thread's memory: ${before} MiB before, ${await mebibytes(heap)} MiB after ${((WATCHED_MS * 4) / 1000).toFixed(0)} s of them`);
  console.log((await page.locator('footer').innerText()).replaceAll('\n', ' '));
  console.log((await page.locator('main').innerText()).split('\n').filter((line) => /event|dropped|only in the file/i.test(line)).join(' | '));
} finally {
  calls.kill('SIGKILL');
  if (calls.exitCode === null && calls.signalCode === null) await once(calls, 'exit');
  await emberscope.close();
}
