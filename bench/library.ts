// SPDX-License-Identifier: Apache-2.0
/**
 * The library with 5,000 recordings: how long until it is listed with what is known of each, against reading the folder and
 * the length of each file alone; and how long a typed letter takes. Goal: a list within 100 ms.
 */
import { linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LibrarySearch, sortLibrary } from '../ipc/library-search.ts';
import { Library } from '../main/engine/library/library.ts';
import { RecordingStore } from '../main/engine/recordings/store.ts';
import { createTables, rowCounts, segmentsSince } from '../profile/tables.ts';
import { profileFromText } from '../profile/testing.ts';
import { againstGoal, median, printTable } from './table.ts';

const RECORDINGS = 5000;
const GOAL_MS = 100;

const top = mkdtempSync(join(tmpdir(), 'emberscope-bench-library-'));
const folder = join(top, 'recordings');
mkdirSync(folder);
try {
  const tables = profileFromText(Array.from({ length: 200 }, (_, i) => `main;parse_${i % 20};read_${i} ${i + 1}`).join('\n'));
  const first = join(top, 'first.ember');
  const store = RecordingStore.create(first, {
    application: '0.1.0', target: 'app 10', question: 'on-cpu', frequencyHz: 99, startedAt: 1_700_000_000_000, host: 'here', kernel: '6.18', cpus: 2,
    settings: { frequency: 99, children: true, kernelStacks: true }, durationNs: 5e9, sliceEnd: 1,
    ledger: { fired: 20_100, notOurs: 0, stored: 20_100, lost: 0 }, overhead: { bpfNs: 0, helperCpuNs: 0 }, request: { kind: 'command', command: ['./app', '--fast'], folder: '/srv' },
  });
  store.append(segmentsSince(tables, rowCounts(createTables())), {});
  await store.finish(tables, { endReason: 'asked', endMessage: '' });
  // One file under many names: only what it takes to find them out is measured.
  for (let i = 0; i < RECORDINGS; i++) linkSync(first, join(folder, `recording ${i}.ember`));

  const open = () => new Library({ folder, index: join(top, 'index.sqlite'), trashFolder: join(top, 'Trash') });
  const library = open();
  const began = performance.now();
  await library.scan();
  await library.settle();
  const looking = performance.now() - began;
  await library.close();

  const listing: number[] = [];
  const alone: number[] = [];
  let entries = library.list.entries;
  for (let round = 0; round < 9; round++) {
    const peer = performance.now();
    for (const file of readdirSync(folder)) statSync(join(folder, file));
    alone.push(performance.now() - peer);
    const again = open();
    // The thread is there as soon as the engine is; what is measured begins with the question.
    await again.scan();
    await again.settle();
    const asked = performance.now();
    await again.scan();
    entries = (await again.settle()).entries;
    listing.push(performance.now() - asked);
    await again.close();
  }
  if (entries.length !== RECORDINGS || entries.some(({ state }) => state.kind !== 'sound')) throw new Error('not all were listed');
  const search = new LibrarySearch();
  const typing: number[] = [];
  for (const query of ['r', 're', 'rec', 'reco', 'reco 4', 'reco 49', 'app 499', 'nothing', '2023-11', '#tag']) {
    const typed = performance.now();
    sortLibrary(search.find(entries, query), 'newest');
    typing.push(performance.now() - typed);
  }
  printTable(`${RECORDINGS.toLocaleString('en')} recordings`, ['step', 'ms (median)', 'against readdir and stat alone'], [
    ['looked into for the first time, once', looking.toFixed(0), ''],
    ['listed', againstGoal(median(listing), GOAL_MS), `${(median(listing) / median(alone)).toFixed(1)} x of ${median(alone).toFixed(0)} ms`],
    ['a letter typed into the search', median(typing).toFixed(1), ''],
  ]);
} finally {
  rmSync(top, { recursive: true, force: true });
}
