// SPDX-License-Identifier: Apache-2.0
/** Lines of the source files that a recording names, and of no others. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { SourceAnswer } from '../../ipc/contract.ts';
import type { StringIndex } from '../../profile/units.ts';
import type { Recording } from './recording-api.ts';

const MAX_BYTES = 8 * 2 ** 20;
/** Of one answer. */
const MAX_LINES = 400;
/** Of one line; generated code has lines of megabytes. */
const MAX_CHARACTERS = 500;
/** A file on a dead network mount never answers. */
const PATIENCE_MS = 5000;

export class SourceFiles {
  readonly #recording: Recording;
  /** Rows of `strings` that name source files, of the rows of `functions` and `symbols` taken so far. */
  readonly #files = new Set<StringIndex>();
  readonly #rows = { functions: 0, symbols: 0 };

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  /** @param file row of `strings`. @param first counted from 1. */
  async lines(file: StringIndex, first: number, count: number): Promise<SourceAnswer> {
    const { info, tables, isFromHere } = this.#recording;
    if (!this.#isSource(file)) return absent('The recording names no such source file.');
    const path = tables.strings.columns.text[file]!;
    if (!isFromHere) return absent(`The recording was made on ${info.host}, and so its source files are not here.`);
    if (path.startsWith('<')) return absent('This code lies in no file: its program made it, or brought it along.');
    if (!path.startsWith('/')) return absent('The debug information does not say in which folder this file lies.');
    const late = wait(PATIENCE_MS, absent('The file could not be read within 5 seconds.'), { ref: false });
    return Promise.race([read(path, Math.max(1, first), Math.min(count, MAX_LINES), info.startedAt), late]);
  }

  #isSource(file: StringIndex): boolean {
    for (const name of ['functions', 'symbols'] as const) {
      const table = this.#recording.tables[name];
      const { file: files } = table.columns;
      for (; this.#rows[name] < table.length; this.#rows[name]++) this.#files.add(files[this.#rows[name]]!);
    }
    return file > 0 && this.#files.has(file);
  }
}

async function read(path: string, first: number, count: number, recordedAt: number): Promise<SourceAnswer> {
  let handle;
  try {
    // Without O_NONBLOCK a named pipe would wait for its other end.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await handle.stat();
    const { size } = stat;
    if (!stat.isFile()) return absent('This is no regular file.');
    if (size === 0) return absent('The file is empty.');
    if (size > MAX_BYTES) return absent('The file is larger than 8 MiB, and so it is not shown.');
    const bytes = new Uint8Array(size);
    const { bytesRead } = await handle.read(bytes, 0, size, 0);
    const content = bytes.subarray(0, bytesRead);
    if (content.includes(0)) return absent('This is no text.');
    const lines = new TextDecoder().decode(content).split(/\r?\n/);
    if (lines.at(-1) === '') lines.pop();
    const shown = lines.slice(first - 1, first - 1 + count).map((line) => line.slice(0, MAX_CHARACTERS));
    return { kind: 'lines', first, lines: shown, all: lines.length, isNewer: stat.mtimeMs > recordedAt };
  } catch (error) {
    return absent(reasonOf((error as NodeJS.ErrnoException).code));
  } finally {
    await handle?.close();
  }
}

function reasonOf(code: string | undefined): string {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'The file is not here. Source packages and build folders are often elsewhere.';
    case 'EACCES':
    case 'EPERM':
      return 'You may not read the file.';
    default:
      return `The file cannot be read (${code ?? 'unknown'}).`;
  }
}

function absent(reason: string): SourceAnswer {
  return { kind: 'absent', reason };
}
