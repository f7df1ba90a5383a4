// SPDX-License-Identifier: Apache-2.0
/**
 * The window in a real browser: milliseconds from a sample in the kernel to its pixels, and what an update costs
 * the main thread with small and large call trees.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import type { CDPSession } from 'playwright-core';
import { chromium } from 'playwright-core';
import type { CallHandlers, EngineInfo, RecordingInfo } from '../ipc/contract.ts';
import { serveWindow, type WindowPeer } from '../ipc/connection.ts';
import { rowBatches } from '../ipc/row-batches.ts';
import { socketTransport } from '../ipc/socket-transport.ts';
import { startShellServer } from '../main/chromium-shell/server.ts';
import { readRecording } from '../main/engine/recordings/reader.ts';
import { createTables, rowCounts, segmentsSince } from '../profile/tables.ts';
import { SLICE_NANOSECONDS } from '../profile/units.ts';
import { findBrowser, openWindow } from '../test/e2e/emberscope-window.ts';
import { BEFORE, SyntheticProgram } from './synthetic-program.ts';
import { againstGoal, median, printTable } from './table.ts';

const WATCHED_SECONDS = 20;
/** As often as the helper drains a busy target. */
const UPDATE_MS = 100;
const UPDATES = 100;

const SLICE_MS = SLICE_NANOSECONDS / 1e6;

interface Drawn {
  /** Epoch milliseconds of the frame after the drawing. */
  at: number;
  samples: number;
}

declare global {
  interface Window {
    drawnPictures: Drawn[];
  }
}

/** Runs in the page before its scripts: notes when the main thread tells its worker that a picture is drawn. */
function watchPictures(): void {
  window.drawnPictures = [];
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
      if (message.type === 'drawn') {
        requestAnimationFrame(() => {
          window.drawnPictures.push({ at: performance.timeOrigin + performance.now(), samples: samples.get(message.revision) ?? 0 });
        });
      }
      super.postMessage(message, transfer as StructuredSerializeOptions);
    }
  };
}

/**
 * Milliseconds of each sample until the first picture that counts it. When a sample was taken is known to a slice:
 * those of one are spread over it.
 */
function latencies(pictures: readonly Drawn[], slices: readonly { at: number; weight: number }[]): number[] {
  const values: number[] = [];
  let seen = 0;
  let picture = 0;
  for (const { at, weight } of slices) {
    for (let i = 0; i < weight; i++) {
      seen++;
      while (picture < pictures.length && pictures[picture]!.samples < seen) picture++;
      if (picture === pictures.length) return values;
      values.push(pictures[picture]!.at - at - ((i + 0.5) / weight) * SLICE_MS);
    }
  }
  return values;
}

/** Epoch milliseconds at which the slice began that holds `at`: slices lie on a grid of the monotonic clock. */
function sliceBegin(at: number): number {
  const boot = performance.timeOrigin + performance.now() - Number(process.hrtime.bigint()) / 1e6;
  return Math.floor((at - boot) / SLICE_MS) * SLICE_MS + boot;
}

function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]!;
}

async function sampleToPixel(): Promise<void> {
  const window = await openWindow({ initScript: watchPictures });
  try {
    const { page } = window;
    await page.getByRole('button', { name: /demo program/ }).click();
    await delay(WATCHED_SECONDS * 1000);
    const pictures = await page.evaluate(() => globalThis.window.drawnPictures);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText(/Finished/).first().waitFor();
    await page.getByRole('button', { name: 'Export' }).click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: /Recording/ }).click()]);
    const file = join(window.home, 'latency.ember');
    await download.saveAs(file);
    const { tables, metadata } = readRecording(file);
    const bySlice = new Map<number, number>();
    const { slice, weight } = tables.samples.columns;
    for (let row = 0; row < tables.samples.length; row++) bySlice.set(slice[row]!, (bySlice.get(slice[row]!) ?? 0) + weight[row]!);
    const begin = sliceBegin(metadata.startedAt);
    const slices = [...bySlice]
      .sort(([a], [b]) => a - b)
      .map(([index, count]) => ({ at: begin + index * SLICE_MS, weight: count }));
    const values = latencies(pictures, slices);
    const intervals = pictures.slice(1).map(({ at }, i) => at - pictures[i]!.at);
    printTable(`Sample to pixel, the demo at 99 Hz for ${WATCHED_SECONDS} s (${values.length} samples, the first ones too)`, ['', ''], [
      ['p50', `${median(values).toFixed(0)} ms`],
      ['p99', `${againstGoal(quantile(values, 0.99), 250, 0)} ms`],
      ['pictures a second', (1000 / (intervals.reduce((a, b) => a + b, 0) / intervals.length)).toFixed(1)],
    ]);
  } finally {
    await window.close();
  }
}

/** An engine of one made-up live recording. */
function syntheticEngine(stacks: number): { handlers: CallHandlers; info: RecordingInfo; feed(peer: WindowPeer): Promise<void>; loaded: Promise<number> } {
  const info: RecordingInfo = {
    id: 1, target: 'synthetic', question: 'on-cpu', frequencyHz: 99, startedAt: Date.now(), host: 'bench', kernel: 'none', cpus: 2,
    settings: { frequency: 99, children: true, kernelStacks: true }, state: { kind: 'live' }, savedAs: null,
  };
  const engine: EngineInfo = {
    version: 'bench', shell: 'chromium', shellReason: '', user: 'bench', uid: 0, host: 'bench', kernel: 'none', cpus: 2,
    helper: { kind: 'direct' }, hardwareCycles: false, cgroup: '', recordingsFolder: '/tmp',
  };
  const refuse = (): never => {
    throw new Error('not part of the bench');
  };
  let subscribed: () => void = () => undefined;
  const subscription = new Promise<void>((resolve) => {
    subscribed = resolve;
  });
  const handlers: CallHandlers = {
    hello: () => engine,
    recordings: () => [info],
    subscribe: () => {
      subscribed();
      return info;
    },
    watchProcesses: () => undefined,
    close: () => undefined,
    start: () => info, stop: () => info, save: refuse, upload: refuse, namedFile: () => null, openUpload: refuse, dropUpload: refuse, readFile: refuse, whyUnnamed: () => '', debugFiles: () => undefined, nameSource: () => '',
    sourceLines: () => ({ kind: 'absent', reason: '' }),
    functions: refuse, readyQuestions: () => [], startProbes: refuse, attachProbe: refuse, letRun: refuse, detachProbe: () => undefined, probes: () => [], doctor: refuse,
    library: refuse, watchLibrary: () => undefined, thumbnail: refuse, repetition: refuse, openFromLibrary: refuse, renameInLibrary: refuse, annotate: refuse, deleteFromLibrary: refuse, undoDeletion: refuse, reveal: refuse, moveLibrary: refuse,
  };
  /** Samples of what was there before the updates. */
  const loaded = Promise.withResolvers<number>();
  const figures = { durationNs: 1, ledger: { fired: 1, notOurs: 0, stored: 1, lost: 0 }, overhead: { bpfNs: 0, helperCpuNs: 0 } };
  return {
    handlers,
    info,
    loaded: loaded.promise,
    async feed(peer) {
      const program = new SyntheticProgram(stacks);
      await subscription;
      const { samples } = program.tables;
      const whole = samples.columns.weight.subarray(0, samples.length).reduce((sum, weight) => sum + weight, 0);
      let sent = rowCounts(createTables());
      for (let update = 0; ; update++) {
        for (const segments of rowBatches(segmentsSince(program.tables, sent))) {
          while (!peer.writable) await delay(5);
          peer.emit('rows', { id: 1, segments, sliceEnd: BEFORE + update * 10, figures });
        }
        sent = rowCounts(program.tables);
        loaded.resolve(whole);
        await delay(UPDATE_MS);
        program.update();
      }
    },
  };
}

interface MainThread {
  updatesPerSecond: number;
  scriptMs: number;
  taskMs: number;
  fps: number;
}

/** Main-thread time of the page over the updates, by the browser's own accounting. */
async function mainThreadWith(stacks: number): Promise<MainThread> {
  const engine = syntheticEngine(stacks);
  const server = await startShellServer({
    renderer: 'build/app/renderer',
    onWindow: (socket) => void engine.feed(serveWindow(socketTransport(socket), engine.handlers)),
  });
  const browser = await chromium.launch({ executablePath: findBrowser()!, args: ['--no-sandbox', '--disable-gpu', '--no-first-run'] });
  try {
    const page = await browser.newPage({ viewport: { width: 1600, height: 900 } });
    await page.addInitScript(watchPictures);
    await page.goto(server.oneTimeAddress());
    await page.getByRole('button', { name: /demo program/ }).click();
    const whole = await engine.loaded;
    await page.waitForFunction((samples) => (window.drawnPictures.at(-1)?.samples ?? 0) >= samples, whole, { timeout: 120_000 });
    await delay(2000);
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    const before = await taskTimes(session);
    const pictures = await page.evaluate(() => window.drawnPictures.length);
    const began = performance.now();
    await delay(UPDATES * UPDATE_MS);
    const seconds = (performance.now() - began) / 1000;
    const after = await taskTimes(session);
    const updates = (await page.evaluate(() => window.drawnPictures.length)) - pictures;
    // Counting frames makes the browser draw each of them, so it has a time of its own.
    const fps = await page.evaluate(
      (ms) => new Promise<number>((resolve) => {
        let frames = 0;
        const began = performance.now();
        const count = (): void => {
          frames++;
          if (performance.now() - began > ms) resolve(frames / ((performance.now() - began) / 1000));
          else requestAnimationFrame(count);
        };
        requestAnimationFrame(count);
      }),
      UPDATES * UPDATE_MS,
    );
    return {
      updatesPerSecond: updates / seconds,
      scriptMs: ((after.script - before.script) * 1000) / updates,
      taskMs: ((after.task - before.task) * 1000) / updates,
      fps,
    };
  } finally {
    await browser.close();
    await server.close();
  }
}

/** CPU seconds of the page's main thread since the session began. */
async function taskTimes(session: CDPSession): Promise<{ task: number; script: number }> {
  const { metrics } = await session.send('Performance.getMetrics');
  const value = (name: string): number => metrics.find((metric) => metric.name === name)!.value;
  return { task: value('TaskDuration'), script: value('ScriptDuration') };
}

async function mainThread(): Promise<void> {
  const small = await mainThreadWith(10_000);
  const large = await mainThreadWith(1_000_000);
  printTable(`The main thread, for one live update (1,600 px, ${UPDATES} updates, ${1000 / UPDATE_MS} a second)`, ['', '10 k call nodes', '1 M call nodes'], [
    ['updates drawn a second', small.updatesPerSecond.toFixed(1), large.updatesPerSecond.toFixed(1)],
    ['script, ms an update', small.scriptMs.toFixed(1), large.scriptMs.toFixed(1)],
    ['all tasks, ms an update', small.taskMs.toFixed(1), againstGoal(large.taskMs, 8, 1)],
    ['frames a second', small.fps.toFixed(0), `${large.fps.toFixed(0)} (goal 60)`],
  ]);
}

await sampleToPixel();
await mainThread();
process.exit(0);
