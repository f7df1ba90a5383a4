// SPDX-License-Identifier: Apache-2.0
/**
 * 100,000 stacks thirty frames deep with a million samples, opened in the window (with the real engine) and in speedscope's
 * own page, in the same browser: milliseconds to the picture, and memory. Goals: a recording is on the screen ten times as
 * soon as in speedscope, in a third of its memory.
 *
 *     node bench/opening.ts [rounds] [stacks] [samples]
 */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Origin } from '../formats/write/origin.ts';
import { writeFormat } from '../formats/write/write-format.ts';
import { findBrowser } from '../test/e2e/emberscope-window.ts';
import { deepStacks, SECONDS, speedscopeJson, writeRecording } from './deep-stacks.ts';
import { openInSpeedscope, openInWindow, type Opened } from './opening-pages.ts';
import { againstGoal, median, printTable } from './table.ts';

const TIME_GOAL = 0.1;
const MEMORY_GOAL = 0.33;

const FORMATS = { speedscope: 'deep.speedscope.json', folded: 'deep.folded', pprof: 'deep.pb.gz' } as const;

const rounds = Number(process.argv[2] ?? 3);
const stacks = Number(process.argv[3] ?? 100_000);
const samples = Number(process.argv[4] ?? 1_000_000);

async function writeFiles(folder: string): Promise<void> {
  const tables = deepStacks(1, stacks, samples, 'near');
  await writeRecording(join(folder, 'deep.ember'), tables, samples);
  const origin: Origin = { target: 'deep stacks', question: 'on-cpu', frequencyHz: 99, startedAt: 1_700_000_000_000, durationNs: SECONDS * 1e9, host: 'here', kernel: '6.18' };
  writeFileSync(join(folder, FORMATS.speedscope), speedscopeJson(tables));
  for (const format of ['folded', 'pprof'] as const) writeFileSync(join(folder, FORMATS[format]), await writeFormat(format, tables, { origin, title: origin.target }));
}

/** Median of the rounds. */
const mid = (opened: readonly Opened[], figure: (each: Opened) => number): number => median(opened.map(figure));
/** The goals are for recordings; what is imported is compared alone. */
const ratio = (file: string, value: number, goal: number): string => (file.endsWith('.ember') ? againstGoal(value, goal) : value.toFixed(2));
const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(1);
const mebibytes = (value: number): string => value.toFixed(0);

if (findBrowser() === null) {
  console.log('skipped: there is no Chromium');
  process.exit(0);
}
const folder = mkdtempSync(join(tmpdir(), 'emberscope-bench-opening-'));
try {
  await writeFiles(folder);
  const at = (name: string): string => join(folder, name);
  const size = (name: string): string => `${(statSync(at(name)).size / 1e6).toFixed(0)} MB`;
  const pairs = [
    { what: 'our recording / speedscope JSON', ours: 'deep.ember', theirs: FORMATS.speedscope },
    ...Object.entries(FORMATS).map(([format, name]) => ({ what: `both: ${format}`, ours: name, theirs: name })),
  ];
  const theirs = new Map<string, Opened[]>();
  const ours = new Map<string, Opened[]>();
  for (let round = 0; round < rounds; round++) {
    for (const [format, name] of Object.entries(FORMATS)) theirs.set(name, [...(theirs.get(name) ?? []), await openInSpeedscope(at(name), `opening-speedscope-${format}`)]);
    for (const { ours: name } of pairs) ours.set(name, [...(ours.get(name) ?? []), await openInWindow(at(name), samples, `opening-${name.replaceAll('.', '-')}`)]);
  }
  const rows = pairs.map(({ what, ours: our, theirs: their }) => ({ what, our, their, a: ours.get(our)!, b: theirs.get(their)! }));
  printTable(
    `${stacks.toLocaleString('en')} stacks, ${samples.toLocaleString('en')} samples: seconds from the choice of the file (median of ${rounds})`,
    ['', 'bytes: ours', 'speedscope', 'speedscope', 'ours: first frame', '/ speedscope', 'all samples', '/ speedscope', 'CPU: speedscope', 'ours', 'ours / speedscope'],
    rows.map(({ what, our, their, a, b }) => {
      const [first, whole, peer] = [mid(a, (each) => each.first), mid(a, (each) => each.whole), mid(b, (each) => each.whole)];
      const [cpu, peerCpu] = [mid(a, (each) => each.cpu), mid(b, (each) => each.cpu)];
      return [
        what, size(our), size(their), seconds(peer), seconds(first), ratio(our, first / peer, TIME_GOAL), seconds(whole), ratio(our, whole / peer, TIME_GOAL),
        seconds(peerCpu), seconds(cpu), (cpu / peerCpu).toFixed(2),
      ];
    }),
  );
  printTable(
    'MiB: private to the page’s process after a collection, and the most that was resident',
    ['', 'speedscope', 'peak', 'ours', 'peak', 'engine', 'peak', 'page / speedscope', 'page and engine'],
    rows.map(({ what, our, a, b }) => {
      const [page, engine, peer] = [mid(a, (each) => each.page.private), mid(a, (each) => each.engine!.private), mid(b, (each) => each.page.private)];
      return [
        what, mebibytes(peer), mebibytes(mid(b, (each) => each.page.peak)), mebibytes(page), mebibytes(mid(a, (each) => each.page.peak)),
        mebibytes(engine), mebibytes(mid(a, (each) => each.engine!.peak)), ratio(our, page / peer, MEMORY_GOAL), ((page + engine) / peer).toFixed(2),
      ];
    }),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
