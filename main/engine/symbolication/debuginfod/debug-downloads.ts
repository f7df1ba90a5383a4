// SPDX-License-Identifier: Apache-2.0
/**
 * Debug files that recordings lack, fetched from debuginfod's servers: asked for once, then one after the other, those
 * of the hottest modules first. One for all recordings of an engine.
 */
import type { DebugFilesStatus } from '../../../../ipc/contract.ts';
import { Listeners } from '../../listeners.ts';
import { loadAddon } from '../addon.ts';
import { DownloadFailed, downloadDebugFile, type DownloadLimits } from './download.ts';
import { debuginfodCache, debuginfodServers, debuginfodTimeout } from './places.ts';

/** Those of Chromium or libreoffice are about as large. */
const MAX_BYTES = 2 * 2 ** 30;
/** A server that failed so often in a row is not asked again. */
const MAX_FAILURES = 3;
/** Between two changes of the progress that somebody is told. */
const PROGRESS_MS = 250;

export interface LackingModule {
  /** Hexadecimal, not empty. */
  buildId: string;
  /** By which people know it. */
  path: string;
}

/** A recording. */
export interface DebugFileUser {
  /** May be called often. */
  lacking(): LackingModule[];
  /** Build id -> samples in that module. */
  weights(): Map<string, number>;
  /** It lies in the cache now. */
  arrived(buildId: string): void;
}

export interface DebuginfodOptions {
  /** None: nothing is ever offered. */
  servers?: URL[];
  cache?: string;
  limits?: DownloadLimits;
  verify?: (path: string, buildId: string) => Promise<void>;
}

export class DebugDownloads {
  readonly #servers: { url: URL; failures: number }[];
  readonly #cache: string;
  readonly #limits: DownloadLimits;
  readonly #verify: (path: string, buildId: string) => Promise<void>;
  readonly #users = new Set<DebugFileUser>();
  readonly #listeners = new Listeners();
  /** Build ids that were asked for: of no use to ask again. */
  readonly #asked = new Set<string>();
  #permission: 'open' | 'granted' | 'refused' = 'open';
  #cancel = new AbortController();
  #running: Promise<void> | null = null;
  #current: DebugFilesStatus['current'] = null;
  #counts = { found: 0, absent: 0, failed: 0 };
  #failure = '';
  #toldMs = 0;
  #told = '';

  constructor(options: DebuginfodOptions = {}) {
    this.#servers = (options.servers ?? debuginfodServers()).map((url) => ({ url, failures: 0 }));
    this.#cache = options.cache ?? debuginfodCache();
    this.#limits = options.limits ?? { maxBytes: MAX_BYTES, timeoutMs: debuginfodTimeout() };
    this.#verify = options.verify ?? hasBuildId;
  }

  /** Their hosts. */
  get servers(): string[] {
    return this.#servers.map(({ url }) => url.host);
  }

  /** What there is to say; null: nothing. */
  get status(): DebugFilesStatus | null {
    const missing = this.#lacking().length;
    const { found, absent, failed } = this.#counts;
    if (this.#servers.length === 0 || this.#permission === 'refused' || (missing === 0 && found + absent + failed === 0 && !this.#current)) return null;
    const state = this.#permission === 'open' ? 'offered' : this.#running ? 'downloading' : 'done';
    return { state, servers: this.servers, missing, current: this.#current, ...this.#counts, failure: this.#failure };
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  /** @returns what takes it away again: what is under way then goes on */
  add(user: DebugFileUser): () => void {
    this.#users.add(user);
    return () => {
      this.#users.delete(user);
      this.#tell();
    };
  }

  /** A user may lack more, or less. */
  changed(): void {
    if (this.#servers.length === 0) return;
    if (this.#permission === 'granted') this.#run();
    this.#tell();
  }

  /** Once for the session; "cancel" ends what is under way, too. */
  answer(answer: 'download' | 'decline' | 'cancel'): void {
    this.#permission = answer === 'download' ? 'granted' : 'refused';
    if (answer !== 'download') this.#cancel.abort();
    else if (this.#cancel.signal.aborted) this.#cancel = new AbortController();
    this.changed();
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    while (this.#running) await this.#running;
  }

  close(): void {
    this.#users.clear();
    this.answer('cancel');
  }

  #lacking(): LackingModule[] {
    const found = new Map<string, LackingModule>();
    for (const user of this.#users) {
      for (const module of user.lacking()) if (!this.#asked.has(module.buildId) && !found.has(module.buildId)) found.set(module.buildId, module);
    }
    return [...found.values()];
  }

  #hottest(): LackingModule | null {
    const weights = [...this.#users].map((user) => user.weights());
    const weightOf = ({ buildId }: LackingModule): number => weights.reduce((sum, each) => sum + (each.get(buildId) ?? 0), 0);
    const sorted = this.#lacking().sort((a, b) => weightOf(b) - weightOf(a));
    return sorted[0] ?? null;
  }

  #run(): void {
    if (this.#running || this.#cancel.signal.aborted) return;
    if (this.#lacking().length === 0) return;
    this.#running = this.#downloadAll(this.#cancel.signal).finally(() => {
      this.#running = null;
      this.#current = null;
      this.#tell();
      // What came to be lacking in the last moment.
      if (this.#permission === 'granted') this.#run();
    });
  }

  async #downloadAll(signal: AbortSignal): Promise<void> {
    for (let module = this.#hottest(); module && !signal.aborted; module = this.#hottest()) {
      this.#asked.add(module.buildId);
      try {
        const found = await this.#download(module, signal);
        if (found) this.#counts.found++;
        else this.#counts.absent++;
        if (found) for (const user of [...this.#users]) user.arrived(module.buildId);
      } catch (error) {
        if (signal.aborted) {
          this.#asked.delete(module.buildId);
          return;
        }
        this.#counts.failed++;
        this.#failure = (error as Error).message;
      }
      this.#tell();
    }
  }

  /** From the first server that has it. @throws DownloadFailed when none has, and one of them may have */
  async #download({ buildId, path }: LackingModule, signal: AbortSignal): Promise<boolean> {
    let failure: unknown = null;
    for (const server of this.#servers) {
      if (server.failures >= MAX_FAILURES) continue;
      this.#progress(path, 0, null);
      try {
        const onProgress = (bytes: number, total: number | null): void => this.#progress(path, bytes, total);
        const verify = (file: string): Promise<void> => this.#verify(file, buildId);
        const file = await downloadDebugFile({ server: server.url, buildId, folder: this.#cache, limits: this.#limits, signal, onProgress, verify });
        server.failures = 0;
        if (file !== null) return true;
      } catch (error) {
        signal.throwIfAborted();
        server.failures++;
        failure = error;
      }
    }
    if (failure) throw failure as Error;
    if (this.#servers.every(({ failures }) => failures >= MAX_FAILURES)) throw new DownloadFailed('No server of DEBUGINFOD_URLS answers any more.');
    return false;
  }

  #progress(module: string, doneBytes: number, totalBytes: number | null): void {
    this.#current = { module, doneBytes, totalBytes };
    const now = performance.now();
    if (doneBytes > 0 && now - this.#toldMs < PROGRESS_MS) return;
    this.#toldMs = now;
    this.#tell();
  }

  #tell(): void {
    const status = JSON.stringify(this.status);
    if (status === this.#told) return;
    this.#told = status;
    this.#listeners.tell();
  }
}

/** @throws Error with a sentence */
async function hasBuildId(path: string, buildId: string): Promise<void> {
  const addon = loadAddon();
  const { handle } = await addon.openObject(path, buildId, []);
  addon.closeObject(handle);
}
