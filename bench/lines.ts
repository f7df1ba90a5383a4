// SPDX-License-Identifier: Apache-2.0
/**
 * Functions, inlined functions and lines of random addresses, cold (2,000, from a closed file) and warm (one more), against
 * llvm-symbolizer and addr2line, told in CPU time; and the frames of one perf.data against `perf script --inline`. A
 * tool's start, a run for one address of a tiny program, is taken off.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { loadAddon } from '../main/engine/symbolication/addon.ts';
import { DEBUG_FOLDERS, readLayout, symbolAddress } from './accuracy/object-files.ts';
import { readPerfData } from './accuracy/perf-script.ts';
import { randomOffsets } from './accuracy/random-offsets.ts';
import { cpuSeconds } from './profilers.ts';
import { median, printTable } from './table.ts';

const COLD = 2000;
const WARM = 100_000;
const RUNS = 3;
const LLVM_GOAL = 2;
const ADDR2LINE_GOAL = 50;
const PATIENCE = 120;
const objects = ['/lib/x86_64-linux-gnu/libc.so.6', '/usr/bin/python3', 'build/programs/stock-templates-gcc', 'build/programs/stock-crab'];
const addon = loadAddon();

/** CPU seconds of this process, its threads included. */
async function cpuOf(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

async function ours(object: string, cold: Float64Array, warm: Float64Array): Promise<{ cold: number; warm: number }> {
  let handle = 0;
  const coldSeconds = await cpuOf(async () => {
    ({ handle } = await addon.openObject(object, '', DEBUG_FOLDERS));
    await addon.symbolize(handle, cold);
    await addon.locate(handle, cold);
  });
  const warmSeconds = await cpuOf(async () => {
    await addon.symbolize(handle, warm);
    await addon.locate(handle, warm);
  });
  addon.forgetDebugInfo();
  addon.closeObject(handle);
  return { cold: coldSeconds, warm: warmSeconds / warm.length };
}

interface Tool {
  name: string;
  command: (object: string) => string;
  goal: number;
  /** Addresses of its two runs: the difference is what one more costs. */
  more: number;
}

const known: Tool[] = [
  { name: 'llvm-symbolizer', command: (object) => `llvm-symbolizer --obj=${object} --inlines`, goal: LLVM_GOAL, more: WARM },
  { name: 'addr2line', command: (object) => `addr2line -i -f -C -e ${object}`, goal: ADDR2LINE_GOAL, more: 10 * COLD },
];
const tools = known.filter(({ name }) => spawnSync(name, ['--version']).status === 0);

function toolSeconds(tool: Tool, object: string, addresses: readonly number[], folder: string): number {
  const list = join(folder, 'addresses');
  writeFileSync(list, addresses.map((address) => `0x${address.toString(16)}\n`).join(''));
  return cpuSeconds(['bash', '-c', `exec ${tool.command(object)} < ${list}`]);
}

const ratio = (value: number, goal: number): string => `${value.toFixed(1)} x${value >= goal ? '' : ` (goal ${goal} x: missed)`}`;

async function compareTools(folder: string): Promise<void> {
  const rows: string[][] = [];
  for (const path of objects.filter((each) => existsSync(each))) {
    const object = realpathSync(path);
    const layout = readLayout(object);
    const { rows: unwindRows } = await addon.compileUnwindRows(object, '');
    const all = randomOffsets(layout, unwindRows, COLD + WARM);
    const [cold, warm] = [all.slice(0, COLD), all.slice(COLD)];
    const runs: { cold: number; warm: number }[] = [];
    for (let run = 0; run < RUNS; run++) runs.push(await ours(object, cold, warm));
    const our = { cold: median(runs.map((run) => run.cold)), warm: median(runs.map((run) => run.warm)) };
    const opened = await addon.openObject(object, '', DEBUG_FOLDERS);
    const source = opened.debugFile || object;
    addon.closeObject(opened.handle);
    const addresses = [...all].map((offset) => symbolAddress(layout, offset));
    const cells = tools.flatMap((tool) => {
      const start = median(Array.from({ length: RUNS }, () => toolSeconds(tool, '/bin/true', [0x1000], folder)));
      const few = median(Array.from({ length: RUNS }, () => toolSeconds(tool, source, addresses.slice(0, COLD), folder)));
      const many = toolSeconds(tool, source, addresses.slice(0, tool.more), folder);
      return [ratio((few - start) / our.cold, tool.goal), ratio((many - few) / (tool.more - COLD) / our.warm, tool.goal)];
    });
    rows.push([path, (our.cold * 1000).toFixed(0), (our.warm * 1e6).toFixed(2), ...cells]);
  }
  printTable(
    `Functions, inlined functions and lines of ${COLD} addresses, cold, and of one more, warm (CPU time, median of ${RUNS}); a tool's by ours`,
    ['', 'cold ms', 'warm us', ...tools.flatMap(({ name }) => [`${name}, cold`, 'warm'])],
    rows,
  );
}

/** The frames of a recording by perf, named by perf and by us. */
async function comparePerf(name: string, child: ChildProcess, folder: string): Promise<string[]> {
  const file = join(folder, 'perf.data');
  await delay(500);
  spawnSync('perf', ['record', '-q', '-e', 'cpu-clock', '--call-graph', 'dwarf', '-F', '499', '-p', `${child.pid}`, '-o', file, '--', 'sleep', '2'], { stdio: 'ignore' });
  child.kill('SIGKILL');
  const byObject = new Map<string, Set<number>>();
  for await (const { frames } of readPerfData(file)) {
    for (const { object, address } of frames) if (object.startsWith('/')) byObject.set(object, (byObject.get(object) ?? new Set()).add(address));
  }
  const our = await cpuOf(async () => {
    for (const [object, offsets] of byObject) {
      const { handle, debugInfo } = await addon.openObject(realpathSync(object), '', DEBUG_FOLDERS);
      await addon.symbolize(handle, Float64Array.from(offsets));
      if (debugInfo !== 'none') await addon.locate(handle, Float64Array.from(offsets));
      addon.closeObject(handle);
    }
    addon.forgetDebugInfo();
  });
  // Its walks through the copied stacks are not part of the comparison.
  const walks = cpuSeconds(['timeout', `${PATIENCE}`, 'perf', 'script', '-i', file, '-F', 'ip,sym', '--no-inline']);
  const whole = cpuSeconds(['timeout', `${PATIENCE}`, 'perf', 'script', '-i', file, '-F', 'ip,sym,srcline', '--inline']);
  const frames = [...byObject.values()].reduce((sum, { size }) => sum + size, 0);
  return [name, `${frames}`, `${(our * 1000).toFixed(0)} ms`, `${(whole - walks).toFixed(1)} s`, `${((whole - walks) / our).toFixed(0)} x`];
}

const folder = mkdtempSync(join(tmpdir(), 'bench-lines-'));
try {
  await compareTools(folder);
  if (process.getuid?.() === 0 && spawnSync('perf', ['--version']).status === 0) {
    // With DWARF in the file itself: perf does not look for debug files of its own accord.
    const rows: string[][] = [];
    for (const name of ['stock-templates-gcc', 'stock-templates-clang']) rows.push(await comparePerf(name, spawn(`build/programs/${name}`, [], { stdio: 'ignore' }), folder));
    printTable(`Lines and inlined functions of all frames that perf recorded in 2 s (CPU time; perf is stopped after ${PATIENCE} s)`, ['', 'distinct frames', 'ours', 'perf script --inline', 'perf / ours'], rows);
  } else console.log('left out: perf script --inline needs perf and root');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
