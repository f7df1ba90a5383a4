// SPDX-License-Identifier: Apache-2.0
/**
 * A file opened in the window, and in speedscope's own page, through the page's field for files: milliseconds from the choice
 * of the file to frames on the screen. Both run in the same browser, which is started anew for each.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { launchBrowser, openWindow } from '../test/e2e/emberscope-window.ts';
import { browserCpu, COLLECTS_GARBAGE, cpuOf, memoryOf, pageMemory, type Memory } from './page-memory.ts';

const SIZE = { width: 1440, height: 900 };
const PATIENCE_MS = 600_000;

export interface Opened {
  /** Milliseconds until there is a flame graph of anything, and of all samples. */
  first: number;
  whole: number;
  /** Milliseconds of CPU time of the whole browser, and of the engine, until then; it says more on a machine that others use. */
  cpu: number;
  page: Memory;
  /** Of the process with the engine; null: there is none. */
  engine: Memory | null;
}

interface Watched {
  /** When the file was chosen, on the page's clock. */
  began: number;
  /** Of the frame after a drawing, with the samples in it; of speedscope all. */
  drawn: { at: number; samples: number }[];
}

type Watching = Window & { opening: Watched };

/** Runs in the page before its scripts, and notes when its worker is told that a picture is drawn. */
function watchWindow(): void {
  const opening: Watched = { began: Infinity, drawn: [] };
  Object.assign(window, { opening });
  addEventListener('change', ({ target }) => {
    if (target instanceof HTMLInputElement && target.type === 'file') opening.began = performance.now();
  }, true);
  const samples = new Map<number, number>();
  const Original = window.Worker;
  window.Worker = class extends Original {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      this.addEventListener('message', ({ data }) => {
        if (data.type === 'picture') samples.set(data.picture.revision, data.picture.rootTotal);
      });
    }
    override postMessage(message: { type: string; revision: number }, transfer?: Transferable[] | StructuredSerializeOptions): void {
      if (message.type === 'drawn') requestAnimationFrame(() => opening.drawn.push({ at: performance.now(), samples: samples.get(message.revision) ?? 0 }));
      super.postMessage(message, transfer as StructuredSerializeOptions);
    }
  };
}

/** Likewise: speedscope writes names over the frames in the same turn in which it draws them. */
function watchSpeedscope(): void {
  const opening: Watched = { began: Infinity, drawn: [] };
  Object.assign(window, { opening });
  addEventListener('change', ({ target }) => {
    if (target instanceof HTMLInputElement && target.type === 'file') opening.began = performance.now();
  }, true);
  const write = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (...args) {
    if (opening.began < Infinity && opening.drawn.length === 0) {
      opening.drawn.push({ at: Infinity, samples: Infinity });
      requestAnimationFrame(() => (opening.drawn[0]!.at = performance.now()));
    }
    return write.apply(this, args);
  };
}

/** @param samples of the whole file @param engine its process; null: there is none */
async function timesOf(page: Page, file: string, samples: number, engine: number | null): Promise<Pick<Opened, 'first' | 'whole' | 'cpu'>> {
  const used = async (): Promise<number> => (await browserCpu(page)) + (engine === null ? 0 : cpuOf(engine));
  const before = await used();
  await page.locator('input[type=file]').first().setInputFiles(file);
  const times = await page.waitForFunction((all) => {
    const { began, drawn } = (window as unknown as Watching).opening;
    const whole = drawn.find((each) => each.samples >= all && each.at < Infinity);
    return whole && { first: drawn.find((each) => each.samples > 0)!.at - began, whole: whole.at - began };
  }, samples, { timeout: PATIENCE_MS, polling: 100 });
  return { ...(await times.jsonValue())!, cpu: (await used()) - before };
}

/** @param picture of the screen, goes to test/artifacts */
export async function openInWindow(file: string, samples: number, picture: string): Promise<Opened> {
  const emberscope = await openWindow({ ...SIZE, initScript: watchWindow, browserArgs: [COLLECTS_GARBAGE] });
  try {
    const { page } = emberscope;
    await page.getByRole('listbox').getByRole('option').first().waitFor();
    const times = await timesOf(page, file, samples, emberscope.shell.pid!);
    const memory = await pageMemory(page);
    await emberscope.screenshot(picture);
    return { ...times, page: memory, engine: memoryOf(emberscope.shell.pid!) };
  } finally {
    await emberscope.close();
  }
}

async function withSpeedscope<T>(use: (page: Page) => Promise<T>): Promise<T> {
  const application = join(dirname(createRequire(import.meta.url).resolve('speedscope/package.json')), 'dist/release/index.html');
  const browser = await launchBrowser([COLLECTS_GARBAGE]);
  try {
    const page = await browser.newPage({ viewport: SIZE });
    await page.addInitScript(watchSpeedscope);
    await page.goto(pathToFileURL(application).href);
    await page.getByText('Browse').first().waitFor();
    return await use(page);
  } finally {
    await browser.close();
  }
}

/** @param picture of the screen, goes to test/artifacts */
export function openInSpeedscope(file: string, picture: string): Promise<Opened> {
  return withSpeedscope(async (page) => {
    const times = await timesOf(page, file, 1, null);
    const memory = await pageMemory(page);
    await page.screenshot({ path: `test/artifacts/${picture}.png` });
    return { ...times, page: memory, engine: null };
  });
}

/** Milliseconds of its importer alone, as it prints them itself; and MiB that its page had at the most until the picture. */
export function importInSpeedscope(file: string): Promise<{ milliseconds: number; peak: number }> {
  return withSpeedscope(async (page) => {
    const printed = page.waitForEvent('console', { predicate: (message) => message.text().startsWith('import: '), timeout: PATIENCE_MS });
    await timesOf(page, file, 1, null);
    const text = (await printed).text();
    const milliseconds = Number(/^import: ([\d.]+) ?ms/.exec(text)?.[1]);
    if (!(milliseconds > 0)) throw new Error(`speedscope printed ${text}`);
    return { milliseconds, peak: (await pageMemory(page)).peak };
  });
}
