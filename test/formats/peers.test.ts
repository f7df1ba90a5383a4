// SPDX-License-Identifier: Apache-2.0
/** What is exported opens in the tools whose formats these are, and they show the figures that we show. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toSpeedscope } from '../../formats/write/speedscope.ts';
import { ORIGIN, smallProfile } from '../../formats/write/testing.ts';
import { runCli, samplingObstacle } from '../../main/cli/testing.ts';

const CHROMIUM = '/usr/bin/chromium';

const PROGRAM = `
import time
end = time.time() + 1.5
def work(n):
    return sum(i * i for i in range(n))
while time.time() < end: work(2000)
`;

const folder = mkdtempSync(join(tmpdir(), 'emberscope-peers-'));
const at = (name: string) => join(folder, name);
const run = (...args: string[]) => runCli(args, { XDG_STATE_HOME: at('state'), XDG_DATA_HOME: at('data'), XDG_CACHE_HOME: at('cache') });
afterAll(() => rmSync(folder, { recursive: true }));

const obstacle = samplingObstacle() ?? (existsSync('/usr/bin/go') ? null : "Go's pprof (golang-go) is not installed");
if (obstacle) console.log(`skipped: exports in Google's pprof: ${obstacle}`);

interface Figures {
  self: Map<string, number>;
  total: Map<string, number>;
}

const add = (sums: Map<string, number>, name: string, weight: number): unknown => sums.set(name, (sums.get(name) ?? 0) + weight);

/** By function; what has no name counts to its file in brackets, as pprof shows it. */
function figuresOf(folded: string): Figures {
  const figures: Figures = { self: new Map(), total: new Map() };
  for (const line of folded.trimEnd().split('\n')) {
    const [, stack, weight] = /^(.*) (\d+)$/.exec(line)!;
    const names = stack!.split(';').slice(1).map((name) => name.replace(/_\[[kij]\]$/, '').replace(/^(.+)\+0x[0-9a-f]+$/, '[$1]'));
    for (const name of new Set(names)) add(figures.total, name, Number(weight));
    if (names.length > 0) add(figures.self, names.at(-1)!, Number(weight));
  }
  return figures;
}

/** Of `pprof -top`: a line a function, "flat flat% sum% cum cum% name". */
function topOf(output: string): Figures {
  const figures: Figures = { self: new Map(), total: new Map() };
  const lines = output.split('\n');
  for (const line of lines.slice(lines.findIndex((each) => each.trim().startsWith('flat ')) + 1)) {
    const [flat, , , cumulated, , ...name] = line.trim().split(/\s+/);
    if (name.length === 0) continue;
    const called = name.join(' ').replace(/ \((partial-)?inline\)$/, '');
    if (flat !== '0') add(figures.self, called, Number(flat));
    add(figures.total, called, Number(cumulated));
  }
  return figures;
}

describe.skipIf(obstacle !== null)("Google's pprof", () => {
  const pprof = (...args: string[]) => execFileSync('/usr/bin/go', ['tool', 'pprof', ...args], { encoding: 'utf8', env: { ...process.env, PPROF_BINARY_PATH: at('none'), HOME: folder }, stdio: ['ignore', 'pipe', 'pipe'] });

  beforeAll(async () => {
    const recorded = await run('record', '--frequency', '299', '--output', at('python.ember'), '--', 'python3', '-c', PROGRAM);
    expect(recorded.errors).not.toMatch(/^emberscope:/m);
    expect((await run('export', at('python.ember'), '--output', at('python.pb.gz'))).code).toBe(0);
  });

  test('shows the samples of every function that we show', async () => {
    const ours = figuresOf((await run('export', at('python.ember'), '--format', 'folded')).output);
    const theirs = topOf(pprof('-top', '-symbolize=none', '-sample_index=samples', '-nodefraction=0', '-edgefraction=0', '-nodecount=100000', at('python.pb.gz')));
    expect(theirs.self.size).toBeGreaterThan(10);
    expect([...theirs.self].sort()).toEqual([...ours.self].sort());
    // Functions of one name in two files are two for pprof where both are in a stack.
    for (const [name, total] of ours.total) expect(theirs.total.get(name), name).toBeGreaterThanOrEqual(total);
  });

  test('takes the file for sound, with threads, files and inlined functions', () => {
    const raw = pprof('-raw', '-symbolize=none', at('python.pb.gz'));
    expect(raw).toContain('PeriodType: cpu nanoseconds');
    expect(raw).toMatch(/process:\[python3/);
    expect(raw).toMatch(/\[kernel\]/);
    expect(raw).toMatch(/tid:\[\d+\]/);
    expect(pprof('-tags', '-symbolize=none', at('python.pb.gz'))).toMatch(/thread: Total/);
  });
});

const application = join(dirname(createRequire(import.meta.url).resolve('speedscope/package.json')), 'dist', 'release', 'index.html');
const browserObstacle = existsSync(CHROMIUM) ? null : `${CHROMIUM} is not installed`;
if (browserObstacle) console.log(`skipped: exports in speedscope: ${browserObstacle}`);

describe.skipIf(browserObstacle !== null)('speedscope', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--allow-file-access-from-files'] });
  });
  afterAll(() => browser?.close());

  test('opens the file in its own application, with a profile a thread', async () => {
    // As its command line hands files over.
    const content = Buffer.from(toSpeedscope(smallProfile(), ORIGIN)).toString('base64');
    writeFileSync(at('handed-over.js'), `speedscope.loadFileFromBase64('x.speedscope.json', '${content}')`);
    const page = await browser.newPage();
    const troubles: string[] = [];
    page.on('pageerror', (error) => troubles.push(error.message));
    await page.goto(`${pathToFileURL(application).href}#localProfilePath=${at('handed-over.js')}`);
    await expect.poll(() => page.title(), { timeout: 20_000 }).toBe('program 1 - speedscope');
    await page.getByText('program 1 · program 1 (1/2)').waitFor();
    expect(troubles).toEqual([]);
  });
});
