// SPDX-License-Identifier: Apache-2.0
/** A recording read from a file. */
import { hostname } from 'node:os';
import type { RecordedRequest, RecordingFigures, Question, RecordingId, RecordingInfo, RecordingState } from '../../ipc/contract.ts';
import { QUESTIONS } from '../../profile/questions.ts';
import { ModuleKind } from '../../profile/schema.ts';
import type { Tables } from '../../profile/tables.ts';
import { Listeners } from './listeners.ts';
import type { OpenedRecording } from './recording-api.ts';
import { copyPath, movePath } from './recordings/keeping.ts';
import type { ReadRecording } from './recordings/reader.ts';
import { readInThread } from './recordings/reading.ts';

export interface OpenOptions {
  /** Shown instead of the target; null: the target. */
  title?: string | null;
  /** false: the file lies in the scratch folder and goes when the recording is closed. */
  saved?: boolean;
  /** A crash left it in the scratch folder. */
  isLeft?: boolean;
  signal?: AbortSignal;
}

export class FileRecording implements OpenedRecording {
  readonly tables: Tables;
  readonly figures: RecordingFigures;
  readonly sliceEnd: number;
  readonly request: RecordedRequest | null;
  readonly warning: string;
  readonly #listeners = new Listeners();
  readonly #unnamed: Record<number, unknown>;
  readonly #nameSources: Record<number, unknown>;
  #path: string;
  #info: RecordingInfo;

  private constructor(id: RecordingId, path: string, { title = null, saved = true, isLeft = false }: OpenOptions, read: ReadRecording) {
    const { metadata, tables } = read;
    this.tables = tables;
    const { durationNs, ledger, overhead, unwindTables } = metadata;
    this.figures = { durationNs, ledger, overhead, ...(unwindTables ? { unwindTables } : {}) };
    this.sliceEnd = read.sliceEnd;
    this.request = metadata.request ?? null;
    this.warning = warningOf(read);
    this.#path = path;
    this.#unnamed = metadata.unnamed;
    this.#nameSources = metadata.nameSources;
    const { target, question, frequencyHz, startedAt, host, kernel, cpus, settings, request } = metadata;
    const about = { question: questionOf(question), frequencyHz, startedAt, host, kernel, cpus, settings };
    this.#info = { id, target: title ?? target, ...about, state: stateOf(read), savedAs: saved ? path : null, ...(request?.kind === 'command' ? { isLaunched: true } : {}), ...(isLeft ? { isLeft } : {}) };
  }

  /**
   * Read on a thread of its own.
   * @throws FailureError
   */
  static async open(id: RecordingId, path: string, options: OpenOptions = {}): Promise<FileRecording> {
    const { signal } = options;
    return new FileRecording(id, path, options, await readInThread(path, signal ? { signal } : {}));
  }

  get info(): RecordingInfo {
    return this.#info;
  }

  get path(): string {
    return this.#path;
  }

  /** @throws FailureError: then it stays where it was. */
  keepAt(path: string): void {
    movePath(this.#path, path);
    this.#liesAt(path);
  }

  /** The file stays where it lies; from now on this is the copy. @throws FailureError: then there is none. */
  keepCopyAt(path: string): void {
    copyPath(this.#path, path);
    this.#liesAt(path);
  }

  #liesAt(path: string): void {
    this.#path = path;
    const { isLeft: _, ...info } = this.#info;
    this.#info = { ...info, savedAs: path };
    this.#listeners.tell();
  }

  async whyUnnamed(module: number): Promise<string> {
    const recorded = Object.hasOwn(this.#unnamed, module) ? this.#unnamed[module] : undefined;
    if (typeof recorded === 'string') return recorded;
    const kind = module < 0 ? null : this.tables.modules.columns.kind[module];
    if (kind === ModuleKind.anonymous) return 'This code lies in no file: a compiler put it into memory at run time.';
    return module < 0 ? 'No file was mapped at this address.' : 'No name was found when it was recorded.';
  }

  nameSource(module: number): string {
    const recorded = Object.hasOwn(this.#nameSources, module) ? this.#nameSources[module] : undefined;
    return typeof recorded === 'string' ? recorded : '';
  }

  get isFromHere(): boolean {
    return this.#info.host === hostname();
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }
}

function warningOf({ unexpected, inUse }: ReadRecording): string {
  if (unexpected) return 'This recording ended unexpectedly: Emberscope was killed, or the machine stopped. All but about the last second is here.';
  return inUse ? 'This recording is still being made; what came until now is shown.' : '';
}

function stateOf(read: ReadRecording): RecordingState {
  const warning = warningOf(read);
  if (warning) return { kind: 'finished', reason: 'unexpected', message: warning };
  return { kind: 'finished', reason: read.metadata.endReason, message: read.metadata.endMessage };
}

/** A file may say what this version does not know: then its samples are shown as those of the CPU. */
function questionOf(text: string): Question {
  return QUESTIONS.find((question) => question === text) ?? 'on-cpu';
}
