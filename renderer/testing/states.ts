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
  await page.getByRole('listbox').getByRole('option').first().waitFor();
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

/** The Functions screen with probes and a minute and a half of their values. */
const probe = async (page: Page, names = ['vfs_read', 'ExecHashJoin', 'futex_wait_queue'], tab?: RegExp) => {
  await page.getByRole('button', { name: 'Functions' }).click();
  if (tab !== undefined) await page.getByRole('button', { name: tab }).click();
  for (const name of names) {
    const kind = name.startsWith('Exec') ? 'user' : name.includes(':') ? 'tracepoint' : 'kernel';
    await page.evaluate(
      async ([of, which]) => {
        const { probes } = window.harness.session;
        await probes.attach({ ...probes.request({ kind: which as 'kernel', name: of!, module: which === 'user' ? '/usr/lib/postgresql/15/bin/postgres' : '' })!, byStack: true });
      },
      [name, kind],
    );
  }
  for (let second = 0; second < 90; second++) await page.evaluate(() => window.harness.worker.probes.tick(50));
  await page.waitForTimeout(500);
};

const openLibrary = async (page: Page) => {
  await page.getByRole('button', { name: 'Library' }).click();
  await page.locator('#recordings [role=option]').first().waitFor();
  await page.waitForTimeout(150);
};

const compareTwo = async (page: Page) => {
  await openLibrary(page);
  for (const index of [6, 8]) await page.locator('.library-mark').nth(index).click();
  await page.getByRole('toolbar').getByRole('button', { name: 'Compare' }).click();
  await page.locator('.difference-row').nth(1).waitFor();
  await page.locator('.difference-row').nth(1).click();
  await page.waitForTimeout(150);
};

/** Two recordings, at their latencies. */
const compareLatencies = async (page: Page) => {
  await openLibrary(page);
  for (const index of [6, 8]) await page.locator('.library-mark').nth(index).click();
  await page.getByRole('toolbar').getByRole('button', { name: 'Compare' }).click();
  await page.getByText('Latencies').or(page.getByText(/^Only in A/)).first().waitFor();
  const tab = page.getByRole('radio', { name: 'Latencies' });
  if ((await tab.count()) > 0) await tab.click();
  await page.waitForTimeout(400);
};

export const states: Record<string, { query: string; act(page: Page): Promise<unknown> }> = {
  picker: { query: '?hostile', act: (page) => page.waitForTimeout(2300) },
  'picker-filter': { query: '?still', act: (page) => page.keyboard.type('nginx docker') },
  'picker-none': { query: '?still', act: (page) => page.keyboard.type('zzz') },
  empty: { query: '?empty', act: (page) => page.waitForTimeout(200) },
  'helper-missing': { query: '?helper=missing&still', act: (page) => page.waitForTimeout(100) },
  error: { query: '?fail&still', act: async (page) => (await page.getByRole('listbox').getByRole('option').first().waitFor(), page.keyboard.press('Enter')) },
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
  doctor: { query: '?still', act: async (page) => (await page.getByRole('button', { name: 'Doctor' }).click(), await page.locator('[data-check=kprobes]').waitFor()) },
  library: { query: '?still', act: openLibrary },
  'library-chosen': {
    query: '?still&hostile&recordings=5000',
    act: async (page) => {
      await openLibrary(page);
      for (const _ of [1, 2, 3]) await page.keyboard.press('ArrowDown');
      await page.locator('.library-mark').nth(1).click();
      await page.waitForTimeout(100);
    },
  },
  // Processes that do not run any more: the picker says so.
  'library-again': {
    query: '?still',
    act: async (page) => {
      await openLibrary(page);
      for (const _ of [1, 2]) await page.keyboard.press('ArrowDown');
      await page.getByRole('button', { name: 'Run again' }).click();
      await page.getByText('does not run any more').first().waitFor();
    },
  },
  'library-unreadable': {
    query: '?still',
    act: async (page) => {
      await openLibrary(page);
      await page.keyboard.type('damaged');
      await page.keyboard.press('ArrowDown');
      await page.waitForTimeout(100);
    },
  },
  'library-none': { query: '?still', act: async (page) => (await openLibrary(page), await page.keyboard.type('zzz')) },
  'library-empty': { query: '?still&recordings=0', act: async (page) => (await page.getByRole('button', { name: 'Library' }).click(), await page.getByText('No recordings yet').waitFor()) },
  'library-folder': { query: '?still', act: async (page) => (await openLibrary(page), await page.getByRole('button', { name: 'Folder' }).click(), await page.waitForTimeout(150)) },
  'library-deleted': { query: '?still', act: async (page) => (await openLibrary(page), await page.keyboard.press('ArrowDown'), await page.keyboard.press('ArrowDown'), await page.getByRole('button', { name: 'Delete' }).click(), await page.waitForTimeout(200)) },
  'compare-none': { query: '?still', act: (page) => page.getByRole('button', { name: 'Compare', exact: true }).click() },
  compare: { query: '?still', act: (page) => compareTwo(page) },
  'compare-menu': {
    query: '?still',
    act: async (page) => {
      await compareTwo(page);
      await page.locator('.flame canvas').focus();
      await page.keyboard.press('ContextMenu');
    },
  },
  'compare-hostile': { query: '?still&hostile', act: async (page) => (await compareTwo(page), await page.locator('.difference-row').nth(1).click(), await page.waitForTimeout(100)) },
  'compare-choose': { query: '?still', act: async (page) => (await compareTwo(page), await page.locator('.compare-side').first().click(), await page.waitForTimeout(200)) },
  'compare-same': {
    query: '?still',
    act: async (page) => {
      await compareTwo(page);
      await page.evaluate(() => window.harness.session.compare.change((comparing) => ({ ...comparing, b: comparing.a })));
      await page.getByText('hold the same samples').first().waitFor();
    },
  },
  latencies: { query: '?still&sides=both', act: compareLatencies },
  'latencies-difference': {
    query: '?still&sides=both',
    act: async (page) => {
      await compareLatencies(page);
      await page.getByRole('radio', { name: 'difference', exact: true }).click();
      await page.waitForTimeout(300);
      await page.getByRole('img', { name: /^Difference of the heat maps/ }).focus();
      await page.keyboard.press('ArrowRight');
    },
  },
  'latencies-part': {
    query: '?still&sides=both',
    act: async (page) => (await compareLatencies(page), await page.getByLabel('Calls').selectOption({ index: 2 }), await page.waitForTimeout(300)),
  },
  'latencies-probed': { query: '?still&sides=probed', act: async (page) => (await compareLatencies(page), await page.getByRole('row', { name: /ExecHashJoin/ }).click(), await page.waitForTimeout(300)) },
  'latencies-hostile': { query: '?still&sides=both&hostile', act: async (page) => (await compareLatencies(page), await page.getByRole('grid', { name: 'Probes' }).focus(), await page.keyboard.press('ArrowDown'), await page.waitForTimeout(300)) },
  'latencies-counted': { query: '?still&sides=probed', act: async (page) => (await compareLatencies(page), await page.getByRole('row', { name: /sched_switch/ }).click(), await page.waitForTimeout(300)) },
  'latencies-none': { query: '?still', act: compareLatencies },
  'latencies-disjoint': { query: '?still&sides=disjoint', act: compareLatencies },
  export: { query: '?still', act: async (page) => (await start(page), page.getByRole('button', { name: 'Export' }).click()) },
  'export-compare': { query: '?still', act: async (page) => (await compareTwo(page), page.getByRole('button', { name: 'Export' }).click()) },
  import: {
    query: '?still',
    act: async (page) => {
      await openLibrary(page);
      await page.evaluate(() =>
        window.harness.session.store.setState({ transfer: { title: 'Importing a-long-run-of-the-benchmark.perf.txt…', doneBytes: 412_000_000, totalBytes: 1_073_741_824, cancel: () => undefined } }),
      );
    },
  },
  left: {
    query: '?still',
    act: async (page) => {
      await start(page);
      await page.evaluate(() => {
        const { session, worker } = window.harness;
        const shown = session.store.getState().recording!;
        worker.emit({ type: 'event', event: { name: 'recording', payload: { info: { ...shown, id: 77, target: 'postgres 4121', isLeft: true, state: { kind: 'finished', reason: 'helperFailed', message: '' } } } } });
      });
      await page.getByText('ended unexpectedly').waitFor();
    },
  },
  'doctor-hostile': { query: '?still&hostile', act: async (page) => (await page.getByRole('button', { name: 'Doctor' }).click(), await page.locator('[data-check=kprobes]').waitFor()) },
  'frame-asked': {
    query: '?still',
    act: async (page) => {
      await start(page);
      await selectBig(page);
      await page.getByRole('button', { name: 'Measure latency' }).click();
      for (let second = 0; second < 20; second++) await page.evaluate(() => window.harness.worker.probes.tick(50));
      await page.waitForTimeout(400);
    },
  },
  'frame-traced': {
    query: '?still&hostile',
    act: async (page) => {
      await start(page);
      await selectBig(page);
      await page.getByRole('button', { name: 'Trace' }).click();
      for (let second = 0; second < 20; second++) await page.evaluate(() => window.harness.worker.probes.tick(50));
      await page.waitForTimeout(400);
    },
  },
  functions: { query: '?still', act: async (page) => (await page.getByRole('button', { name: 'Functions' }).click(), page.waitForTimeout(200)) },
  'functions-held': {
    query: '?still',
    act: async (page) => {
      await page.getByRole('button', { name: 'Functions' }).click();
      await page.getByRole('button', { name: 'Another target' }).click();
      await page.getByRole('button', { name: 'Launch a command' }).click();
      await page.keyboard.type('make -j4');
      await page.getByRole('button', { name: 'Launch', exact: true }).click();
      await page.getByRole('button', { name: 'Let it run' }).waitFor();
    },
  },
  'functions-search': {
    query: '?still',
    act: async (page) => {
      await page.getByRole('button', { name: 'Functions' }).click();
      await page.keyboard.press('/');
      await page.keyboard.type('*read*');
      await page.getByRole('listbox').getByRole('option').first().waitFor();
      await page.keyboard.press('ArrowDown');
    },
  },
  'functions-refused': {
    query: '?still&nosearch',
    act: async (page) => (await page.getByRole('button', { name: 'Functions' }).click(), await page.keyboard.press('/'), await page.keyboard.type('read'), page.waitForTimeout(300)),
  },
  probes: { query: '?still', act: probe },
  'probes-brush': {
    query: '?still',
    act: async (page) => {
      await probe(page);
      const box = (await page.getByRole('slider', { name: /vfs_read/ }).boundingBox())!;
      await page.mouse.move(box.x + box.width * 0.4, box.y + 30);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.7, box.y + 30, { steps: 4 });
      await page.mouse.up();
    },
  },
  'probes-detached': {
    query: '?still',
    act: async (page) => {
      await probe(page, ['vfs_read', 'notrace_read', 'futex_wait_queue']);
      await page.evaluate(() => window.harness.worker.probes.detach(0, 'It cost 7.2 % of one CPU, more than the 5 % that are allowed: attach it to fewer processes, or only count it.'));
    },
  },
  'probes-hostile': { query: '?still&hostile', act: (page) => probe(page, ['<script>alert(1)</script>', '\u202eright to left', 'x'.repeat(400)]) },
  'probes-arguments': {
    query: '?still',
    act: async (page) => {
      await probe(page, ['vfs_read'], /^Arguments$/);
      await page.getByRole('button', { name: 'size_t count' }).click();
      for (let second = 0; second < 30; second++) await page.evaluate(() => window.harness.worker.probes.tick(50));
      await page.waitForTimeout(400);
    },
  },
  'probes-stack': { query: '?still', act: async (page) => (await probe(page), page.getByRole('button', { name: 'By stack' }).click()) },
  events: { query: '?still', act: (page) => probe(page, ['sys_clone'], /^Events$/) },
  'events-hostile': { query: '?still&hostile', act: (page) => probe(page, ['sys_clone'], /^Events$/) },
  'events-held': {
    query: '?still',
    act: async (page) => {
      await probe(page, ['sys_clone'], /^Events$/);
      await page.getByRole('button', { name: 'Hold' }).click();
      await page.getByLabel('Filter events').fill('walwriter');
      await page.evaluate(() => window.harness.worker.probes.tick(50));
      await page.waitForTimeout(400);
      await page.getByRole('grid').focus();
      await page.keyboard.press('ArrowUp');
    },
  },
  'events-empty': { query: '?still', act: async (page) => (await page.getByRole('button', { name: 'Functions' }).click(), page.getByRole('button', { name: 'Events' }).click()) },
};
