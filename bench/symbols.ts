// SPDX-License-Identifier: Apache-2.0
/**
 * Function names for 2,000 random addresses: ours against llvm-symbolizer and addr2line, from a closed file each
 * time. The tools' time includes their start (a run for one address of a tiny program is taken off) and, where
 * there is debug information, its reading, which they do not do without. "Same" counts equal names: where debug
 * information has an inlined function the tools name that one, and of aliases they may choose another.
 */
import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { loadAddon } from '../main/engine/symbolication/addon.ts';
import { readElfSymbols } from '../native/addon/testing/symbol-table.ts';
import { median, printTable } from './table.ts';

const COUNT = 2000;
const RUNS = 5;
const DEBUG_FOLDERS = ['/usr/lib/debug'];
const addon = loadAddon();

interface Tool {
  name: string;
  command: string;
  arguments: (object: string) => string[];
  /** Lines of its answer to one name an address. */
  names: (lines: string[]) => string[];
}

const known: Tool[] = [
  {
    name: 'llvm-symbolizer',
    command: 'llvm-symbolizer',
    arguments: (object) => ['--functions=linkage', '--no-demangle', '--no-inlines', `--obj=${object}`],
    names: (lines) => lines.filter((_, i) => i % 3 === 0),
  },
  {
    name: 'addr2line',
    command: 'addr2line',
    arguments: (object) => ['-f', '-e', object],
    names: (lines) => lines.filter((_, i) => i % 2 === 0),
  },
];
const tools = known.filter(({ command }) => spawnSync(command, ['--version']).status === 0);

/** Offsets in the code and their addresses, the same in every run. */
function places(object: string): { offsets: Float64Array; addresses: string[] } {
  const { code } = readElfSymbols(object);
  const part = code.reduce((a, b) => (a.size > b.size ? a : b));
  let state = 1;
  const offsets = Float64Array.from({ length: COUNT }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return part.fileOffset + Math.floor((state / 2 ** 32) * part.size);
  });
  return { offsets, addresses: [...offsets].map((offset) => `0x${(offset - part.fileOffset + part.address).toString(16)}`) };
}

function timeTool(tool: Tool, object: string, addresses: string[]): { ms: number; names: string[] } {
  const began = performance.now();
  const { stdout } = spawnSync(tool.command, tool.arguments(object), { input: `${addresses.join('\n')}\n`, encoding: 'utf8', maxBuffer: 1 << 28 });
  const ms = performance.now() - began;
  return { ms, names: tool.names(stdout.split('\n')).slice(0, addresses.length) };
}

async function timeOurs(object: string, offsets: Float64Array): Promise<{ openMs: number; allMs: number; names: string[]; source: string }> {
  const began = performance.now();
  const opened = await addon.openObject(object, '', DEBUG_FOLDERS);
  const openMs = performance.now() - began;
  const batch = await addon.symbolize(opened.handle, offsets);
  const allMs = performance.now() - began;
  addon.closeObject(opened.handle);
  return { openMs, allMs, names: [...batch.name].map((index) => batch.names[index] ?? ''), source: `${opened.source}, ${opened.symbols}` };
}

async function nanosecondsALookup(object: string, offsets: Float64Array): Promise<number> {
  const { handle } = await addon.openObject(object, '', DEBUG_FOLDERS);
  const many = new Float64Array(COUNT * 100).map((_, i) => offsets[i % COUNT]!);
  const began = performance.now();
  await addon.symbolize(handle, many);
  const ns = ((performance.now() - began) * 1e6) / many.length;
  addon.closeObject(handle);
  return ns;
}

const repeat = <T>(run: () => T): T[] => Array.from({ length: RUNS }, run);
const rows: string[][] = [];
for (const path of ['/lib/x86_64-linux-gnu/libc.so.6', '/usr/bin/python3', process.execPath].map((path) => realpathSync(path))) {
  const { offsets, addresses } = places(path);
  const ours = [await timeOurs(path, offsets)];
  while (ours.length < RUNS) ours.push(await timeOurs(path, offsets));
  const allMs = median(ours.map((run) => run.allMs));
  const { names, source } = ours[0]!;
  const cells = tools.map((tool) => {
    const start = median(repeat(() => timeTool(tool, '/bin/true', ['0x1000']).ms));
    const runs = repeat(() => timeTool(tool, path, addresses));
    const theirs = runs[0]!.names;
    const both = names.filter((name, i) => name !== '' && theirs[i] !== '??');
    const same = names.filter((name, i) => name !== '' && theirs[i] !== '??' && addon.demangle(theirs[i]!) === name);
    const ratio = Math.max(0, median(runs.map((run) => run.ms)) - start) / allMs;
    return `${ratio.toFixed(1)} x, same ${same.length}/${both.length}`;
  });
  const openMs = median(ours.map((run) => run.openMs));
  const ns = await nanosecondsALookup(path, offsets);
  const named = names.filter((name) => name !== '').length;
  rows.push([path, source, `${named}/${COUNT}`, openMs.toFixed(1), ns.toFixed(0), allMs.toFixed(1), ...cells]);
}
printTable(
  `Names for ${COUNT} addresses, median of ${RUNS}; a tool's figure is its time by ours, and how many names are the same where both have one`,
  ['object', 'symbols', 'named', 'open ms', 'ns a look-up', 'ms in all', ...tools.map(({ name }) => name)],
  rows,
);
for (const { name } of known.filter((tool) => !tools.includes(tool))) console.log(`left out: ${name} is not installed`);
