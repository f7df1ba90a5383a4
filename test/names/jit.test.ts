// SPDX-License-Identifier: Apache-2.0
/** Names of code made at run time, by the programs that make it: node, the JDK, Python. Through the command line. */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { runCli, samplingObstacle } from '../../main/cli/testing.ts';
import { createEngine } from '../../main/engine/engine.ts';
import { FrameCategory, ModuleKind } from '../../profile/schema.ts';
import type { Tables } from '../../profile/tables.ts';
import { NONE } from '../../profile/units.ts';

const obstacle = samplingObstacle();
const programs = resolve(import.meta.dirname, '..', 'programs', 'run-time');
const folder = mkdtempSync(join(tmpdir(), 'emberscope-names-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
  // What node and Python leave of the programs here.
  for (const name of readdirSync('/tmp')) {
    const map = join('/tmp', name);
    if (/^perf-\d+\.map$/.test(name) && readFileSync(map, 'latin1').includes(`${programs}/busy`)) rmSync(map, { force: true });
  }
});
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A function. */
interface Found {
  /** "file:line" of the definition. */
  defined: string;
  /** Lines of addresses in it. */
  lines: Set<number>;
  /** Samples that have it in their stack. */
  samples: number;
}

interface Recorded {
  /** By name; the empty one is for frames without. */
  jit: Map<string, Found>;
  /** Samples. */
  all: number;
  /** Samples with a frame that has no name. */
  unnamed: number;
  /** Samples with a function of this file. */
  of: (file: string) => number;
  reasons: string[];
}

let count = 0;
async function record(...args: string[]): Promise<Recorded> {
  const file = join(folder, `${++count}.ember`);
  const { code, errors } = await runCli(['record', '--frequency', '499', '--output', file, ...args], { XDG_STATE_HOME: join(folder, 'state'), XDG_CACHE_HOME: join(folder, 'cache') });
  expect(errors).toContain('recording ');
  expect(code).toBe(0);
  const engine = await createEngine({ shell: 'chromium', shellReason: '', stateFolder: join(folder, 'state'), cacheFolder: null });
  try {
    const recording = await engine.openRecording(file);
    const { modules } = recording.tables;
    const reasons = new Set<string>();
    for (let module = 0; module < modules.length; module++) {
      if (modules.columns.kind[module] === ModuleKind.anonymous) reasons.add(await recording.whyUnnamed(module));
    }
    return { ...countFrames(recording.tables), reasons: [...reasons] };
  } finally {
    await engine.close();
  }
}

function countFrames(tables: Tables): Omit<Recorded, 'reasons'> {
  const { frames, symbols, functions, strings, stacks, samples } = tables;
  const text = (at: number) => strings.columns.text[at]!;
  const last = new Map<number, number>();
  for (let row = 0; row < symbols.length; row++) if (symbols.columns.depth[row] === 0) last.set(symbols.columns.frame[row]!, row);
  const jit = new Map<string, Found>();
  const files = new Map<string, number>();
  let all = 0;
  let unnamed = 0;
  for (let sample = 0; sample < samples.length; sample++) {
    const weight = samples.columns.weight[sample]!;
    all += weight;
    const seen = new Set<string>();
    for (let stack = samples.columns.stack[sample]!; stack !== NONE; stack = stacks.columns.prefix[stack]!) {
      const frame = stacks.columns.frame[stack]!;
      if (frames.columns.category[frame] !== FrameCategory.jit) continue;
      const row = last.get(frame) ?? -1;
      const index = row < 0 ? NONE : symbols.columns.function[row]!;
      const name = index === NONE ? '' : text(functions.columns.name[index]!);
      if (!seen.has(name)) {
        if (name === '') unnamed += weight;
        const defined = index === NONE ? '' : `${text(functions.columns.file[index]!)}:${functions.columns.line[index]}`;
        const found = jit.get(name) ?? { defined, lines: new Set(), samples: 0 };
        found.samples += weight;
        jit.set(name, found);
        seen.add(name);
        const file = defined.replace(/:\d+$/, '');
        if (!seen.has(`in ${file}`)) files.set(file, (files.get(file) ?? 0) + weight);
        seen.add(`in ${file}`);
      }
      if (row >= 0) jit.get(name)!.lines.add(symbols.columns.line[row]!);
    }
  }
  return { jit, all, unnamed, of: (file) => files.get(file) ?? 0 };
}

/** Node puts its dumps and logs where it stands. */
const inFolder = (...command: string[]): string[] => ['sh', '-c', 'cd "$0" && exec "$@"', folder, ...command];
const has = (name: string): boolean => spawnSync('which', [name]).status === 0;

/** Python 3.12 or later that can tell names; null: none is here. */
function newPython(): string | null {
  const versions = join(process.env.PYENV_ROOT ?? join(homedir(), '.pyenv'), 'versions');
  const others = existsSync(versions) ? readdirSync(versions).map((each) => join(versions, each, 'bin', 'python3')) : [];
  const check = 'import sys, sysconfig; print(sys.version_info >= (3, 12) and sysconfig.get_config_var("PY_HAVE_PERF_TRAMPOLINE") == 1)';
  for (const each of ['python3', 'python3.14', 'python3.13', 'python3.12', ...others.sort().reverse()]) {
    if (spawnSync(each, ['-c', check], { encoding: 'utf8' }).stdout?.trim() === 'True') return each;
  }
  return null;
}

describe.skipIf(obstacle !== null)('names of code made at run time', () => {
  const js = join(programs, 'busy.js');

  test('node with a perf map: every function with file and line', async () => {
    const { jit, all, unnamed, of } = await record('--', ...inFolder(process.execPath, '--perf-basic-prof', '--interpreted-frames-native-stack', js, '2'));
    // V8 may inline it everywhere soon, but not at once.
    expect(jit.get('inner')?.defined).toBe(`${js}:3`);
    expect(of(js) / all).toBeGreaterThan(0.7);
    expect(unnamed / all).toBeLessThan(0.01);
  });

  test('node with a jitdump: the lines of addresses as well', async () => {
    const { jit, all, of } = await record('--', ...inFolder(process.execPath, '--perf-prof', js, '2'));
    expect(of(js) / all).toBeGreaterThan(0.7);
    // The line of the loop, wherever it was inlined.
    expect([...jit.values()].some(({ lines, defined }) => defined.startsWith(js) && lines.has(5))).toBe(true);
  });

  test('node without one: the flags that would name it', async () => {
    const { jit, reasons } = await record('--', process.execPath, js, '1');
    expect([...jit.keys()]).toEqual(['']);
    expect(reasons.join(' ')).toContain('node --perf-basic-prof --interpreted-frames-native-stack');
  });

  test('java: names on demand while it runs', async ({ skip }) => {
    if (!has('java') || !has('javac') || !has('jcmd')) return skip('no JDK is installed');
    execFileSync('javac', ['-d', folder, join(programs, 'Busy.java')]);
    // One compiler, at once: so nothing that is sampled has been replaced by the time the names are written.
    const java = spawn('java', ['-XX:+PreserveFramePointer', '-XX:-TieredCompilation', '-Xbatch', '-cp', folder, 'Busy', '60'], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(java);
    await once(java.stdout, 'data');
    const before = await record('--pid', `${java.pid}`, '--seconds', '1');
    expect(before.unnamed / before.all).toBeGreaterThan(0.5);
    expect(before.reasons.join(' ')).toContain(`"jcmd ${java.pid} Compiler.perfmap"`);
    expect(before.reasons.join(' ')).toContain('-XX:+PreserveFramePointer');
    // While it is recorded: what was seen before gets its names then.
    const recording = record('--pid', `${java.pid}`, '--seconds', '3');
    await new Promise((done) => setTimeout(done, 1500));
    execFileSync('jcmd', [`${java.pid}`, 'Compiler.perfmap'], { stdio: 'ignore' });
    const { jit, all, unnamed } = await recording;
    rmSync(`/tmp/perf-${java.pid}.map`, { force: true });
    const names = [...jit].filter(([name]) => /^Busy\.(inner|outer|main)$/.test(name));
    expect(Math.max(...names.map(([, { samples }]) => samples)) / all).toBeGreaterThan(0.5);
    expect(unnamed / all).toBeLessThan(0.05);
  });

  test('Python 3.12 or later with -X perf', async ({ skip }) => {
    const python = newPython();
    if (!python) return skip('no Python with -X perf is here');
    const { jit, all } = await record('--', python, '-X', 'perf', join(programs, 'busy.py'), '2');
    expect(jit.has('')).toBe(false);
    for (const [name, { defined }] of jit) expect([name, defined]).toEqual([name, expect.stringMatching(/^(<frozen .*>|\/.*\.py|<string>):0$/)]);
    for (const name of ['inner', 'Worker.method', '<module>']) expect(jit.get(name)!.samples / all).toBeGreaterThan(0.5);
  });
});

if (obstacle !== null) test('names of code made at run time', ({ skip }) => skip(obstacle));
