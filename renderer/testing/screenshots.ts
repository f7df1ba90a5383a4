// SPDX-License-Identifier: Apache-2.0
/**
 * Takes a picture of every state of the window with the fake worker, in both themes and two sizes, and asks axe:
 * node renderer/testing/screenshots.ts [FOLDER [STATE,STATE…]]. Exits with 1 on a violation, an overflow or an error in the console.
 */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';
import { serveHarness, states } from './states.ts';

const folder = process.argv[2] ?? fileURLToPath(new URL('../../build/screenshots', import.meta.url));
const only = process.argv[3]?.split(',');
mkdirSync(folder, { recursive: true });

let faults = 0;
const harness = await serveHarness();
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
try {
  for (const [theme, width, height] of [
    ['dark', 1440, 900],
    ['light', 1440, 900],
    ['dark', 1024, 700],
    ['light', 1024, 700],
  ] as const) {
    for (const [name, { query, act }] of Object.entries(states)) {
      if (only !== undefined && !only.includes(name)) continue;
      const fault = (what: string) => {
        faults++;
        console.log(`${name} ${theme} ${width}: ${what}`);
      };
      const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, reducedMotion: 'reduce' });
      const page = await context.newPage();
      page.on('console', (message) => message.type() === 'error' && fault(message.text()));
      page.on('pageerror', (error) => fault(error.message));
      await page.goto(harness.address + query);
      await act(page).catch((error: Error) => fault(error.message.split('\n')[0] ?? ''));
      await page.waitForTimeout(350);
      const overflows = await page.evaluate(() => {
        const { scrollWidth, scrollHeight } = document.documentElement;
        return scrollWidth > innerWidth || scrollHeight > innerHeight;
      });
      if (overflows) fault('overflows');
      await page.screenshot({ path: `${folder}/${name}-${theme}-${width}.png` });
      const { violations } = await new AxeBuilder({ page }).analyze();
      for (const { id, nodes } of violations) {
        fault(`${id}: ${nodes.slice(0, 3).map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary?.split('\n')[1] ?? ''}`).join(' | ')}`);
      }
      await context.close();
    }
  }
} finally {
  await browser.close();
  await harness.close();
}
console.log(faults === 0 ? `No faults; pictures in ${folder}` : `${faults} faults`);
process.exitCode = faults === 0 ? 0 : 1;
