// SPDX-License-Identifier: Apache-2.0
/** The window of this machine on another one: the helper runs in a guest, its frames come over a virtio-serial port. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
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

async function attach(page: Page, pattern: string, row: RegExp): Promise<void> {
  const field = page.getByLabel('Search functions, tracepoints and markers');
  await field.fill(pattern);
  await page.getByRole('listbox', { name: 'Functions' }).getByRole('option', { name: row }).first().click({ timeout: 60_000 });
  await field.fill('');
}

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
  });

  test('a function of its kernel is measured, which this machine need not have', async () => {
    const { page } = shown;
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Functions', exact: true }).click();
    await attach(page, 'vfs_read', /^vfs_read/);
    const card = page.getByRole('region', { name: 'vfs_read', exact: true });
    await card.waitFor({ timeout: 100_000 });
    // The demo reads /dev/zero all the time.
    await expect.poll(() => card.innerText(), { timeout: 60_000 }).toMatch(/p50\s+[\d.,]+ (ns|µs|ms)/);
    expect(await card.innerText()).toMatch(/fentry|kprobe/);
    await shown.screenshot('guest-functions');
  });

  test('every sys_clone, while a shell there runs commands', async () => {
    const { page } = shown;
    const shellThere = guest.run('/bin/sh', '-c', 'while :; do /bin/busybox true; sleep 0.2; done');
    const number = await shellThere.pid;
    await page.getByRole('group', { name: 'View' }).getByRole('button', { name: 'Events' }).click();
    await attach(page, 'sys_clone', /^(__x64_)?sys_clone\b(?!3)/);
    const grid = page.getByRole('grid', { name: 'Events' });
    await page.getByLabel('Filter events').fill(`^sh ${number}`);
    await expect.poll(() => grid.innerText(), { timeout: 60_000 }).toMatch(new RegExp(`sh\\s+${number}[^]*clone\\(.*0x[0-9a-f]*11\\b`));
    await shown.screenshot('guest-sys-clone');
    shellThere.kill();
  });

  test('the helpers in the guest end with their recordings', async () => {
    const { page } = shown;
    const stop = page.getByRole('button', { name: 'Stop' });
    await stop.click();
    await expect.poll(() => stop.count(), { timeout: 60_000 }).toBe(0);
    await page.getByRole('button', { name: 'Live', exact: true }).click();
    await stop.click();
    await expect.poll(() => guest.shell('pidof emberscope-helper || echo none'), { timeout: 60_000 }).toBe('none\n');
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

  test('the helper that the Doctor asked has ended, too', async () => {
    await expect.poll(() => guest.shell('pidof emberscope-helper || echo none')).toBe('none\n');
  });

  test('nothing went wrong in the page', () => {
    expect(shown.errors).toEqual([]);
  });
}

if (typeof opened === 'string') test('the window on a helper in a guest', ({ skip }) => skip(opened));
else describe(`the window on a helper in a guest of kernel ${KERNEL}`, () => suite(opened));
