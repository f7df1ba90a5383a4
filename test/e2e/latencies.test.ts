// SPDX-License-Identifier: Apache-2.0
/** Latencies compared in the real window: a function of which only the slowest calls changed, probed by the command line. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli, samplingObstacle } from '../../main/cli/testing.ts';
import { openWindow, whyNoWindow, type EmberscopeWindow } from './emberscope-window.ts';

const reason = whyNoWindow() ?? samplingObstacle();
let emberscope: EmberscopeWindow;
let page: Page;

/** Into the library's folder. */
async function record(name: string, variant: string, folder: string): Promise<void> {
  const program = join(folder, name);
  const { status, stderr } = spawnSync('cc', ['-O2', `-D${variant}`, '-o', program, 'test/comparison/requests.c'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const child = spawn(program, { stdio: 'ignore' });
  try {
    const { code, errors } = await runCli(['latency', 'answer_request', '--pid', `${child.pid}`, '--seconds', '6', '--output', join(folder, `${name}.ember`)]);
    if (code !== 0) throw new Error(errors);
  } finally {
    child.kill('SIGKILL');
  }
}

function suite(): void {
  beforeAll(async () => {
    emberscope = await openWindow();
    page = emberscope.page;
    const folder = join(emberscope.home, 'data/emberscope/recordings');
    mkdirSync(folder, { recursive: true });
    await Promise.all([record('before', 'SAME', folder), record('slower', 'SLOWER', folder)]);
  }, 90_000);
  afterAll(() => emberscope.close());

  test('recordings of probes are compared by their latencies, and which decile moved is said', { timeout: 60_000 }, async () => {
    await page.getByRole('button', { name: 'Library', exact: true }).click();
    const rows = page.locator('#recordings [role=option]');
    for (const name of ['before', 'slower']) await rows.filter({ hasText: name }).locator('.library-mark').click();
    await page.getByRole('toolbar').getByRole('button', { name: 'Compare' }).click();
    await page.getByRole('grid', { name: 'Probes' }).getByRole('row').nth(1).waitFor();
    // Which is A is the library's choice: whichever was recorded first.
    const isSlower = /before/.test(await page.locator('.compare-side').first().innerText());
    const decile = page.locator('.shift-table tbody tr').nth(8);
    expect(await decile.locator('th').innerText()).toBe('90 %');
    expect(await decile.locator('.difference-verdict').innerText()).toBe(isSlower ? 'slower' : 'faster');
    expect(await decile.locator('.difference-delta').innerText()).toMatch(isSlower ? /^\+(3[5-9]|4[0-5])(\.\d)? ms$/ : /^−(3[5-9]|4[0-5])(\.\d)? ms$/);
    expect(await page.locator('.compare-verdict').innerText()).toMatch(/^(Slower|Faster) at 90 %/);
    expect(await page.getByText('it is taken for the same').count()).toBe(1);
  });

  test('the pictures are drawn: both histograms, both heat maps', { timeout: 30_000 }, async () => {
    const drawn = () => page.locator('.latency-picture canvas').evaluateAll(async (canvases) => Promise.all(canvases.map(async (canvas) => {
      const copy = new OffscreenCanvas(canvas.clientWidth, canvas.clientHeight);
      const context = copy.getContext('2d')!;
      context.drawImage(canvas as HTMLCanvasElement, 0, 0, canvas.clientWidth, canvas.clientHeight);
      return new Set(new Uint32Array(context.getImageData(0, 0, copy.width, copy.height).data.buffer)).size;
    })));
    await expect.poll(async () => (await drawn()).map((colours) => colours > 3), { timeout: 10_000 }).toEqual([true, true, true]);
    const histogram = page.getByRole('img', { name: /^Histograms of answer_request/ });
    const box = (await histogram.boundingBox())!;
    await expect
      .poll(async () => {
        // Wherever the quick ones stand.
        for (let x = 4; x < box.width; x += 6) {
          await page.mouse.move(box.x + x, box.y + 60);
          const words = await page.locator('.latency-picture.histogram .cap').innerText();
          if (/ms: A .*%, B .*%/.test(words)) return words;
        }
        return '';
      }, { timeout: 15_000 })
      .not.toBe('');
    await emberscope.screenshot('compare-latencies');
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
    expect(emberscope.errors).toEqual([]);
  });

  test('a live recording of probes is compared with a kept one', { timeout: 60_000 }, async ({ skip }) => {
    await page.getByRole('button', { name: 'Functions', exact: true }).click();
    await page.getByRole('button', { name: /^Run-queue latency/ }).click();
    const card = page.getByRole('region', { name: /run.?queue/i });
    await expect.poll(() => card.innerText(), { timeout: 20_000 }).toMatch(/Not attached|p50/);
    if (/Not attached/.test(await card.innerText())) skip(`ready questions cannot be asked here: ${await card.innerText()}`);
    await page.getByRole('button', { name: 'Compare', exact: true }).click();
    await page.locator('.compare-side').nth(1).click();
    await page.getByRole('button', { name: /^What the Functions screen shows now/ }).click();
    await page.getByText('No function was asked the same on both sides').waitFor({ timeout: 20_000 });
    await page.getByText(/^Only in B: Run-queue latency/).waitFor();
    await page.locator('.compare-side').first().click();
    await page.getByRole('button', { name: /^What the Functions screen shows now/ }).click();
    // The same on both sides.
    await expect.poll(() => page.locator('.compare-verdict').innerText(), { timeout: 20_000 }).toMatch(/^Unchanged throughout/);
    expect(emberscope.errors).toEqual([]);
  });
}

if (reason === null) describe('latencies compared', suite);
else test('latencies compared', ({ skip }) => skip(reason));
