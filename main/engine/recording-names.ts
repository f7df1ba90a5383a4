// SPDX-License-Identifier: Apache-2.0
/** The names of one live recording: from object files, from code made at run time, and from debug files that come later. */
import type { DebugFilesStatus } from '../../ipc/contract.ts';
import type { Tables } from '../../profile/tables.ts';
import type { Metadata } from './recordings/format.ts';
import { debugSymbolsAdvice } from './symbolication/debug-package.ts';
import type { DebugDownloads, DebugFileUser, LackingModule } from './symbolication/debuginfod/debug-downloads.ts';
import { moduleWeights } from './symbolication/debuginfod/hot-modules.ts';
import { RunTimeCode } from './symbolication/jit/run-time-code.ts';
import type { NameCache } from './symbolication/name-cache.ts';
import { nameSourceWords } from './symbolication/name-source.ts';
import { Symbolizer } from './symbolication/symbolizer.ts';

/** Characters; hundreds of thousands of anonymous mappings have a reason each. */
const MAX_WORDS_LENGTH = 100_000;

/** Source lines and inlined functions are waited for at the end; those of the hottest frames come first. */
const LAST_LINES_MS = 15_000;

export interface NameSurroundings {
  debugFolders: string[] | undefined;
  downloads: DebugDownloads;
  /** Of what was recorded before; null: none are kept. */
  names: NameCache | null;
  /** Names come from the stream alone. */
  replay: boolean;
}

export class RecordingNames implements DebugFileUser {
  readonly symbolizer: Symbolizer;
  readonly runTimeCode: RunTimeCode;
  readonly #tables: Tables;
  readonly #downloads: DebugDownloads;
  readonly #leaveDownloads: () => void;
  readonly #onNames: () => void;
  #running = false;
  #placing = false;
  /** What came while it was running has its names, too, before it ends. */
  #again = false;

  /** @param onNames called when rows of names were appended, maybe */
  constructor(tables: Tables, { debugFolders, downloads, names, replay }: NameSurroundings, onNames: () => void) {
    this.#tables = tables;
    this.#downloads = downloads;
    this.#onNames = onNames;
    this.symbolizer = new Symbolizer(tables, { ...(debugFolders && { debugFolders }), ...(names && { cache: names }) });
    this.runTimeCode = new RunTimeCode((module, code) => this.symbolizer.addRunTimeCode(module, code));
    this.#leaveDownloads = replay ? () => undefined : downloads.add(this);
  }

  /** Names the frames that are there now, or soon, when that is going on already. Never rejects. */
  async nameNew(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      do {
        this.#again = false;
        await this.runTimeCode.refresh();
        await this.symbolizer.nameNewFrames();
      } while (this.#again);
    } finally {
      this.#running = false;
    }
    this.#downloads.changed();
    this.#onNames();
    void this.#place();
  }

  /** All that can be named at the end. */
  async nameLast(): Promise<void> {
    await this.runTimeCode.refresh(true);
    await this.symbolizer.nameNewFrames();
    await this.#placeLast();
  }

  /** Fetches the debug files that are missing, and names what they name. */
  async nameByDownloads(onProgress: (status: DebugFilesStatus) => void): Promise<void> {
    const told = this.#downloads.subscribe(() => {
      const { status } = this.#downloads;
      if (status) onProgress(status);
    });
    this.#downloads.answer('download');
    await this.#downloads.settled();
    told();
    await this.symbolizer.nameNewFrames();
    await this.#placeLast();
  }

  lacking(): LackingModule[] {
    const { modules, strings } = this.#tables;
    return this.symbolizer.lackingDebugFiles().map(({ module, buildId }) => ({ buildId, path: strings.columns.text[modules.columns.path[module]!]! }));
  }

  weights(): Map<string, number> {
    const weights = moduleWeights(this.#tables);
    return new Map(this.symbolizer.lackingDebugFiles().map(({ module, buildId }) => [buildId, weights[module] ?? 0]));
  }

  arrived(buildId: string): void {
    this.symbolizer.debugFileCame(buildId);
    this.#again = true;
    void this.nameNew();
  }

  /** A sentence, and what to do; empty when there is nothing to say. */
  async whyUnnamed(module: number): Promise<string> {
    const reason = this.symbolizer.unnamedReason(module);
    const stripped = reason === '' ? false : this.symbolizer.strippedFile(module);
    return stripped === false ? reason : `${reason} ${await debugSymbolsAdvice(stripped)}`;
  }

  /** In words; empty: not known, or it has none. */
  nameSource(module: number): string {
    return nameSourceWords(this.symbolizer.source(module));
  }

  /** What is said of modules, to stay with the file: where it is opened, they may be others. */
  words(): Pick<Metadata, 'unnamed' | 'nameSources'> {
    return { unnamed: this.#wordsBy((module) => this.symbolizer.unnamedReason(module)), nameSources: this.#wordsBy((module) => this.nameSource(module)) };
  }

  /** Nothing more is looked for; reasons stay. */
  end(): void {
    this.#leaveDownloads();
    this.runTimeCode.close();
  }

  /** Frees what naming holds. */
  close(): void {
    this.end();
    this.symbolizer.close();
  }

  async #place(): Promise<void> {
    if (this.#placing) return;
    this.#placing = true;
    try {
      while ((await this.symbolizer.placeSomeFrames()) > 0) this.#onNames();
    } finally {
      this.#placing = false;
    }
  }

  async #placeLast(): Promise<void> {
    const enough = Date.now() + LAST_LINES_MS;
    while (Date.now() < enough && (await this.symbolizer.placeSomeFrames()) > 0);
  }

  #wordsBy(wordsOf: (module: number) => string): Record<number, string> {
    const words: Record<number, string> = {};
    let length = 0;
    for (let module = 0; module < this.#tables.modules.length && length < MAX_WORDS_LENGTH; module++) {
      const said = wordsOf(module);
      if (said !== '') words[module] = said;
      length += said.length;
    }
    return words;
  }
}
