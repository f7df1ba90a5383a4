// SPDX-License-Identifier: Apache-2.0
/** What processes take in memory and of the CPU, by /proc; and a page's memory, with its workers, after a collection of garbage. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

const COLLECTIONS = 3;
const MEBIBYTE = 1024;

/** For a browser whose pages are asked here. */
export const COLLECTS_GARBAGE = '--js-flags=--expose-gc';

export interface Memory {
  /** MiB that are this process's alone. */
  private: number;
  /** MiB that were ever resident, with what it shares. */
  peak: number;
}

function kibibytes(file: string, field: string): number {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(file, 'utf8'));
  if (!found) throw new Error(`${file} has no ${field}`);
  return Number(found[1]);
}

export function memoryOf(pid: number): Memory {
  const rollup = `/proc/${pid}/smaps_rollup`;
  const own = kibibytes(rollup, 'Private_Clean') + kibibytes(rollup, 'Private_Dirty');
  return { private: own / MEBIBYTE, peak: kibibytes(`/proc/${pid}/status`, 'VmHWM') / MEBIBYTE };
}

/** Milliseconds of CPU time since it began. */
export function cpuOf(pid: number): number {
  // Behind the name, which may hold anything: utime and stime, in ticks of 10 ms.
  const [utime, stime] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ').slice(11, 13).map(Number);
  return (utime! + stime!) * 10;
}

/** Of all of the browser's processes. */
export async function browserCpu(page: Page): Promise<number> {
  return (await processesOf(page)).reduce((sum, { id }) => sum + cpuOf(id), 0);
}

async function processesOf(page: Page): Promise<{ id: number; type: string }[]> {
  const session = await page.context().browser()!.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo;
}

/** Of the process that draws the page. Of a browser with one page, it is the largest. */
export async function pageMemory(page: Page): Promise<Memory> {
  const collect = (): void => (globalThis as unknown as { gc: () => void }).gc();
  for (let round = 0; round < COLLECTIONS; round++) {
    await page.evaluate(collect);
    for (const worker of page.workers()) await worker.evaluate(collect);
  }
  // Pages are given back some time after.
  await page.waitForTimeout(1000);
  const memories = (await processesOf(page)).filter(({ type }) => type === 'renderer').map(({ id }) => memoryOf(id));
  return memories.reduce((most, memory) => (memory.private > most.private ? memory : most));
}
