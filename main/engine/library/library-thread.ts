// SPDX-License-Identifier: Apache-2.0
/**
 * The other end of looking.ts: reads the folder, and every file in it that is new or has changed. A file may come from
 * anybody; what it does to this thread it does to nobody else.
 */
import { lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { Failure } from '../../../ipc/contract.ts';
import type { LibraryEntry } from '../../../ipc/library-contract.ts';
import { failureOf, fileFailures, libraryFailures } from '../failures.ts';
import { EXTENSION } from '../recordings/keeping.ts';
import { readRecording } from '../recordings/reader.ts';
import { readFailure } from '../recordings/storage-error.ts';
import { annotate } from './annotating.ts';
import { factsOf, summarise } from './facts.ts';
import { IndexFile, isSameFile, type FileStamp, type IndexedFile } from './index-file.ts';
import type { LibraryAnswer, LibraryTask, LibraryThreadData } from './looking.ts';

/** Entries that are told of together. */
const AT_ONCE = 500;
/** What was found out is told so often, and at the end. */
const TELL_EVERY_MS = 200;

const { index: indexPath, copyFolder, hostile } = workerData as LibraryThreadData;
const index = IndexFile.open(indexPath);
/** Still to be looked into, by folder and file. */
let waiting: { folder: string; file: string }[] = [];
/** What is known of the folder's files; read from the index once a folder. */
let known: { folder: string; files: Map<string, IndexedFile> } | null = null;
/** Entries that were told of, by file: none is told twice. */
let told = new Map<string, LibraryEntry>();
/** Entries that were found out and are told soon. */
const found: LibraryEntry[] = [];
let toldAt = -Infinity;
let aliveAt = -Infinity;
/** The last scan that was asked for. */
let current = 0;
let copies = 0;

function send(answer: LibraryAnswer): void {
  parentPort!.postMessage(answer);
}

function nameOf(file: string): string {
  return file.slice(0, -EXTENSION.length);
}

function stampOf(path: string): FileStamp {
  const { size, mtimeMs, ctimeMs, ino } = statSync(path);
  return { bytes: size, modifiedAt: mtimeMs, changedAt: ctimeMs, inode: ino };
}

function waitingEntry(file: string, { bytes, modifiedAt }: Pick<FileStamp, 'bytes' | 'modifiedAt'>): LibraryEntry {
  return { file, name: nameOf(file), bytes, modifiedAt, state: { kind: 'waiting' }, facts: null };
}

function scan(number: number, folder: string, anew: boolean): void {
  current = number;
  // It is known by now, and told with the others.
  found.length = 0;
  if (anew) told.clear();
  if (known?.folder !== folder) {
    known = { folder, files: index.filesOf(folder) };
    told = new Map();
  }
  let files: string[] = [];
  let failure: Failure | null = null;
  try {
    files = readdirSync(folder, { withFileTypes: true })
      .filter((one) => !one.isDirectory() && one.name.toLowerCase().endsWith(EXTENSION) && !one.name.startsWith('.'))
      .map(({ name }) => name);
    // What is no text may read alike.
    files = [...new Set(files)];
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    // One that never had a recording is made with the first; the disk of another may not be mounted.
    if (!missing) failure = readFailure(error, folder);
    else if (known.files.size > 0) failure = libraryFailures.folderGone(folder, known.files.size);
  }
  const gone = new Set(known.files.keys());
  const entries: LibraryEntry[] = [];
  waiting = [];
  for (const file of files) {
    try {
      const stamp = stampOf(join(folder, file));
      const before = known.files.get(file);
      gone.delete(file);
      // One that is being recorded has its newest rows beside it.
      const same = before !== undefined && before.entry.state.kind !== 'recording' && isSameFile(before.stamp, stamp);
      entries.push(same ? before.entry : waitingEntry(file, stamp));
      if (!same) waiting.push({ folder, file });
    } catch (error) {
      const entry = unreachable(folder, file, error);
      if (entry) entries.push(entry);
    }
  }
  if (failure === null) for (const file of gone) forget(folder, file);
  // Nothing is listed; when the folder is back all is told again.
  else told.clear();
  // The newest first: they are what one looks for.
  const times = new Map(entries.map(({ file, modifiedAt }) => [file, modifiedAt]));
  waiting.sort((a, b) => times.get(b.file)! - times.get(a.file)!);
  send({ kind: 'scanned', scan: current, failure, files: entries.map(({ file }) => file) });
  const news = entries.filter((entry) => told.get(entry.file) !== entry);
  for (let at = 0; at === 0 || at < news.length; at += AT_ONCE) tell(news.slice(at, at + AT_ONCE), at + AT_ONCE >= news.length);
  next();
}

/** A link that leads nowhere, or a name that is no text; null: it is gone meanwhile. */
function unreachable(folder: string, file: string, error: unknown): LibraryEntry | null {
  const path = join(folder, file);
  const link = lstatSync(path, { throwIfNoEntry: false });
  if (!link && !file.includes('\ufffd')) return null;
  const failure = link ? linkFailure(path, error) : libraryFailures.badFileName(file);
  const before = told.get(file);
  if (before?.state.kind === 'unreadable' && before.state.failure.message === failure.message) return before;
  return { ...waitingEntry(file, { bytes: 0, modifiedAt: link?.mtimeMs ?? 0 }), state: { kind: 'unreadable', failure } };
}

function linkFailure(path: string, error: unknown): Failure {
  return (error as NodeJS.ErrnoException).code === 'ENOENT' ? fileFailures.notReadable(path, 'it is a link to what is not there') : readFailure(error, path);
}

function tell(entries: LibraryEntry[], isLast: boolean): void {
  for (const entry of entries) told.set(entry.file, entry);
  send({ kind: 'entries', scan: current, folder: known?.folder ?? '', entries, waiting: waiting.length, isLast });
}

function forget(folder: string, file: string): void {
  known?.files.delete(file);
  told.delete(file);
  index.drop(folder, file);
}

/** Looks into one file a turn, so that what is asked meanwhile does not wait for all. */
function next(): void {
  const one = waiting[0];
  if (one === undefined) return;
  setImmediate(() => {
    if (waiting[0] !== one) return;
    waiting.shift();
    look(one.folder, one.file);
    next();
  });
}

/** @param isAgain it changed while it was read */
function look(folder: string, file: string, isAgain = false): void {
  const path = join(folder, file);
  looking(path, true);
  let entry: LibraryEntry;
  let thumbnail = '';
  let stamp: FileStamp;
  try {
    stamp = stampOf(path);
  } catch {
    // It is gone, and others may be: nobody is to wait for them.
    return scan(current, folder, false);
  }
  try {
    entry = { ...waitingEntry(file, stamp), state: { kind: 'sound' } };
    const given = hostile.find((one) => one.path === path);
    if (given) throw given.failure;
    const read = readRecording(path, { copyFolder: `${copyFolder}-${++copies}`, onProgress: () => looking(path), rowsInUse: false });
    if (read.inUse) entry = { ...entry, state: { kind: 'recording' }, facts: factsOf(read.metadata, null) };
    else {
      const summary = summarise(read.metadata, read.tables);
      // What was read may be older: a dead recorder's log was put into it, or another engine's tags.
      if (!isAgain && !isSameFile(stamp, stampOf(path))) return look(folder, file, true);
      entry.facts = summary.facts;
      thumbnail = summary.thumbnail;
    }
  } catch (error) {
    entry = { ...waitingEntry(file, stamp), state: { kind: 'unreadable', failure: failureOf(error) } };
  }
  index.put(folder, { entry, stamp }, thumbnail);
  known?.files.set(file, { entry, stamp });
  found.push(entry);
  if (waiting.length === 0 || performance.now() - toldAt >= TELL_EVERY_MS) tellFound();
}

/** A sign of life; one that tells where we are is always given. */
function looking(path: string, isNext = false): void {
  const now = performance.now();
  if (!isNext && now - aliveAt < TELL_EVERY_MS) return;
  aliveAt = now;
  send({ kind: 'looking', path });
}

/** Windows sort and draw their list for each message. */
function tellFound(): void {
  toldAt = performance.now();
  tell(found.splice(0), true);
}

function answer(task: LibraryTask): void {
  switch (task.kind) {
    case 'scan':
      return scan(task.scan, task.folder, task.anew);
    case 'thumbnail': {
      // Whoever asks has it on the screen: it comes before the others.
      const at = waiting.findIndex(({ folder, file }) => folder === task.folder && file === task.file);
      if (at >= 0) {
        waiting.splice(at, 1);
        look(task.folder, task.file);
        next();
      }
      return send({ kind: 'answer', number: task.number, result: index.thumbnail(task.folder, task.file) });
    }
    case 'annotate':
      try {
        annotate(join(task.folder, task.file), task.annotations);
        look(task.folder, task.file);
        tellFound();
        send({ kind: 'answer', number: task.number, result: '' });
      } catch (error) {
        send({ kind: 'refused', number: task.number, failure: failureOf(error) });
      }
      return;
    case 'end':
      index.close();
      parentPort!.close();
      return;
    default:
      task satisfies never;
  }
}

parentPort!.on('message', answer);
