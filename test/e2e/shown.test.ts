// SPDX-License-Identifier: Apache-2.0
/** What of a real program is shown, and how: collapsing, colours, the inspector, and how well it was seen. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { frameColour, MUTED_COLOUR } from '../../profile/colours.ts';
import { FrameCategory } from '../../profile/schema.ts';
import { openWindow, whyNoWindow, type EmberscopeWindow } from './emberscope-window.ts';

const { PNG } = createRequire(import.meta.url)('pngjs') as {
  PNG: { sync: { read(file: Buffer): { width: number; height: number; data: Buffer } } };
};

/** Recursion, a library that calls back, the kernel, and a function that is nowhere but inlined. */
const PROGRAM = `
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
static volatile unsigned long sink;
static char buffer[1 << 16];
static int numbers[4096];
static inline __attribute__((always_inline)) unsigned long mix_in(unsigned long value, unsigned long more)
{
	for (int i = 0; i < 3; i++)
		value = value * 6364136223846793005ul + more; /* hot */
	return value;
}
__attribute__((noinline)) void work_here(unsigned long rounds)
{
	for (unsigned long i = 0; i < rounds; i++)
		sink = mix_in(sink, i);
}
__attribute__((noinline)) void dive_down(int depth)
{
	if (depth > 0)
		dive_down(depth - 1);
	else
		work_here(200000);
	sink++;
}
static int compare_numbers(const void *a, const void *b)
{
	work_here(20);
	return *(const int *)a - *(const int *)b;
}
__attribute__((noinline)) void read_zeros(int zero)
{
	for (int i = 0; i < 60; i++)
		sink += (unsigned long)read(zero, buffer, sizeof(buffer));
}
__attribute__((noinline)) void sort_numbers(void)
{
	for (int i = 0; i < 4096; i++)
		numbers[i] = (int)((i * 2654435761u) >> 8);
	qsort(numbers, 4096, sizeof(int), compare_numbers);
	sink++;
}
int main(void)
{
	int zero = open("/dev/zero", O_RDONLY);

	for (;;) {
		dive_down(6);
		sort_numbers();
		read_zeros(zero);
	}
}
`;

const reason = whyNoWindow();
let folder = '';
let program: ChildProcess;
let emberscope: EmberscopeWindow;
let page: Page;

async function folded(): Promise<string[]> {
  await page.getByRole('button', { name: 'Export' }).click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: /Folded/ }).click()]);
  return readFileSync((await download.path())!, 'utf8').trim().split('\n');
}

const weightOf = (lines: readonly string[], pattern: RegExp) => lines.filter((line) => pattern.test(line)).reduce((sum, line) => sum + Number(/ (\d+)$/.exec(line)![1]), 0);

async function collapse(...names: RegExp[]): Promise<void> {
  await page.getByRole('button', { name: /^Collapse/ }).click();
  for (const name of names) await page.getByRole('menuitemcheckbox', { name }).click();
  await page.keyboard.press('Escape');
}

/** Pixels of the picture that have one of these colours, as a share of those that have any but the ground's. */
async function shareOf(colours: readonly string[]): Promise<number> {
  const { data, width, height } = PNG.sync.read(await page.locator('.flame canvas').screenshot());
  const wanted = new Set(colours);
  let [found, drawn] = [0, 0];
  const ground = '#14161a';
  for (let at = 0; at < width * height; at++) {
    const colour = `#${data.subarray(at * 4, at * 4 + 3).toString('hex')}`;
    if (colour === ground) continue;
    drawn++;
    if (wanted.has(colour)) found++;
  }
  return found / drawn;
}

/** Selects the frame of a function, by search and keyboard as a person without a mouse does. */
async function select(name: string): Promise<void> {
  const search = page.getByLabel('Search functions by regular expression');
  // What the search before matched must not be taken for what this one does.
  await search.fill('');
  await expect.poll(() => page.getByText(/^Matched /).count()).toBe(0);
  await search.fill(`^${name}$`);
  await page.getByText(/^Matched [1-9]/).waitFor();
  await page.locator('.flame canvas').focus();
  await page.keyboard.press('n');
  await expect.poll(() => page.getByRole('complementary', { name: 'Inspector' }).locator('h2').innerText()).toBe(name);
}

function suite(): void {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'emberscope-shown-'));
    const source = join(folder, 'shown.c');
    writeFileSync(source, PROGRAM);
    execFileSync('gcc', ['-g', '-O1', '-fno-omit-frame-pointer', '-fno-optimize-sibling-calls', '-o', join(folder, 'shown'), source]);
    program = spawn(join(folder, 'shown'), { stdio: 'ignore' });
    emberscope = await openWindow();
    page = emberscope.page;
    await page.getByLabel('Filter processes').fill(`${program.pid}`);
    await page.getByRole('listbox').getByRole('option').first().waitFor();
    await page.keyboard.press('Enter');
    await page.getByText(/LIVE \d/).waitFor();
  });
  afterAll(async () => {
    program?.kill('SIGKILL');
    await emberscope?.close();
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  test('the program is there', async () => {
    const samples = async () => Number(/([\d,]+) samples/.exec(await page.locator('footer').innerText())?.[1]?.replaceAll(',', ''));
    await expect.poll(samples, { timeout: 30_000 }).toBeGreaterThan(300);
  });

  test('zoom and selection stay while things are collapsed, live, and come back', async () => {
    const crumbs = page.getByRole('navigation', { name: 'Zoom' });
    await select('work_here');
    await page.keyboard.press('Enter');
    await expect.poll(() => crumbs.innerText()).toContain('work_here');
    await collapse(/recursion/, /libraries/, /kernel/);
    await page.getByRole('button', { name: 'Collapse, 3 on' }).waitFor();
    await page.waitForTimeout(700);
    expect(await crumbs.innerText()).toContain('work_here');
    expect(await page.getByRole('complementary', { name: 'Inspector' }).locator('h2').innerText()).toBe('work_here');
    await emberscope.screenshot('collapsed');
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
    await page.getByRole('button', { name: 'Show everything' }).click();
    await page.getByRole('button', { name: 'Collapse', exact: true }).waitFor();
    expect(await crumbs.innerText()).toContain('work_here');
    await page.locator('.flame canvas').focus();
    await page.keyboard.press('0');
    await page.getByLabel('Search functions by regular expression').fill('');
  });

  test('each switch does what it says, loses no sample, and is in the export', async () => {
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText(/Finished/).first().waitFor();
    const all = await folded();
    const samples = weightOf(all, /./);
    expect(weightOf(all, /dive_down;dive_down/)).toBeGreaterThan(0);
    expect(weightOf(all, /_\[k\]/)).toBeGreaterThan(0);

    expect(weightOf(all, /;work_here;mix_in_\[i\]/)).toBeGreaterThan(0);

    await collapse(/inlined/);
    const outer = await folded();
    expect(weightOf(outer, /mix_in/)).toBe(0);
    expect(weightOf(outer, /work_here/)).toBe(weightOf(all, /work_here/));

    await collapse(/inlined/, /recursion/);
    const once = await folded();
    await page.getByText('It holds what is shown: recursion collapsed.').waitFor();
    expect(weightOf(once, /dive_down;dive_down/)).toBe(0);
    expect(weightOf(once, /dive_down/)).toBe(weightOf(all, /dive_down/));

    await collapse(/recursion/, /kernel/);
    const user = await folded();
    expect(weightOf(user, /_\[k\]/)).toBe(0);
    expect(weightOf(user, /read_zeros/)).toBe(weightOf(all, /read_zeros/));

    await collapse(/kernel/, /libraries/);
    const libraries = await folded();
    expect(weightOf(libraries, /;libc\.so\.6;compare_numbers/)).toBeGreaterThan(0);
    expect(weightOf(libraries, /qsort/)).toBe(0);
    for (const lines of [outer, once, user, libraries]) expect(weightOf(lines, /./)).toBe(samples);
    await page.getByRole('button', { name: /^Show again: libraries/ }).click();
    expect(await folded()).toEqual(all);
  });

  test('every format of the menu arrives as a file, and holds every sample', async () => {
    const samples = weightOf(await folded(), /./);
    const exported = async (name: RegExp): Promise<Buffer> => {
      await page.getByRole('button', { name: 'Export' }).click();
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name }).click()]);
      return readFileSync((await download.path())!);
    };
    expect((await exported(/pprof/)).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));
    const speedscope = JSON.parse((await exported(/speedscope/)).toString()) as { profiles: { endValue: number }[] };
    expect(speedscope.profiles.reduce((sum, { endValue }) => sum + endValue, 0)).toBe(samples);
    const firefox = JSON.parse((await exported(/Firefox/)).toString()) as { threads: { samples: { weight: number[] } }[] };
    expect(firefox.threads.flatMap((thread) => thread.samples.weight).reduce((sum, weight) => sum + weight, 0)).toBe(samples);
    expect((await exported(/Interactive SVG/)).toString()).toContain('compare_numbers');

    const html = join(folder, 'exported.html');
    writeFileSync(html, await exported(/Web page/));
    const opened = await page.context().newPage();
    try {
      await opened.goto(pathToFileURL(html).href);
      await opened.locator('g.frame[name="dive_down"]').first().hover();
      expect(await opened.locator('#tip div').first().textContent()).toMatch(/^dive_down \([\d,]+ samples?, \d+\.\d\d%/);
    } finally {
      await opened.close();
    }
  });

  test('colours: by origin, by module, only what has no name; remembered', async () => {
    const user = Array.from({ length: 200 }, (_, at) => frameColour(FrameCategory.user, `n${at}`, 'dark'));
    expect(await shareOf(user)).toBeGreaterThan(0.1);
    const choose = async (name: RegExp) => {
      await page.getByRole('button', { name: /^Colours/ }).click();
      await page.getByRole('menuitemradio', { name }).click();
      await page.waitForTimeout(200);
    };
    await choose(/^Only what/);
    expect(await shareOf([MUTED_COLOUR.dark.fill])).toBeGreaterThan(0.6);
    expect(await shareOf(user)).toBe(0);
    await emberscope.screenshot('colours-unnamed');
    await choose(/^Module/);
    const legend = page.getByRole('list', { name: 'Colours' });
    for (const module of ['shown', '[kernel]', 'libc.so.6']) expect(await legend.innerText()).toContain(module);
    expect(await shareOf([MUTED_COLOUR.dark.fill])).toBeLessThan(0.1);
    await emberscope.screenshot('colours-module');
    await page.reload();
    await page.getByRole('button', { name: 'Colours: by module' }).waitFor();
    await page.getByRole('list', { name: 'Colours' }).getByText('libc.so.6').waitFor();
  });

  test('the inspector says what the frame is and where its names come from', async () => {
    await select('sort_numbers');
    const inspector = page.getByRole('complementary', { name: 'Inspector' });
    await expect.poll(() => inspector.innerText()).toMatch(/Names from\s+its symbol table, [\d,]+ functions/);
    const text = await inspector.innerText();
    expect(text).toContain(join(folder, 'shown'));
    expect(text).toMatch(/Build id\s+[0-9a-f]{16}/);
    expect(text).toMatch(/Callers\s+main/i);
    await emberscope.screenshot('inspector');
  });

  test('the inspector shows the source around the hot line, and into what a frame was inlined', async () => {
    await select('mix_in');
    const inspector = page.getByRole('complementary', { name: 'Inspector' });
    await expect.poll(() => inspector.innerText()).toMatch(/Inlined into\s+work_here/);
    const source = inspector.getByRole('region', { name: 'Source' });
    await expect.poll(() => source.locator('li.hot').first().innerText()).toMatch(/./);
    const line = PROGRAM.split('\n').findIndex((text) => text.includes('/* hot */')) + 1;
    const hot = await source.locator('li.hot').allInnerTexts();
    expect(hot.join('\n')).toMatch(new RegExp(`^${line}\\s+[\\d,]+\\s+value = value \\* 6364136223846793005ul`, 'm'));
    await emberscope.screenshot('source');
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
    // The file goes: it says so, of another frame, which is looked up afresh.
    rmSync(join(folder, 'shown.c'));
    await select('sort_numbers');
    await expect.poll(() => inspector.innerText()).toContain('The file is not here.');
  });

  test('how well it was seen: ends, names and what was due', async () => {
    await page.getByRole('button', { name: /^lost/ }).click();
    const popover = page.locator('.popover');
    await expect.poll(() => popover.innerText()).toMatch(/Due by CPU time\s+[\d,]+\s+Stored\s+[\d,]+/);
    expect(await popover.innerText()).toContain('within sampling noise');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^stacks/ }).click();
    await expect.poll(() => popover.innerText()).toMatch(/[\d,]+ complete/);
    await emberscope.screenshot('stack-ends');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^symbols/ }).click();
    await expect.poll(() => popover.innerText()).toMatch(/has a name|by module/);
    await emberscope.screenshot('name-gaps');
    await page.keyboard.press('Escape');
  });

  test('nothing went wrong in the page', () => {
    expect(emberscope.errors).toEqual([]);
  });
}

if (reason === null) describe('what is shown of a program', suite);
else test('what is shown of a program', ({ skip }) => skip(reason));
