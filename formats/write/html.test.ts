// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Window } from 'happy-dom';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CHANGE_STEPS, changeColour } from '../../profile/comparison/difference-colours.ts';
import { functionKey } from '../../profile/frame-keys.ts';
import { writtenWeights } from '../../profile/questions.ts';
import { FrameCategory } from '../../profile/schema.ts';
import { ProfileWriter, profileFromText } from '../../profile/testing.ts';
import { Tint } from '../../profile/tints.ts';
import { HOSTILE_NAMES } from '../hostile-names.ts';
import type { PageData } from '../page/page-data.ts';
import { printable } from '../printable.ts';
import { pageTreeOf, toHtml, type PageTree } from './html.ts';
import { hostileProfile, smallProfile } from './testing.ts';

const TEXT = `
  main;parse;hash_search 300
  main;parse;hash_search;alloc 100
  main;execute;hash_search;hash_get 200
  main;execute;read_[k] 390
  main;libc.so.6+0x1f 10
`;

const parse = (html: string) => new new Window().DOMParser().parseFromString(html, 'text/html');
const dataOf = (html: string) => JSON.parse(parse(html).querySelector('#data')!.textContent) as PageData;

interface Attributed {
  getAttribute(name: string): string | null;
}

/** "name total/self" of each frame with the names above it. */
function framesOf({ names, name, parent, total, self }: PageData): string[] {
  const path = (frame: number): string => (frame === 0 ? '' : `${path(parent[frame]!)};`) + names[name[frame]!]!;
  return name.map((_, frame) => `${path(frame)} ${total[frame]!}/${self[frame]!}`);
}

/** Frames with shares before and after. */
const COMPARED: PageTree = {
  unit: 'samples',
  compared: { a: 'before', b: 'after', palette: 'orange-blue', isNoiseGrey: true },
  frames: [
    { parent: 0, name: 'all', category: null, total: 100, self: 0, delta: { a: 1, b: 1, selfA: 0, selfB: 0, step: 0 } },
    { parent: 0, name: 'grown', category: FrameCategory.user, total: 63, self: 63, delta: { a: 0.041, b: 0.063, selfA: 0.041, selfB: 0.063, step: 4 } },
    { parent: 0, name: 'fresh', category: FrameCategory.user, total: 20, self: 20, delta: { a: 0, b: 0.2, selfA: 0, selfB: 0.2, step: CHANGE_STEPS } },
    { parent: 0, name: 'gone', category: FrameCategory.user, total: 17, self: 17, delta: { a: 0.1, b: 0, selfA: 0.1, selfB: 0, step: -CHANGE_STEPS } },
  ],
};

describe('toHtml', () => {
  it('holds the frames of the picture, with kinds of code and modules', () => {
    const data = dataOf(toHtml(pageTreeOf(smallProfile(), {}), { title: 'program' }));
    expect(framesOf(data)).toEqual(['all 10/0', 'all;main 10/0', 'all;main;fast 10/1', 'all;main;fast;libc.so.6+0x1f 2/2', 'all;main;fast;vfs_read 7/7']);
    expect(data.categories.slice(2)).toEqual([FrameCategory.user, FrameCategory.inlined, FrameCategory.unresolved, FrameCategory.kernel]);
    expect(data.modules.slice(2)).toEqual(['/usr/bin/program', '/usr/bin/program', '/lib/libc.so.6', '[kernel]']);
    const waits = dataOf(toHtml(pageTreeOf(smallProfile(), { weights: writtenWeights('off-cpu', 100) }), { title: '' }));
    expect([waits.unit, framesOf(waits)[0]]).toEqual(['µs', 'all 1500/0']);
    expect([data.tints.every((tint) => tint === -1), waits.tints[2]]).toEqual([true, Tint.blocked]);
  });

  it('merges the smallest frames, bounds the height, and exports what is selected', () => {
    expect(framesOf(dataOf(toHtml(pageTreeOf(profileFromText(TEXT), {}, 5), { title: '' })))).toContain('all;main;(merged) 10/10');
    expect(dataOf(toHtml(pageTreeOf(profileFromText(`${'f;'.repeat(5_000)}f 1`), {}), { title: '' })).parent.length).toBe(1_000);
    const zoomed = pageTreeOf(profileFromText('main;a 3\nmain;b 1\nother 6'), { zoom: [functionKey(0)] });
    expect(framesOf(dataOf(toHtml(zoomed, { title: '' })))).toEqual(['all 4/0', 'all;main 4/0', 'all;main;a 3/3', 'all;main;b 1/1']);
    expect(framesOf(dataOf(toHtml(pageTreeOf(new ProfileWriter().tables, {}), { title: '' })))).toEqual(['all 0/0']);
  });

  it('keeps hostile names text', () => {
    const names = HOSTILE_NAMES.map(printable);
    for (const title of HOSTILE_NAMES) {
      const html = toHtml(pageTreeOf(hostileProfile(), {}), { title, subtitle: title });
      expect(html.match(/<script/g)!.length).toBe(2);
      expect(html.match(/<\/script/g)!.length).toBe(2);
      const document = parse(html);
      expect(document.querySelectorAll('img').length).toBe(0);
      expect(document.querySelector('h1')!.textContent).toBe(printable(title));
      expect(document.title.trim()).toBe(printable(title).trim());
    }
    expect(dataOf(toHtml(pageTreeOf(hostileProfile(), {}), { title: '' })).names).toEqual(expect.arrayContaining(names));
  });
});

const CHROMIUM = '/usr/bin/chromium';
describe.skipIf(!existsSync(CHROMIUM))(`the exported page in a browser (skipped where ${CHROMIUM} is missing)`, () => {
  let browser: Browser;
  let page: Page;
  let folder: string;
  const troubles: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'emberscope-html-'));
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
  }, 60_000);
  afterEach(() => page.close());
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  async function open(html: string, { hash = '', dark = false } = {}): Promise<void> {
    troubles.length = 0;
    const file = join(folder, 'page.html');
    writeFileSync(file, html);
    page = await browser.newPage({ viewport: { width: 1024, height: 600 }, colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce' });
    page.on('dialog', (dialog) => (troubles.push(`dialog: ${dialog.message()}`), void dialog.dismiss()));
    page.on('pageerror', (error) => troubles.push(`error: ${error.message}`));
    page.on('console', (message) => message.type() === 'error' && troubles.push(`console: ${message.text()}`));
    page.on('request', (request) => request.url().startsWith('file:') || troubles.push(`request: ${request.url()}`));
    await page.goto(`${pathToFileURL(file).href}${hash}`);
  }
  const frame = (name: string) => page.locator(`#chart g.frame[name="${name}"]`).first();
  const widthOf = async (name: string) => Number(await frame(name).getAttribute('width'));
  const matched = () => page.locator('#matched').textContent();
  const plain = () => toHtml(pageTreeOf(profileFromText(TEXT), {}), { title: 'postgres 4121', subtitle: '99 Hz' });

  it('draws, zooms by click and comes back by Escape and by "Reset zoom"', async () => {
    await open(plain());
    expect(await widthOf('all')).toBe(1000);
    expect(await widthOf('parse')).toBeCloseTo(400, 3);
    await frame('parse').click();
    await expect.poll(() => widthOf('parse')).toBeCloseTo(1000, 3);
    expect(new URL(page.url()).hash).toMatch(/^#zoom=\d+$/);
    await page.keyboard.press('Escape');
    await expect.poll(() => widthOf('parse')).toBeCloseTo(400, 3);
    await frame('execute').click();
    await page.locator('#reset').click();
    await expect.poll(() => widthOf('execute')).toBeCloseTo(590, 3);
    expect(await page.locator('#reset').isVisible()).toBe(false);
    expect(troubles).toEqual([]);
  }, 30_000);

  it('searches, counts nested matches once and of the zoomed frame, and says what is no pattern', async () => {
    await open(plain());
    await page.keyboard.press('Control+f');
    await page.keyboard.type('HASH_');
    expect(await matched()).toBe('Matched: 0.00%');
    await page.keyboard.press('Control+i');
    expect(await matched()).toBe('Matched: 60.00%');
    expect(await page.locator('#chart rect[fill="#d85bd8"]').count()).toBe(3);
    await frame('parse').click();
    await expect.poll(matched).toBe('Matched: 100%');
    const address = page.url();
    await page.fill('#search', '(');
    expect(await matched()).toMatch(/^Not a regular expression/);
    expect(await page.locator('#chart rect[fill="#d85bd8"]').count()).toBe(0);
    await page.fill('#search', '(a+)+$');
    expect(await matched()).toBe('Matched: 0.00%');
    expect(troubles).toEqual([]);
    await page.close();
    await open(plain(), { hash: new URL(address).hash });
    await expect.poll(matched).toBe('Matched: 100%');
    expect(await widthOf('parse')).toBeCloseTo(1000, 3);
  }, 30_000);

  it('tells of a frame below the pointer, and of both recordings where two are compared', async () => {
    await open(plain());
    await frame('alloc').hover();
    expect(await page.locator('#tip div').allTextContents()).toEqual(['alloc (100 samples, 10.00%)', 'self 100 samples, 10.00%', '/usr/bin/program']);
    expect(await page.locator('#details').textContent()).toBe('alloc (100 samples, 10.00%)');
    expect(await page.locator('#legend span').allTextContents()).toEqual(['program', 'kernel', 'unresolved']);
    await page.close();
    await open(toHtml(pageTreeOf(smallProfile(), { weights: writtenWeights('wall', 100) }), { title: 'waits' }));
    expect(await page.locator('#legend span').allTextContents()).toEqual(['on a CPU']);
    await page.close();
    await open(toHtml(COMPARED, { title: 'compared' }));
    await frame('grown').hover();
    expect((await page.locator('#tip div').allTextContents())[2]).toBe('total A 4.10 % → B 6.30 %, +2.20 points, +54 %');
    await frame('fresh').hover();
    expect((await page.locator('#tip div').allTextContents())[2]).toBe('total A 0.00 % → B 20.00 %, +20.00 points, new');
    const fills = await page.locator('#chart rect').evaluateAll((all: unknown[]) => (all as Attributed[]).map((rect) => rect.getAttribute('fill')));
    expect(new Set(fills)).toEqual(new Set([0, 4, CHANGE_STEPS, -CHANGE_STEPS].map((step) => changeColour(step, 'orange-blue', 'light'))));
    expect(await page.locator('#legend span').allTextContents()).toEqual(['grew', 'unchanged, or noise', 'shrank', 'new', 'vanished']);
    expect(await page.locator('#subtitle').textContent()).toBe('A: before · B: after');
    await page.emulateMedia({ colorScheme: 'dark' });
    await expect.poll(() => frame('all').locator('rect').getAttribute('fill')).toBe(changeColour(0, 'orange-blue', 'dark'));
    expect(await page.locator('#legend span').nth(1).evaluate((entry) => (entry as unknown as { style: { getPropertyValue(name: string): string } }).style.getPropertyValue('--colour'))).toBe(changeColour(0, 'orange-blue', 'dark'));
    await page.close();
    await open(toHtml({ ...COMPARED, compared: { a: 'before', b: 'after', palette: 'red-blue', isNoiseGrey: false } }, { title: 'compared' }));
    expect(await frame('grown').locator('rect').getAttribute('fill')).toBe(changeColour(4, 'red-blue', 'light'));
    expect(await page.locator('#legend span').nth(1).textContent()).toBe('unchanged');
    expect(troubles).toEqual([]);
  }, 30_000);

  it('runs nothing that a name holds, in either theme', async () => {
    for (const dark of [false, true]) {
      await open(toHtml(pageTreeOf(hostileProfile(), {}), { title: HOSTILE_NAMES[1]! }), { dark });
      const drawn = await page.locator('#chart g.frame').evaluateAll((all: unknown[]) => (all as Attributed[]).map((each) => each.getAttribute('name')));
      for (const name of HOSTILE_NAMES) expect(drawn).toContain(printable(name));
      await page.locator('#chart g.frame').nth(4).hover();
      await page.locator('#chart g.frame').nth(4).click();
      expect(troubles).toEqual([]);
      // The policy lets no script run that was added, even by markup.
      await page.evaluate(`document.body.insertAdjacentHTML('beforeend', '<img src="x" onerror="alert(1)">')`);
      await page.waitForTimeout(100);
      expect(troubles.some((each) => each.startsWith('dialog'))).toBe(false);
      expect(troubles.some((each) => each.includes('Content Security Policy'))).toBe(true);
      if (!dark) await page.close();
    }
  }, 30_000);

  it('opens with as many frames as it may have', async () => {
    const lines = Array.from({ length: 3_000 }, (_, index) => `main;group${index % 40};step${index % 400};leaf${index} ${1 + (index % 7)}`);
    const html = toHtml(pageTreeOf(profileFromText(lines.join('\n')), {}), { title: 'wide' });
    expect(dataOf(html).parent.length).toBeGreaterThan(3_000);
    await open(html);
    const milliseconds = Number(await page.locator('html').getAttribute('data-drawn'));
    console.log(`a page of ${dataOf(html).parent.length} frames, ${Math.round(html.length / 1024)} KiB, is drawn after ${milliseconds} ms`);
    // Below one second where the machine has nothing else to do.
    expect(milliseconds).toBeLessThan(3_000);
  }, 30_000);
});
