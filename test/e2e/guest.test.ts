// SPDX-License-Identifier: Apache-2.0
/** The window of this machine on another one: the helper runs in a guest, its frames come over a virtio-serial port. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runChromiumShell } from '../../main/chromium-shell.ts';
import { createEngine, type Engine } from '../../main/engine/engine.ts';
import { places } from '../../main/engine/places.ts';
import { helperIn, openGuest } from '../kernels/guest-helper.ts';
import type { Guest } from '../kernels/guest.ts';
import { GUEST_DEMO } from '../kernels/initramfs.ts';
import { findBrowser, openAddress, type ShownPage } from './emberscope-window.ts';

/** The newest one whose image is the whole of one package: the quickest to be had. */
const KERNEL = '6.12';

const opened = findBrowser() === null ? 'no Chromium is installed' : await openGuest(KERNEL);
const state = mkdtempSync(join(tmpdir(), 'emberscope-guest-e2e-'));
const closing = new AbortController();
let engine: Engine;
let shell: Promise<number>;
let shown: ShownPage;

function suite(guest: Guest): void {
  beforeAll(async () => {
    engine = await createEngine({
      shell: 'chromium',
      shellReason: '',
      stateFolder: state,
      recordingsFolder: join(state, 'recordings'),
      cacheFolder: null,
      openStream: (mode) => helperIn(guest, mode),
    });
    const address = Promise.withResolvers<string>();
    shell = runChromiumShell({
      serve: (transport) => engine.serve(transport),
      renderer: places().renderer,
      browser: null,
      noBrowserReason: '',
      print: (text) => address.resolve(/http:\S+boot\S+/.exec(text)?.[0] ?? text),
      signal: closing.signal,
    });
    shown = await openAddress(await address.promise);
  });
  afterAll(async () => {
    await shown?.close();
    closing.abort();
    await shell;
    await engine?.close();
    await guest[Symbol.asyncDispose]();
    rmSync(state, { recursive: true, force: true });
  });

  test('samples of the guest are seen live, with names from files that only it has', async () => {
    const { page } = shown;
    guest.run(GUEST_DEMO).closeInput();
    await page.getByRole('button', { name: 'Whole system' }).click();
    await page.getByText(/LIVE \d/).waitFor({ timeout: 60_000 });
    await page.getByLabel('Search functions by regular expression').fill('^(find_matches|read_tokens|compress_body)$');
    const matched = async (): Promise<number> => Number(/Matched ([\d.]+)/.exec(await page.getByText(/^Matched /).innerText())?.[1]);
    const footer = page.locator('footer');
    const samples = async (): Promise<number> => Number(/([\d,]+) samples/.exec(await footer.innerText())?.[1]?.replaceAll(',', ''));
    await expect.poll(samples, { timeout: 60_000 }).toBeGreaterThan(300);
    await expect.poll(matched, { timeout: 60_000 }).toBeGreaterThan(20);
    await shown.screenshot('guest-live');
    // That program is on no disk of this machine, and has no frame pointers: its tables came from there, too.
    const complete = Number(/stacks complete\s*([\d.]+)/.exec(await footer.innerText())?.[1]);
    expect(complete).toBeGreaterThan(80);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText(/Finished/).first().waitFor({ timeout: 30_000 });
  });

  test('the Doctor tells of the guest’s kernel, not of this one', async () => {
    const { page } = shown;
    await page.getByRole('button', { name: 'Doctor' }).click();
    const check = (name: string) => page.locator(`[data-check="${name}"]`);
    await expect.poll(() => check('kprobes').getAttribute('class'), { timeout: 60_000 }).toBe('check available');
    expect(await check('fentry').getAttribute('class')).toBe('check available');
    expect(await check('kernel').innerText()).toContain((await guest.shell('uname -r')).trim());
    expect(await check('perfEvents').innerText()).toContain(`kernel.perf_event_paranoid is ${(await guest.shell('cat /proc/sys/kernel/perf_event_paranoid')).trim()}`);
    await shown.screenshot('guest-doctor');
  });

  test('the helper in the guest has ended with the session', async () => {
    await expect.poll(() => guest.shell('pidof emberscope-helper || echo none')).toBe('none\n');
  });

  test('nothing went wrong in the page', () => {
    expect(shown.errors).toEqual([]);
  });
}

if (typeof opened === 'string') test('the window on a helper in a guest', ({ skip }) => skip(opened));
else describe(`the window on a helper in a guest of kernel ${KERNEL}`, () => suite(opened));
