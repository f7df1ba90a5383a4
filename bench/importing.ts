// SPDX-License-Identifier: Apache-2.0
/**
 * Importing other tools' files: as `emberscope import` does, to the recording on the disk, against speedscope's importer in a
 * browser, without the drawing; then files of a gigabyte, which are written here and removed. Goal: 1.5 GB at the most for folded
 * stacks and perf script.
 *
 *     node bench/importing.ts [rounds] [bytes of a large file; 0: none] [formats of large files]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FORMAT_NAMES, type FormatName } from '../formats/read/format.ts';
import type { Origin } from '../formats/write/origin.ts';
import { toPprof } from '../formats/write/pprof.ts';
import { toFolded } from '../formats/folded.ts';
import { findBrowser } from '../test/e2e/emberscope-window.ts';
import { deepStacks, SECONDS, speedscopeJson } from './deep-stacks.ts';
import type { ImportRun } from './import-run.ts';
import { writeLargeFile } from './large-files.ts';
import { importInSpeedscope } from './opening-pages.ts';
import { againstGoal, median, printTable } from './table.ts';

const STACKS = 100_000;
const SAMPLES = 1_000_000;
/** So that in a gigabyte of folded stacks hardly any comes twice. */
const LARGE_STACKS = 1_000_000;
const LARGE_SAMPLES = 5_000_000;
const GOAL_MEBIBYTES = 1500;
/** Folded stacks and perf script are streams of samples; of the others a file of this size is rare. */
const WITH_GOAL: ReadonlySet<FormatName> = new Set(['folded', 'perf-script']);

function importFile(file: string, ...flags: string[]): ImportRun {
  const output = `${file}.ember`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bench/import-run.ts', file, output, ...flags], { encoding: 'utf8' });
  const isLeft = statSync(output, { throwIfNoEntry: false }) !== undefined;
  rmSync(output, { force: true });
  if (status !== 0) throw new Error(`${file} could not be imported: ${stderr}`);
  if (isLeft === flags.includes('--cancel')) throw new Error(`${file}: ${isLeft ? 'a cancelled import left its recording' : 'there is no recording'}`);
  return JSON.parse(stdout) as ImportRun;
}

async function againstSpeedscope(folder: string, rounds: number): Promise<void> {
  const tables = deepStacks(1, STACKS, SAMPLES, 'near');
  const origin: Origin = { target: 'deep stacks', question: 'on-cpu', frequencyHz: 99, startedAt: 1_700_000_000_000, durationNs: SECONDS * 1e9, host: 'here', kernel: '6.18' };
  const files = { folded: 'deep.folded', pprof: 'deep.pb', 'speedscope JSON': 'deep.speedscope.json' };
  writeFileSync(join(folder, files.folded), toFolded(tables));
  writeFileSync(join(folder, files.pprof), toPprof(tables, origin));
  writeFileSync(join(folder, files['speedscope JSON']), speedscopeJson(tables));
  const rows = [];
  for (const [format, name] of Object.entries(files)) {
    const file = join(folder, name);
    const megabytes = statSync(file).size / 1e6;
    const ours: ImportRun[] = [];
    const theirs: { milliseconds: number; peak: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      ours.push(importFile(file));
      theirs.push(await importInSpeedscope(file));
    }
    const [our, their] = [median(ours.map(({ milliseconds }) => milliseconds)), median(theirs.map(({ milliseconds }) => milliseconds))];
    const [peak, peerPeak] = [median(ours.map((run) => run.peak)), median(theirs.map((run) => run.peak))];
    const rate = (milliseconds: number): string => (megabytes / (milliseconds / 1000)).toFixed(1);
    rows.push([`${format}, ${megabytes.toFixed(0)} MB`, rate(their), rate(our), (our / their).toFixed(2), peerPeak.toFixed(0), peak.toFixed(0), (peak / peerPeak).toFixed(2)]);
  }
  printTable(
    `Importing ${STACKS.toLocaleString('en')} stacks, ${SAMPLES.toLocaleString('en')} samples (median of ${rounds})`,
    ['', 'speedscope MB/s', 'ours, to the file', 'time: ours / speedscope', 'speedscope peak MiB', 'ours', 'memory: ours / speedscope'],
    rows,
  );
}

async function largeFiles(folder: string, bytes: number, formats: readonly FormatName[]): Promise<void> {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < 3 * bytes) {
    console.log(`\nskipped: ${folder} has no room for a file of ${bytes.toLocaleString('en')} bytes and its recording`);
    return;
  }
  const tables = deepStacks(1, LARGE_STACKS, LARGE_SAMPLES, 'near');
  const rows = [];
  for (const format of formats) {
    const file = join(folder, `large.${format}`);
    await writeLargeFile(file, format, tables, bytes);
    const run = importFile(file);
    const { cancelled } = importFile(file, '--cancel');
    const megabytes = statSync(file).size / 1e6;
    rmSync(file);
    rows.push([
      format, run.samples.toLocaleString('en'), run.stacks.toLocaleString('en'), (run.milliseconds / 1000).toFixed(0), (run.cpu / 1000).toFixed(0), (megabytes / (run.cpu / 1000)).toFixed(1),
      WITH_GOAL.has(format) ? againstGoal(run.peak, GOAL_MEBIBYTES, 0) : run.peak.toFixed(0), String(run.progress), run.longestSilence.toFixed(0), cancelled?.toFixed(0) ?? 'not cancelled',
    ]);
    console.error(rows.at(-1)!.join('  '));
  }
  printTable(
    `Files of ${(bytes / 1e6).toLocaleString('en')} MB`,
    ['', 'samples', 'rows of stacks', 's', 'CPU s', 'MB a CPU s', 'peak MiB', 'told how far', 'longest silence, ms', 'cancel to end, ms'],
    rows,
  );
}

const rounds = Number(process.argv[2] ?? 3);
const bytes = Number(process.argv[3] ?? 1e9);
const named = FORMAT_NAMES.filter((format) => process.argv.includes(format));
const folder = mkdtempSync(join(tmpdir(), 'emberscope-bench-importing-'));
try {
  if (findBrowser() === null) console.log('skipped: speedscope, since there is no Chromium');
  else if (rounds > 0) await againstSpeedscope(folder, rounds);
  if (bytes > 0) await largeFiles(folder, bytes, named.length > 0 ? named : FORMAT_NAMES);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
