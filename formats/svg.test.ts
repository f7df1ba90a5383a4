// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Window } from 'happy-dom';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frameColour, SHADE_COUNT, shadeOf, waitColour } from '../profile/colours.ts';
import { functionKey, processKey } from '../profile/frame-keys.ts';
import { writtenWeights } from '../profile/questions.ts';
import { FrameCategory, SampleKind } from '../profile/schema.ts';
import { ProfileWriter, profileFromText } from '../profile/testing.ts';
import type { Tables } from '../profile/tables.ts';
import { NONE } from '../profile/units.ts';
import { HOSTILE_NAMES } from './hostile-names.ts';
import { printable } from './printable.ts';
import { unpacked } from './svg-columns.ts';
import { toSvg } from './svg.ts';

const TEXT = `
  main;parse;hash_search 300
  main;parse;hash_search;alloc 100
  main;execute;hash_search;hash_get 200
  main;execute;read_[k] 390
  main;libc.so.6+0x1f 10
`;

function hostile(): Tables {
  const writer = new ProfileWriter();
  const thread = writer.thread(1, HOSTILE_NAMES[0]!);
  HOSTILE_NAMES.forEach((name, index) => {
    const frames = [writer.frame(writer.module(name), 2 * index), writer.frame(writer.module(name), 2 * index + 1)];
    writer.symbol(frames[0]!, name);
    writer.sample(writer.stack(frames), 10, 0, thread);
  });
  return writer.tables;
}

/** A tree like a program's: 2,000 functions with names of some 25 characters in stacks of some 25, weights far apart. */
function largeProfile(): Tables {
  let seed = 7;
  const below = (limit: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * limit);
  };
  const words = ['hash', 'search', 'page', 'alloc', 'node', 'tuple', 'exec', 'scan', 'index', 'buffer', 'lock', 'read', 'write', 'tree', 'parse'];
  const names = Array.from({ length: 2_000 }, (_, index) => `${Array.from({ length: 4 }, () => words[below(words.length)]).join('_')}${index}`);
  const stack = ['main'];
  const lines = Array.from({ length: 10_000 }, () => {
    stack.length = Math.min(stack.length, 4 + below(32));
    for (let more = 1 + below(10); more > 0; more--) stack.push(names[below(names.length)]!);
    return `${stack.join(';')} ${1 + Math.floor(100_000 * (below(1_000) / 1_000) ** 3)}`;
  });
  return profileFromText(lines.join('\n'));
}

const parse = (svg: string) => new new Window().DOMParser().parseFromString(svg, 'image/svg+xml');

describe('time off a CPU', () => {
  it('is cold where it is blocked, apart where a CPU is missing, and the kernel is warm where it runs', () => {
    const writer = new ProfileWriter();
    const thread = writer.thread(7, 'app');
    const frame = (name: string, offset: number, category: FrameCategory) => {
      const made = writer.frame(NONE, offset, category);
      writer.symbol(made, name);
      return made;
    };
    const main = frame('main', 1, FrameCategory.user);
    const add = (name: string, offset: number, kind: SampleKind) => writer.tables.samples.append({ slice: 0, thread, stack: writer.stack([main, frame(name, offset, FrameCategory.kernel)]), kind, weight: kind === SampleKind.onCpu ? 1 : 1e9 });
    add('pipe_read', 2, SampleKind.blocked);
    add('schedule', 3, SampleKind.runQueue);
    add('do_syscall', 4, SampleKind.onCpu);
    const svg = toSvg(writer.tables, { title: 'wall', weights: writtenWeights('wall', 1) });
    const fillOf = (name: string) => {
      const [, row] = new RegExp(`<title>${name} [^<]*</title><rect class="c(\\d+)"`).exec(svg)!;
      return new RegExp(`\\.c${row}{fill:(#[0-9a-f]+)}`).exec(svg)![1];
    };
    expect(fillOf('pipe_read')).toBe(waitColour('blocked', 'pipe_read', 'light'));
    expect(fillOf('schedule')).toBe(waitColour('queued', 'schedule', 'light'));
    expect(fillOf('do_syscall')).toBe(frameColour(FrameCategory.library, 'do_syscall', 'light'));
    // Without any wait the kernel keeps its own hue.
    const own = toSvg(profileFromText('main;read_[k] 1'), { title: 'cpu' });
    expect(own).toContain(`class="c${FrameCategory.kernel * SHADE_COUNT + shadeOf('read')}"`);
  });
});

describe('toSvg', () => {
  it('has real rectangles, titles and texts for viewers without script', () => {
    const document = parse(toSvg(profileFromText(TEXT), { title: 'postgres 4121', subtitle: '99 Hz · host' }));
    const titles = [...document.querySelectorAll('#frames title')].map((each) => each.textContent);
    expect(titles).toEqual([
      'all (1,000 samples, 100%)',
      'main (1,000 samples, 100.00%)',
      'execute (590 samples, 59.00%)',
      'libc.so.6+0x1f (10 samples, 1.00%)',
      'parse (400 samples, 40.00%)',
      'hash_search (200 samples, 20.00%)',
      'read (390 samples, 39.00%)',
      'hash_search (400 samples, 40.00%)',
      'hash_get (200 samples, 20.00%)',
      'alloc (100 samples, 10.00%)',
    ]);
    expect(document.querySelectorAll('#frames rect').length).toBe(10);
    expect(document.querySelector('#subtitle')!.textContent).toBe('1,000 samples · 99 Hz · host');
    expect(document.querySelector('title')!.textContent).toBe('postgres 4121');
  });

  it('merges the smallest frames when there are more than asked for', () => {
    const svg = toSvg(profileFromText(TEXT), { title: '', maxFrames: 5 });
    const titles = [...parse(svg).querySelectorAll('#frames title')].map((each) => each.textContent);
    expect(titles).toContain('(merged) (10 samples, 1.00%)');
    expect(titles.length).toBeLessThan(10);
  });

  it('is at most 1 MB of 50,000 frames', () => {
    const svg = toSvg(largeProfile(), { title: 'large' });
    const data = JSON.parse(parse(svg).querySelector('#data')!.textContent) as Record<'parent' | 'name' | 'total', string>;
    const [parent, name, total] = [unpacked(data.parent), unpacked(data.name), unpacked(data.total)];
    console.log(`an SVG of ${total.length} frames has ${Math.round(svg.length / 1000)} kB`);
    expect(total.length).toBeGreaterThan(49_000);
    expect([parent.length, name.length]).toEqual([total.length, total.length]);
    expect(svg.length).toBeLessThan(1_000_000);
  }, 60_000);

  it('exports the zoomed stacks only', () => {
    const tables = profileFromText('main;a 3\nmain;b 1\nother 6');
    const main = tables.functions.columns.name.findIndex((row) => tables.strings.columns.text[row] === 'main');
    const svg = toSvg(tables, { title: '', zoom: [functionKey(main)] });
    const titles = [...parse(svg).querySelectorAll('#frames title')].map((each) => each.textContent);
    expect(titles).toEqual(['all (4 samples, 100%)', 'main (4 samples, 100.00%)', 'a (3 samples, 75.00%)', 'b (1 sample, 25.00%)']);
  });

  it('has the processes on the root where there are several, without a colour of code', () => {
    const writer = new ProfileWriter();
    const main = writer.frame(NONE, 1);
    writer.symbol(main, 'sh');
    const [shell, python] = [writer.thread(1, 'sh'), writer.thread(2, 'python3')];
    writer.sample(writer.stack([main]), 3, 0, shell);
    writer.sample(writer.stack([main]), 7, 5, python);
    const document = parse(toSvg(writer.tables, { title: '' }));
    const drawn = [...document.querySelectorAll('#frames g')].map((group) => [
      group.querySelector('title')!.textContent,
      group.querySelector('rect')!.getAttribute('class'),
      group.querySelector('text')!.getAttribute('class'),
    ]);
    const code = expect.stringMatching(/^c\d+$/);
    expect(drawn).toEqual([
      ['all (10 samples, 100%)', 'r', 'rt'],
      ['python3 (7 samples, 70.00%)', 'r', 'rt'],
      ['sh (3 samples, 30.00%)', 'r', 'rt'],
      ['sh (7 samples, 70.00%)', code, 'l'],
      ['sh (3 samples, 30.00%)', code, 'l'],
    ]);
    const zoomed = parse(toSvg(writer.tables, { title: '', zoom: [processKey(0)] }));
    expect([...zoomed.querySelectorAll('#frames title')].map((each) => each.textContent)).toEqual([
      'all (3 samples, 100%)',
      'sh (3 samples, 100.00%)',
      'sh (3 samples, 100.00%)',
    ]);
    const early = parse(toSvg(writer.tables, { title: '', filter: { range: { from: 0, to: 1 }, hiddenThreads: [] } }));
    expect(early.querySelectorAll('#frames rect.r').length).toBe(2);
  });

  it('is a picture of nothing for an empty profile', () => {
    const document = parse(toSvg(new ProfileWriter().tables, { title: 'empty' }));
    expect(document.querySelectorAll('#frames rect').length).toBe(1);
    expect(document.querySelector('#subtitle')!.textContent).toBe('0 samples');
  });

  it('bounds the height of the picture', () => {
    const svg = toSvg(profileFromText(`${'f;'.repeat(20_000)}f 1`), { title: 'deep' });
    expect(Number(/height="(\d+)"/.exec(svg)![1])).toBeLessThan(30_000);
    expect(svg).toContain('frames deeper than 1,500 are left out');
  });

  it('keeps hostile names text', () => {
    for (const name of HOSTILE_NAMES) {
      const svg = toSvg(hostile(), { title: name, subtitle: name });
      expect(svg.match(/<script/g)!.length).toBe(2);
      expect(svg.match(/<!\[CDATA\[/g)!.length).toBe(1);
      expect(svg.match(/]]>/g)!.length).toBe(1);
    }
    const svg = toSvg(hostile(), { title: 'hostile' });
    const document = parse(svg);
    const data = JSON.parse(document.querySelector('#data')!.textContent) as { names: string[] };
    for (const name of HOSTILE_NAMES) {
      expect(data.names).toContain(printable(name));
      const start = [...printable(name)].slice(0, 900).join('');
      expect([...document.querySelectorAll('#frames title')].some((each) => each.textContent.startsWith(start))).toBe(true);
    }
  });

  it('is well-formed XML', ({ skip }) => {
    if (!existsSync('/usr/bin/xmllint')) skip('xmllint (libxml2-utils) is not installed');
    const folder = mkdtempSync(join(tmpdir(), 'emberscope-svg-'));
    try {
      writeFileSync(join(folder, 'hostile.svg'), toSvg(hostile(), { title: HOSTILE_NAMES.join(' ') }));
      execFileSync('/usr/bin/xmllint', ['--noout', '--huge', join(folder, 'hostile.svg')], { stdio: 'pipe' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

const CHROMIUM = '/usr/bin/chromium';
describe.skipIf(!existsSync(CHROMIUM))(`the exported SVG in a browser (skipped where ${CHROMIUM} is missing)`, () => {
  let browser: Browser;
  let page: Page;
  let folder: string;
  const troubles: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'emberscope-svg-'));
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  async function open(tables: Tables, hash = '', icicle = false): Promise<void> {
    troubles.length = 0;
    const file = join(folder, 'picture.svg');
    writeFileSync(file, toSvg(tables, { title: 'postgres 4121', subtitle: '99 Hz', icicle }));
    page = await browser.newPage({ viewport: { width: 1000, height: 500 } });
    page.on('dialog', (dialog) => (troubles.push(`dialog: ${dialog.message()}`), void dialog.dismiss()));
    page.on('pageerror', (error) => troubles.push(`error: ${error.message}`));
    page.on('console', (message) => message.type() === 'error' && troubles.push(`console: ${message.text()}`));
    page.on('request', (request) => request.url().startsWith('file:') || troubles.push(`request: ${request.url()}`));
    await page.goto(`${pathToFileURL(file).href}${hash}`);
  }
  const labels = () => page.locator('#frames text').allTextContents();
  const widthOf = async (label: string) =>
    Number(await page.locator('#frames g', { has: page.locator(`text:text-is("${label}")`) }).first().locator('rect').getAttribute('width'));
  const click = (label: string) => page.locator('#frames g', { has: page.locator(`text:text-is("${label}")`) }).first().locator('rect').click();

  it('zooms by click and comes back by Escape and by "Reset zoom"', async () => {
    await open(profileFromText(TEXT));
    expect(await widthOf('all')).toBeCloseTo(979.5, 0);
    expect(await widthOf('parse')).toBeCloseTo(391.5, 0);
    await click('parse');
    expect(await widthOf('parse')).toBeCloseTo(979.5, 0);
    expect(await labels()).toEqual(['all', 'main', 'parse', 'hash_search', 'alloc']);
    await page.keyboard.press('Escape');
    expect(await widthOf('parse')).toBeCloseTo(391.5, 0);
    await click('execute');
    await page.locator('#reset').click();
    expect(await widthOf('execute')).toBeCloseTo(577.7, 0);
    expect(troubles).toEqual([]);
    await page.close();
  }, 30_000);

  it('a tall picture opens at its root, with title, search and details in the window wherever it is scrolled to', async () => {
    const writer = new ProfileWriter();
    const frames = Array.from({ length: 90 }, (_, row) => {
      const frame = writer.frame(NONE, row);
      writer.symbol(frame, `level_${row}`);
      return frame;
    });
    writer.sample(writer.stack(frames), 5);
    const isInView = async (part: string) => {
      const box = (await page.locator(part).boundingBox())!;
      return box.y >= 0 && box.y + box.height <= 500;
    };
    const seen = async () => ({
      root: await isInView('#frames g:has(text:text-is("all"))'),
      leaf: await isInView('#frames g:has(text:text-is("level_89"))'),
      surroundings: [await isInView('#title'), await isInView('input'), await isInView('#details')],
    });
    await open(writer.tables);
    await page.locator('#frames g', { has: page.locator('text:text-is("level_2")') }).hover();
    expect(await page.locator('#details').textContent()).toBe('level_2 (5 samples, 100.00%)');
    expect(await seen()).toEqual({ root: true, leaf: false, surroundings: [true, true, true] });
    await page.keyboard.press('Home');
    await expect.poll(seen).toEqual({ root: false, leaf: true, surroundings: [true, true, true] });
    // Zooming leaves one where one is.
    await click('level_80');
    expect(await seen()).toEqual({ root: false, leaf: true, surroundings: [true, true, true] });
    expect(troubles).toEqual([]);
    await page.close();
    await open(writer.tables, '', true);
    expect(await seen()).toMatchObject({ root: true, leaf: false });
    await page.close();
  }, 30_000);

  it('searches by regular expression and counts nested matches once', async () => {
    await open(profileFromText(TEXT));
    await page.keyboard.press('Control+f');
    await page.keyboard.type('HASH_');
    expect(await page.locator('#matched').textContent()).toBe('Matched: 0.0%');
    await page.keyboard.press('Control+i');
    expect(await page.locator('#matched').textContent()).toBe('Matched: 60.0%');
    expect(await page.locator('#frames rect.match').count()).toBe(3);
    await click('parse');
    expect(await page.locator('#matched').textContent()).toBe('Matched: 100.0%');
    expect(page.url()).toMatch(/#zoom=\d+&search=HASH_$/);
    await page.locator('input').fill('[');
    expect(await page.locator('#matched').textContent()).toBe('Not a regular expression');
    await page.keyboard.press('Escape');
    expect(await page.locator('#matched').textContent()).toBe('');
    expect(troubles).toEqual([]);
    await page.close();
  }, 30_000);

  it('draws processes as the file without script does, also as matches', async () => {
    const writer = new ProfileWriter();
    const stack = writer.stack([writer.frame(NONE, 1)]);
    writer.sample(stack, 60, 0, writer.thread(1, 'python3'));
    writer.sample(stack, 40, 0, writer.thread(2, 'openssl'));
    await open(writer.tables, '#search=openssl');
    const drawn = async () => {
      const classes = async (part: string) =>
        page.locator(`#frames ${part}`).evaluateAll((all) => all.map((each) => (each as unknown as { getAttribute(name: string): string }).getAttribute('class')));
      const [rects, texts, names] = [await classes('rect'), await classes('text'), await labels()];
      return rects.slice(0, 3).map((rect, at) => `${rect} ${texts[at]} ${names[at]}`);
    };
    expect(await drawn()).toEqual(['r rt all', 'match l openssl', 'r rt python3']);
    expect(await page.locator('#matched').textContent()).toBe('Matched: 40.0%');
    await page.keyboard.press('Escape');
    expect(await drawn()).toEqual(['r rt all', 'r rt openssl', 'r rt python3']);
    expect(troubles).toEqual([]);
    await page.close();
  }, 30_000);

  it('shows what a link says, and the details of what is under the pointer', async () => {
    await open(profileFromText(TEXT), '#zoom=2&search=read');
    expect(await labels()).toEqual(['all', 'main', 'execute', 'hash_search', 'read', 'hash_get']);
    expect(await page.locator('#matched').textContent()).toBe('Matched: 66.1%');
    await page.locator('#frames rect').last().hover();
    expect(await page.locator('#details').textContent()).toBe('hash_get (200 samples, 20.00%; 33.90% of the zoomed frame)');
    expect(troubles).toEqual([]);
    await page.close();
  }, 30_000);

  it('runs nothing of hostile names', async () => {
    await open(hostile());
    expect(await page.locator('#frames rect').count()).toBe(1 + 2 * HOSTILE_NAMES.length);
    await page.locator('#frames rect').nth(3).click();
    await page.locator('#frames rect').last().hover();
    await page.locator('input').fill('script');
    expect(await page.evaluate(() => (globalThis as never as { document: { scripts?: unknown; querySelectorAll(s: string): unknown[] } }).document.querySelectorAll('script').length)).toBe(2);
    expect(await page.locator('img').count()).toBe(0);
    expect(troubles).toEqual([]);
    await page.close();
  }, 30_000);
});
