// SPDX-License-Identifier: Apache-2.0
/**
 * Probes with an hour of data: what the worker takes to count rows and to make pictures, what drawing them takes in a
 * real browser, and how many events a second the worker takes. Goal: a redraw within 4 ms.
 */
import { chromium } from 'playwright-core';
import { Table } from '../profile/tables.ts';
import { worded } from '../profile/testing.ts';
import { HOUR, hourOfProbe, wholeHour } from '../renderer/testing/redraw.ts';
import type {} from '../renderer/testing/harness.ts';
import { serveHarness } from '../renderer/testing/states.ts';
import { EventLog } from '../renderer/worker/event-log.ts';
import { findBrowser } from '../test/e2e/emberscope-window.ts';
import { againstGoal, median, printTable } from './table.ts';

const TIMES = 60;
const GOAL_MS = 4;

function timed(times: number, run: () => void): number {
  const all: number[] = [];
  for (let time = 0; time < times; time++) {
    const began = performance.now();
    run();
    all.push(performance.now() - began);
  }
  return median(all);
}

const began = performance.now();
const figures = hourOfProbe();
const counting = performance.now() - began;
const made = (view: Partial<typeof wholeHour>) => timed(TIMES, () => figures.picture(0, { ...wholeHour, ...view }, HOUR));
printTable('The worker: one probe, an hour, 12 rows a slice', ['step', 'ms (median)'], [
  ['counting the hour, made up meanwhile', counting.toFixed(0)],
  ['picture of the whole hour', againstGoal(made({}), GOAL_MS)],
  ['picture of the last minute', againstGoal(made({ newest: 3000 }), GOAL_MS)],
  ['histogram of half of it', againstGoal(made({ range: { from: HOUR / 2, to: HOUR } }), GOAL_MS)],
]);

const events = new Table('events');
for (let event = 0; event < 100_000; event++) {
  events.append(worded(`sys_clone(clone_flags=0x1200011) = ${event}`, { time: event }));
}
const second = events.segment(0);
const log = new EventLog();
const taking = timed(10, () => log.append(second));
log.filter((columns, at) => columns.text[at]!.includes('77'));
const filtering = timed(10, () => log.append(second));
printTable('The worker: a second of 100,000 events', ['step', 'ms (median)'], [
  ['taken', taking.toFixed(1)],
  ['taken with a filter', filtering.toFixed(1)],
]);

const browser = findBrowser();
if (browser === null) console.log('drawing: skipped, no Chromium is there');
else {
  const harness = await serveHarness();
  const opened = await chromium.launch({ executablePath: browser, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const page = await opened.newPage();
    await page.goto(`${harness.address}?still`);
    const drawn = await page.evaluate((times) => window.harness.redraws(times), TIMES);
    const [heat, histogram, rectangles] = [median(drawn.heat), median(drawn.histogram), median(drawn.rectangles)];
    printTable('Drawing, without a GPU, 500 x 110', ['picture', 'ms (median)', 'against a rectangle a cell'], [
      ['heat map of the hour', againstGoal(heat, GOAL_MS), (heat / rectangles).toFixed(2)],
      ['histogram', againstGoal(histogram, GOAL_MS), ''],
      ['(the same cells as rectangles)', rectangles.toFixed(2), '1'],
    ]);
  } finally {
    await opened.close();
    await harness.close();
  }
}
