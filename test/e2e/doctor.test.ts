// SPDX-License-Identifier: Apache-2.0
/** The Doctor in a real window, against what the kernel says of itself. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWindow, whyNoWindow } from './emberscope-window.ts';

const reason = whyNoWindow();
let program: ChildProcess;

function suite(): void {
  beforeAll(() => {
    program = spawn('python3', ['-c', 'while True: sorted(str(i) for i in range(20000))'], { stdio: 'ignore' });
  });
  afterAll(() => {
    program?.kill('SIGKILL');
  });

  test('says what this computer allows, and what is missing for the process that is looked at', async () => {
    const { page, errors, screenshot, close } = await openWindow({ width: 1440, height: 900 });
    try {
      await page.getByLabel('Filter processes').fill(`${program.pid}`);
      await page.getByRole('listbox').getByRole('option').first().waitFor();
      await page.keyboard.press('Enter');
      await page.getByText(/LIVE \d/).waitFor();
      await page.getByRole('button', { name: 'Doctor' }).click();
      const check = (name: string) => page.locator(`[data-check="${name}"]`);
      await expect.poll(() => check('perfEvents').innerText(), { timeout: 20_000 }).toContain('available');

      const paranoid = readFileSync('/proc/sys/kernel/perf_event_paranoid', 'utf8').trim();
      expect(await check('perfEvents').innerText()).toContain(`kernel.perf_event_paranoid is ${paranoid}`);
      expect(await page.getByRole('status').first().innerText()).toContain(release());
      expect(await check('kernel').innerText()).toContain(readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim());
      expect(await check('kprobes').getAttribute('class')).toBe(`check ${existsSync('/sys/bus/event_source/devices/kprobe') ? 'available' : 'unavailable'}`);
      expect(await check('debugFiles').innerText()).toContain(`(${program.pid})`);

      await page.getByRole('button', { name: 'Check again' }).click();
      await expect.poll(() => page.locator('main.doctor').getAttribute('aria-busy')).toBe('false');
      await screenshot('doctor');
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
      // The recording went on meanwhile.
      await page.getByRole('button', { name: 'Live' }).click();
      await page.getByText(/LIVE \d/).waitFor();
      expect(errors).toEqual([]);
    } finally {
      await close();
    }
  });
}

if (reason === null) describe('the Doctor', suite);
else test('the Doctor', ({ skip }) => skip(reason));
