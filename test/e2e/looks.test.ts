// SPDX-License-Identifier: Apache-2.0
/** How the window looks with real data: nothing overflows, axe finds nothing, and a picture of each state is kept. */
import { spawn, type ChildProcess } from 'node:child_process';
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWindow, whyNoWindow } from './emberscope-window.ts';

const reason = whyNoWindow();
let python: ChildProcess;

const looks = (['dark', 'light'] as const).flatMap((theme) =>
  ([[1440, 900], [1024, 700]] as const).map(([width, height]) => ({ theme, width, height })),
);

function suite(): void {
  beforeAll(() => {
    python = spawn('python3', ['-c', 'while True: sorted(str(i) for i in range(20000))'], { stdio: 'ignore' });
  });
  afterAll(() => {
    python?.kill('SIGKILL');
  });

  test.each(looks)('$theme $width x $height', async ({ theme, width, height }) => {
    const { page, errors, screenshot, close } = await openWindow({ theme, width, height });
    try {
      await page.getByLabel('Filter processes').fill(`${python.pid}`);
      await page.getByRole('listbox').getByRole('option').first().waitFor();
      await screenshot(`looks-picker-${theme}-${width}`);
      await page.keyboard.press('Enter');
      await page.getByText(/LIVE \d/).waitFor();
      await expect.poll(async () => Number(/([\d,]+) samples/.exec(await page.locator('footer').innerText())?.[1]?.replaceAll(',', '')), { timeout: 20_000 }).toBeGreaterThan(100);
      await page.locator('.flame canvas').focus();
      await page.keyboard.press('ArrowUp');
      await screenshot(`looks-live-${theme}-${width}`);
      const overflow = await page.evaluate(() => {
        const { scrollWidth, scrollHeight } = document.documentElement;
        return { x: scrollWidth - innerWidth, y: scrollHeight - innerHeight };
      });
      expect(overflow).toEqual({ x: 0, y: 0 });
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
      expect(errors).toEqual([]);
    } finally {
      await close();
    }
  });
}

if (reason === null) describe('a program that nobody here wrote', suite);
else test('a program that nobody here wrote', ({ skip }) => skip(reason));
