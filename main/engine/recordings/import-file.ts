// SPDX-License-Identifier: Apache-2.0
/**
 * Another tool's file to a recording of ours. Runs on a thread (importing.ts). The recording is written beside its
 * place and moved there when it is whole, so that nothing is left of a file that was broken.
 */
import { createReadStream, existsSync, openSync, closeSync, readSync, rmSync, statSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { FormatError, type Format, type FormatName, type FormatReader, type Imported, type ReadOptions } from '../../../formats/read/format.ts';
import { FORMATS, HEAD_BYTES, recognise } from '../../../formats/read/formats.ts';
import { MAX_FRAMES, ProfileBuilder } from '../../../formats/read/profile-builder.ts';
import { SampleKind, tableNames, type TableName } from '../../../profile/schema.ts';
import { createTables, type Table, type Tables } from '../../../profile/tables.ts';
import { SLICE_NANOSECONDS } from '../../../profile/units.ts';
import { FailureError, fileFailures } from '../failures.ts';
import { StringInterner } from '../interner.ts';
import { ROW_LIMITS } from '../row-limits.ts';
import { SEGMENT_ROWS } from './format.ts';
import { HeapWatch } from './heap-watch.ts';
import { movePath } from './keeping.ts';
import { freeOutput } from './output.ts';
import { firstUnsoundRow } from './row-check.ts';
import { isFull, readFailure, rethrowAs } from './storage-error.ts';
import { RecordingStore, type FirstMetadata } from './store.ts';
import { foreignGuess } from './foreign-guess.ts';

const CHUNK_BYTES = 1024 * 1024;
const MAX_INFLATED_BYTES = 16 * 2 ** 30;
/** Profiles shrink to a tenth, very regular ones to a hundredth; gzip itself goes to a thousandth. */
const MAX_INFLATION = 400;
/** Up to here any inflation is harmless. */
const HARMLESS_BYTES = 16 * 2 ** 20;

export interface ImportTask {
  path: string;
  /** Where the recording goes. */
  output: string;
  /** As a person knows the file: it becomes the title, and its ending may say what it is. */
  fileName: string;
  /** null: the file says it. */
  format: FormatName | null;
  options: ReadOptions;
  /** Version of this Emberscope. */
  application: string;
  /** Replace a recording that is there. */
  replace: boolean;
  /** Megabytes of heap that names and what finds them may take. */
  heap: number;
}

export interface ImportSummary {
  /** "folded stacks" */
  title: string;
  format: FormatName;
  question: Imported['question'];
  /** Sum of the weights of its CPU samples, and of all others (nanoseconds or bytes). */
  samples: number;
  weight: number;
  stacks: number;
  threads: number;
  functions: number;
  /** Sentences about what was left out. */
  notes: string[];
}

/** Where it is written until it is whole. */
export const partialPath = (output: string): string => `${output}.importing-${process.pid}`;

/** @param onProgress bytes of the file that were read @throws FailureError */
export async function importFile(task: ImportTask, onProgress: (doneBytes: number) => void): Promise<ImportSummary> {
  const { path, fileName } = task;
  checkFile(path);
  const tables = createTables();
  const builder = new ProfileBuilder(tables, StringInterner.of(tables), ROW_LIMITS);
  let format: Format | null = FORMATS.find(({ name }) => name === task.format) ?? null;
  try {
    const head = await beginning(path);
    format ??= recognise(head, fileName);
    if (format === null) throw new FailureError(fileFailures.unknownFormat(path, foreignGuess(head)));
    const imported = await read(task, format.reader(builder, task.options), onProgress);
    if (tables.samples.length === 0) throw new FormatError('', 'it holds no sample');
    if (builder.cutStacks > 0) imported.notes.push(cutNote(builder.cutStacks));
    const unsound = firstUnsoundRow(tables);
    if (unsound) throw new FormatError('', `a value is out of its range (${unsound})`);
    const summary = summarise(tables, format, imported);
    await write(task, tables, builder.sliceEnd, imported, summary);
    return summary;
  } catch (error) {
    if (error instanceof FormatError) {
      throw new FailureError(fileFailures.brokenImport(path, format?.title ?? 'a profile', error.place && `${error.place}: `, error.message));
    }
    return rethrowAs(readFailure, path, error);
  }
}

async function read({ path, heap }: ImportTask, reader: FormatReader, onProgress: (doneBytes: number) => void): Promise<Imported> {
  const watch = new HeapWatch();
  try {
    for await (const { bytes, doneBytes } of plainBytes(path)) {
      reader.push(bytes);
      if (watch.used > heap * 2 ** 20) throw new FailureError(fileFailures.tooLarge(path, `its names need more than ${heap} MiB of memory`));
      onProgress(doneBytes);
    }
    return reader.end();
  } finally {
    watch.end();
  }
}

function checkFile(path: string): void {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) throw new FailureError(fileFailures.notReadable(path, stat.isDirectory() ? 'it is a folder' : 'it is not a regular file'));
  } catch (error) {
    rethrowAs(readFailure, path, error);
  }
}

function isGzip(path: string): boolean {
  const bytes = Buffer.alloc(2);
  const descriptor = openSync(path, 'r');
  try {
    return readSync(descriptor, bytes, 0, 2, 0) === 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
  } finally {
    closeSync(descriptor);
  }
}

async function beginning(path: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const { bytes } of plainBytes(path)) {
    pieces.push(bytes);
    length += bytes.length;
    if (length >= HEAD_BYTES) break;
  }
  return Buffer.concat(pieces).subarray(0, HEAD_BYTES);
}

/** The file's bytes, inflated where they are compressed. @throws FormatError for what inflates without end */
async function* plainBytes(path: string): AsyncGenerator<{ bytes: Uint8Array; doneBytes: number }> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  if (!isGzip(path)) {
    for await (const bytes of file as AsyncIterable<Uint8Array>) yield { bytes, doneBytes: file.bytesRead };
    return;
  }
  const inflated = file.pipe(createGunzip({ chunkSize: CHUNK_BYTES }));
  file.on('error', (error) => inflated.destroy(error));
  let total = 0;
  try {
    for await (const bytes of inflated as AsyncIterable<Uint8Array>) {
      total += bytes.length;
      if (total > MAX_INFLATED_BYTES || (total > HARMLESS_BYTES && total > MAX_INFLATION * file.bytesRead)) {
        throw new FormatError('', `its ${file.bytesRead.toLocaleString('en')} compressed bytes inflate to more than ${total.toLocaleString('en')}, as no profile does`);
      }
      yield { bytes, doneBytes: file.bytesRead };
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR') throw new FormatError(`byte ${file.bytesRead.toLocaleString('en')}`, 'the compressed data ends too early');
    if (code?.startsWith('Z_')) throw new FormatError(`about byte ${file.bytesRead.toLocaleString('en')}`, `the compressed data is damaged (${(error as Error).message})`);
    throw error;
  } finally {
    file.destroy();
    inflated.destroy();
  }
}

function cutNote(stacks: number): string {
  const [many, have] = stacks === 1 ? ['One stack', 'has'] : [`${stacks.toLocaleString('en')} stacks`, 'have'];
  return `${many} ${have} more than ${MAX_FRAMES.toLocaleString('en')} frames: the outermost ones are missing.`;
}

function summarise({ samples, stacks, threads, functions }: Tables, { name, title }: Format, { question, notes }: Imported): ImportSummary {
  const sums = { samples: 0, weight: 0 };
  const { kind, weight } = samples.columns;
  for (let row = 0; row < samples.length; row++) sums[kind[row] === SampleKind.onCpu ? 'samples' : 'weight'] += weight[row]!;
  return { title, format: name, question, ...sums, stacks: stacks.length, threads: threads.length, functions: functions.length, notes };
}

async function write(task: ImportTask, tables: Tables, sliceEnd: number, imported: Imported, summary: ImportSummary): Promise<void> {
  const { output, fileName, application, replace } = task;
  const partial = partialPath(output);
  removePartial(output);
  const { question, frequencyHz, host, kernel, cpus, notes } = imported;
  // A file without times has one slice, which is no length of time.
  const durationNs = imported.durationNs || (sliceEnd > 1 ? sliceEnd * SLICE_NANOSECONDS : 0);
  const store = createStore(output, {
    application,
    target: fileName,
    question,
    frequencyHz,
    startedAt: imported.startedAt ?? Math.round(statSync(task.path).mtimeMs),
    host,
    kernel,
    cpus,
    settings: { frequency: frequencyHz, children: true, kernelStacks: true, question },
    durationNs,
    sliceEnd,
    ledger: { fired: summary.samples, notOurs: 0, stored: summary.samples, lost: 0 },
    overhead: { bpfNs: 0, helperCpuNs: 0 },
    request: { kind: 'imported', format: summary.title, file: fileName },
  });
  try {
    for (const name of tableNames) {
      const table = tables[name] as Table<TableName>;
      // Piece by piece, so that no table is in memory twice.
      for (let start = name === 'strings' ? 1 : 0; start < table.length; ) {
        const end = Math.min(table.length, (Math.floor(start / SEGMENT_ROWS) + 1) * SEGMENT_ROWS);
        store.append([table.segment(start, end)], {});
        start = end;
      }
    }
    await store.finish(null, { endReason: 'opened', endMessage: [`Imported from ${summary.title}.`, ...notes].join(' ') });
    if (replace && existsSync(output)) freeOutput(output);
    movePath(partial, output);
  } catch (error) {
    store.close();
    throw unlessFull(output, error);
  } finally {
    removePartial(output);
  }
}

/** @throws FailureError */
function createStore(output: string, metadata: FirstMetadata): RecordingStore {
  try {
    return RecordingStore.create(partialPath(output), metadata);
  } catch (error) {
    throw unlessFull(output, error);
  }
}

/** Nothing of an import is kept, so what a full disk ends is told otherwise than of a recording. */
const unlessFull = (output: string, error: unknown): unknown => (isFull(error) ? new FailureError(fileFailures.noRoom(output)) : error);

export function removePartial(output: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(partialPath(output) + suffix, { force: true });
}
