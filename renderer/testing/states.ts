// SPDX-License-Identifier: Apache-2.0
/** Test only. The window's states, each reached in the harness as a user would: for screenshots and for axe. */
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { build, preview } from 'vite';

const config = fileURLToPath(new URL('./vite.config.ts', import.meta.url));

/** Builds the harness and serves it. @returns its address, to which a state's query is added, and what ends it. */
export async function serveHarness(): Promise<{ address: string; close(): Promise<void> }> {
  await build({ configFile: config, logLevel: 'warn' });
  const server = await preview({ configFile: config, preview: { port: 0, host: '127.0.0.1' }, logLevel: 'warn' });
  return { address: `${server.resolvedUrls!.local[0]}testing/harness.html`, close: () => server.close() };
}

const start = async (page: Page) => {
  await page.getByRole('option').first().waitFor();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => window.harness.session.store.getState().recording !== null);
  await page.evaluate(() => window.harness.worker.tick(40));
  await page.waitForTimeout(150);
};
const selectBig = async (page: Page) => {
  await page.evaluate(() => {
    const { session, worker } = window.harness;
    const node = worker.nodeNamed('hash_search_with_hash_value');
    session.navigate((navigation) => ({ ...navigation, selection: node }));
  });
  await page.waitForTimeout(100);
};

const choose = async (page: Page, colours: RegExp) => {
  await page.getByRole('button', { name: /^Colours/ }).click();
  await page.getByRole('menuitemradio', { name: colours }).click();
};

export const states: Record<string, { query: string; act(page: Page): Promise<unknown> }> = {
  picker: { query: '?hostile', act: (page) => page.waitForTimeout(2300) },
  'picker-filter': { query: '?still', act: (page) => page.keyboard.type('nginx docker') },
  'picker-none': { query: '?still', act: (page) => page.keyboard.type('zzz') },
  empty: { query: '?empty', act: (page) => page.waitForTimeout(200) },
  'helper-missing': { query: '?helper=missing&still', act: (page) => page.waitForTimeout(100) },
  error: { query: '?fail&still', act: async (page) => (await page.getByRole('option').first().waitFor(), page.keyboard.press('Enter')) },
  launch: {
    query: '?still',
    act: async (page) => {
      await page.getByRole('button', { name: 'Launch a command' }).click();
      await page.keyboard.type(`python3 -c 'print("a b")' --name "my file" x`);
    },
  },
  live: { query: '?still', act: start },
  inspector: { query: '?still', act: async (page) => (await start(page), await selectBig(page)) },
  'no-source': { query: '?still&nosource', act: async (page) => (await start(page), await selectBig(page)) },
  zoomed: {
    query: '?still',
    act: async (page) => {
      await start(page);
      await page.mouse.click(520, page.viewportSize()!.height - 140);
      await page.keyboard.press('/');
      await page.keyboard.type('hash|heap');
      await page.mouse.move(560, page.viewportSize()!.height - 190);
    },
  },
  icicle: { query: '?still&depth=140&threads=200', act: async (page) => (await start(page), page.keyboard.press('i'), page.mouse.move(460, 300)) },
  hostile: { query: '?still&hostile&threads=40', act: start },
  brush: {
    query: '?still',
    act: async (page) => {
      await start(page);
      await page.mouse.move(500, 90);
      await page.mouse.down();
      await page.mouse.move(640, 90, { steps: 4 });
      await page.mouse.up();
    },
  },
  menu: { query: '?still', act: async (page) => (await start(page), page.mouse.click(520, page.viewportSize()!.height - 140, { button: 'right' })) },
  lost: { query: '?still', act: async (page) => (await start(page), page.getByRole('button', { name: /^lost/ }).click()) },
  'stack-ends': { query: '?still', act: async (page) => (await start(page), page.getByRole('button', { name: /^stacks/ }).click()) },
  'name-gaps': { query: '?still', act: async (page) => (await start(page), page.getByRole('button', { name: /^symbols/ }).click()) },
  collapse: {
    query: '?still',
    act: async (page) => {
      await start(page);
      await page.getByRole('button', { name: /^Collapse/ }).click();
      await page.getByRole('menuitemcheckbox').first().click();
    },
  },
  'by-module': { query: '?still', act: async (page) => (await start(page), await choose(page, /^Module/)) },
  'by-name': { query: '?still', act: async (page) => (await start(page), await choose(page, /^Only/)) },
  colours: { query: '?still', act: async (page) => (await start(page), await page.getByRole('button', { name: /^Colours/ }).click()) },
  collapsed: {
    query: '?still',
    act: async (page) => {
      await start(page);
      await page.getByRole('button', { name: /^Collapse/ }).click();
      for (const item of await page.getByRole('menuitemcheckbox').all()) await item.click();
      await page.keyboard.press('Escape');
    },
  },
  keys: { query: '?still', act: async (page) => (await start(page), page.keyboard.press('?')) },
  save: {
    query: '?still',
    act: async (page) => {
      await start(page);
      await page.getByRole('button', { name: 'Save recording' }).click();
      await page.keyboard.press('Enter');
      await page.getByText('Saved').waitFor();
    },
  },
  'picker-dialog': { query: '?still', act: async (page) => (await start(page), page.getByRole('button', { name: /^Target/ }).click()) },
  keep: {
    query: '?still',
    act: async (page) => {
      await start(page);
      await page.getByRole('button', { name: /^Target/ }).click();
      await page.getByRole('button', { name: 'Whole system' }).click();
    },
  },
  finished: { query: '?still', act: async (page) => (await start(page), page.getByRole('button', { name: 'Stop' }).click()) },
  'helper-gone': {
    query: '?still',
    act: async (page) => {
      await start(page);
      await page.evaluate(() =>
        window.harness.worker.finish({ kind: 'finished', reason: 'helperFailed', message: 'It was killed (signal 9).' }),
      );
    },
  },
  disconnected: { query: '?still', act: async (page) => (await start(page), page.evaluate(() => window.harness.worker.disconnect('the engine closed it'))) },
  waiting: { query: '?still&idle', act: start },
  'bad-pattern': { query: '?still', act: async (page) => (await start(page), page.keyboard.press('/'), page.keyboard.type('foo(')) },
};
