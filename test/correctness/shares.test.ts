// SPDX-License-Identifier: Apache-2.0
/** The picture against two other truths in the same run: the demo's design, and `perf record -g`. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const run = promisify(execFile);
const FREQUENCY = 999;
const SECONDS = 10;
const POINTS = 0.03;
/** Where a thread has so few samples that chance alone may exceed three points. */
const STANDARD_DEVIATIONS = 4;

/** Shares of each thread's CPU time, inclusive, by the head comment of test/programs/demo.c. */
const DESIGN: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  serve_requests: {
    parse_request: 0.3, read_tokens: 0.18, build_tree: 0.12, compress_body: 0.45, find_matches: 0.27, encode_block: 0.18,
    render_page: 0.25, layout_boxes: 0.1, paint_pixels: 0.05, load_texture: 0.1,
  },
  index_documents: { scan_corpus: 0.6, split_words: 0.4, hash_words: 0.2, write_index: 0.4, sort_postings: 0.4 },
};

/** Function -> samples whose stack holds it. */
type Inclusive = Map<string, number>;

function addStack(counts: Inclusive, frames: Iterable<string>, weight: number): void {
  for (const name of new Set(frames)) counts.set(name, (counts.get(name) ?? 0) + weight);
}

function fromFolded(folded: string): Inclusive {
  const counts: Inclusive = new Map();
  for (const line of folded.trim().split('\n')) {
    const at = line.lastIndexOf(' ');
    addStack(counts, line.slice(0, at).split(';'), Number(line.slice(at + 1)));
  }
  return counts;
}

/** `perf script -F ip,sym`: a block of "address name" lines a sample. */
function fromPerfScript(text: string): Inclusive {
  const counts: Inclusive = new Map();
  for (const block of text.split('\n\n')) {
    addStack(counts, [...block.matchAll(/^\s*[0-9a-f]+ (\S+)/gm)].map(([, name = '']) => name), 1);
  }
  return counts;
}

function whyNot(): string | null {
  if (process.getuid?.() !== 0) return 'sampling without a password dialog needs root';
  if (spawnSync('perf', ['--version']).status !== 0) return 'perf is not installed';
  return null;
}

const reason = whyNot();

interface Seen {
  ours: Inclusive;
  perfs: Inclusive;
}

/** Emberscope and perf on the same demo at the same time. */
async function sampleDemo(folder: string): Promise<Seen> {
  const demo = spawn('build/programs/demo', [], { stdio: 'ignore' });
  const recording = join(folder, 'demo.ember');
  const perfData = join(folder, 'perf.data');
  const cli = 'main/cli/bin.mjs';
  const big = { maxBuffer: 256 << 20 };
  try {
    await Promise.all([
      run(process.execPath, [cli, 'record', '--force', '--pid', `${demo.pid}`, '--frequency', `${FREQUENCY}`, '--seconds', `${SECONDS}`, '--output', recording]),
      run('perf', ['record', '-q', '-e', 'cpu-clock', '-g', '-F', `${FREQUENCY}`, '-p', `${demo.pid}`, '-o', perfData, '--', 'sleep', `${SECONDS}`]),
    ]);
    return {
      ours: fromFolded((await run(process.execPath, [cli, 'export', recording, '--format', 'folded'], big)).stdout),
      perfs: fromPerfScript((await run('perf', ['script', '-i', perfData, '-F', 'ip,sym'], big)).stdout),
    };
  } finally {
    demo.kill('SIGKILL');
  }
}

function compare(thread: string, { ours, perfs }: Seen): void {
  const [all, perfAll] = [ours.get(thread) ?? 0, perfs.get(thread) ?? 0];
  expect(all).toBeGreaterThan(400);
  expect(perfAll).toBeGreaterThan(400);
  for (const [name, share] of Object.entries(DESIGN[thread]!)) {
    const variance = share * (1 - share);
    const chance = STANDARD_DEVIATIONS * Math.sqrt(variance / all);
    const chanceOfBoth = STANDARD_DEVIATIONS * Math.sqrt(variance / all + variance / perfAll);
    const seen = (ours.get(name) ?? 0) / all;
    const perfSeen = (perfs.get(name) ?? 0) / perfAll;
    expect.soft(Math.abs(seen - share), `${name}: ${seen.toFixed(3)} seen, ${share} designed`).toBeLessThan(Math.max(POINTS, chance));
    expect
      .soft(Math.abs(seen - perfSeen), `${name}: ${seen.toFixed(3)} seen, ${perfSeen.toFixed(3)} by perf`)
      .toBeLessThan(Math.max(POINTS, chanceOfBoth));
  }
}

function suite(): void {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'shares-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test('are as designed, and as perf sees them, within three points', async () => {
    const seen = await sampleDemo(folder);
    for (const thread of Object.keys(DESIGN)) compare(thread, seen);
  });
}

if (reason === null) describe('shares of the demo', suite);
else test('shares of the demo', ({ skip }) => skip(reason));
