// SPDX-License-Identifier: Apache-2.0
/** Names for frames: reads `frames`, appends to `strings`, `functions` and `symbols`. */
import type { Addon, Places } from '../../../native/addon/addon.d.ts';
import { ModuleKind } from '../../../profile/schema.ts';
import type { Tables } from '../../../profile/tables.ts';
import { NONE, type FrameIndex, type ModuleIndex } from '../../../profile/units.ts';
import { loadAddon } from './addon.ts';
import { FileNames } from './file-names.ts';
import { FunctionRows } from './function-rows.ts';
import type { CodePlace } from './jit/run-time-code.ts';
import { KernelSymbols } from './kernel-symbols.ts';
import { hasPlace, newState, reasonByKind, takeWork, type ModuleState } from './module-state.ts';
import { nameFromImage, nameFromKernel, type Named, type NameSource } from './module-symbols.ts';
import type { NameCache } from './name-cache.ts';
import { forgetObject, type ModuleFiles } from './object-access.ts';
import { placesAt } from './place-list.ts';
import { appendPlaces, PlacePass } from './place-pass.ts';

/** Frames of a module looked up at a time, and those whose rows are appended before the event loop gets its turn. */
const FRAMES_AT_ONCE = 4096;
const ROWS_AT_ONCE = 1024;
/** A module may be mapped by thousands of processes; a file that none of so many can show is not there. */
const MAX_CANDIDATES = 64;
/** Modules whose objects are opened at the same time; libuv has four threads for this and for all files. */
const PARALLEL = 2;
/** Debug information is kept so long for frames that may still come. */
const FORGET_MS = 10_000;

export class Symbolizer {
  readonly #tables: Tables;
  readonly #functions: FunctionRows;
  readonly #places: PlacePass;
  readonly #files: FileNames;
  readonly #debugFolders: readonly string[] | undefined;
  #addon: Addon | undefined;
  readonly #modules = new Map<ModuleIndex, ModuleState>();
  /** Rows of `frames` that were handed out to their modules. */
  #seen = 0;
  readonly #named: Set<FrameIndex>;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;
  #placing: Promise<number> | null = null;
  #forgetting: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param options.cache of names found before; without it each object is opened */
  constructor(tables: Tables, options: { debugFolders?: string[]; addon?: Addon; cache?: NameCache } = {}) {
    this.#tables = tables;
    this.#functions = new FunctionRows(tables);
    this.#places = new PlacePass(tables, this.#functions);
    this.#debugFolders = options.debugFolders;
    this.#addon = options.addon;
    this.#files = new FileNames(() => (this.#addon ??= loadAddon()), options.cache ?? null);
    // What another symbolizer named before, when recording goes on after a helper was lost.
    this.#named = new Set(tables.symbols.columns.frame.subarray(0, tables.symbols.length));
  }

  /** The files in which this module's symbols may be found, best first. May be called again with more. */
  addModule(module: ModuleIndex, object: { candidates: string[]; buildId: string }): void {
    const state = this.#state(module);
    const more = object.candidates.filter((candidate) => !state.candidates.includes(candidate));
    state.candidates = state.candidates.concat(more).slice(0, MAX_CANDIDATES);
    if (object.buildId !== '') state.buildId = object.buildId;
    if (more.length > 0) state.again = true;
  }

  /** The object as it lies in memory: the vdso. */
  addImage(module: ModuleIndex, image: Uint8Array): void {
    const state = this.#state(module);
    state.image = image;
    state.again = true;
  }

  /** Sorted by offset. May come in several pieces. @throws RangeError when it is not, or a name is missing. */
  addKernelSymbols(module: ModuleIndex, offsets: Uint32Array, names: string[]): void {
    const state = this.#state(module);
    state.kernel ??= new KernelSymbols();
    state.kernel.add(offsets, names);
    state.again = true;
  }

  /** Code that its process makes while it runs; it may be told later what it is, so it is asked again then. */
  addRunTimeCode(module: ModuleIndex, code: CodePlace): void {
    const state = this.#state(module);
    state.runTime = code;
    state.again = true;
  }

  /**
   * Names all frames not asked for yet, off the main thread. Calls made while one is running are joined into
   * one more. Never rejects for one bad object: its frames get a row without a function. Frames of a module
   * about which nothing was said yet wait.
   */
  nameNewFrames(): Promise<void> {
    if (!this.#running) {
      this.#running = this.#nameNewFrames().finally(() => (this.#running = null));
      return this.#running;
    }
    this.#next ??= this.#running.then(() => {
      this.#next = null;
      return this.nameNewFrames();
    });
    return this.#next;
  }

  /**
   * Appends source lines and inlined functions of some frames that were named before, the hottest first, off the main
   * thread. Calls made while one is running are that one.
   * @returns how many frames were asked; 0: there are none left
   */
  placeSomeFrames(): Promise<number> {
    this.#placing ??= this.#placeSomeFrames().finally(() => (this.#placing = null));
    return this.#placing;
  }

  /** Why frames of a file that has names have no source lines (sentence); '' where they may have. */
  linesReason(module: ModuleIndex): string {
    const state = this.#modules.get(module);
    if (!state?.source || state.candidates.length === 0) return '';
    return state.source.lines ? state.linesReason : 'It was built without debug information, and no debug file of its build was found.';
  }

  /** Why frames of a module have no name (sentence), for the inspector; '' when all that were looked up have one. */
  unnamedReason(module: ModuleIndex): string {
    const state = this.#modules.get(module);
    if (state && state.named > 0 && state.unnamed.size === 0) return '';
    if (state && hasPlace(state)) return state.reason;
    return reasonByKind(this.#tables.modules.columns.kind[module] as ModuleKind);
  }

  /** Whether debug symbols would name more; a path: of the file of this system whose they are. */
  strippedFile(module: ModuleIndex): boolean | string {
    return this.#modules.get(module)?.stripped ?? false;
  }

  source(module: ModuleIndex): NameSource | null {
    return this.#modules.get(module)?.source ?? null;
  }

  /** Modules with frames of which a debug file would say more: names, or source lines. */
  lackingDebugFiles(): { module: ModuleIndex; buildId: string }[] {
    const isLacking = ({ buildId, candidates, source }: ModuleState): boolean => buildId !== '' && candidates.length > 0 && source !== null && !source.lines;
    return [...this.#modules].flatMap(([module, state]) => (isLacking(state) ? [{ module, buildId: state.buildId }] : []));
  }

  /** A debug file of this build lies in one of the debug folders now. */
  debugFileCame(buildId: string): void {
    if (this.#addon) forgetObject(this.#addon, buildId, this.#debugFolders);
    for (const state of this.#modules.values()) {
      if (state.buildId !== buildId) continue;
      state.again = true;
      state.saysMore = true;
    }
  }

  /** Where each module's names came from, for the doctor and `info`. */
  sources(): ({ module: ModuleIndex } & NameSource)[] {
    return [...this.#modules].flatMap(([module, { source }]) => (source ? [{ module, ...source }] : []));
  }

  /** What is running appends no more rows. */
  close(): void {
    this.#closed = true;
    this.#modules.clear();
    this.#places.close();
  }

  #state(module: ModuleIndex): ModuleState {
    let state = this.#modules.get(module);
    if (!state) {
      state = newState(this.#buildId(module));
      this.#modules.set(module, state);
    }
    return state;
  }

  #path(module: ModuleIndex): string {
    const { modules, strings } = this.#tables;
    return strings.columns.text[modules.columns.path[module]!]!;
  }

  #buildId(module: ModuleIndex): string {
    const { modules, strings } = this.#tables;
    return module < modules.length ? strings.columns.text[modules.columns.buildId[module]!]! : '';
  }

  async #nameNewFrames(): Promise<void> {
    this.#handOut();
    const withWork = (): [ModuleIndex, ModuleState][] => [...this.#modules].filter(([, state]) => hasPlace(state) && takeWork(state));
    for (let busy = withWork(); busy.length > 0; busy = withWork()) {
      for (let i = 0; i < busy.length; i += PARALLEL) {
        const part = busy.slice(i, i + PARALLEL).map(([module, state]) => {
          const frames = state.waiting.splice(0, FRAMES_AT_ONCE);
          return { module, state, frames, answer: this.#look(module, state, frames) };
        });
        // Opened side by side, but appended in the order of the modules.
        for (const { module, state, frames, answer } of part) await this.#append(module, state, frames, await answer);
      }
    }
  }

  /** Gives new frames to their modules. Those of no module, or of one that never has symbols, are done at once. */
  #handOut(): void {
    const { frames, modules } = this.#tables;
    for (; this.#seen < frames.length; this.#seen++) {
      if (this.#named.has(this.#seen)) continue;
      const module = frames.columns.module[this.#seen]!;
      // Interpreted code is named where its frames come from.
      if (module !== NONE && modules.columns.kind[module] === ModuleKind.source) continue;
      if (module === NONE) {
        this.#functions.name(this.#seen, '', NONE);
        continue;
      }
      const state = this.#state(module);
      if (modules.columns.kind[module] === ModuleKind.anonymous && !hasPlace(state)) {
        this.#functions.name(this.#seen, '', module);
        state.unnamed.add(this.#seen);
      } else {
        state.waiting.push(this.#seen);
      }
    }
    this.#named.clear();
  }

  async #look(module: ModuleIndex, state: ModuleState, frames: readonly FrameIndex[]): Promise<Named> {
    const { offset } = this.#tables.frames.columns;
    const offsets = frames.map((frame) => offset[frame]!);
    if (state.kernel) return nameFromKernel(state.kernel, offsets);
    if (state.runTime) return state.runTime.name(offsets);
    try {
      if (state.image) return await nameFromImage((this.#addon ??= loadAddon()), state.image, state.buildId, offsets);
      const files = this.#filesOf(module, state);
      const named = await this.#files.name(files, offsets);
      await this.#files.keepNames(files, named, offsets);
      return named;
    } catch (error) {
      return { names: [], source: null, reason: (error as Error).message, stripped: false };
    }
  }

  #filesOf(module: ModuleIndex, { candidates, buildId }: ModuleState): ModuleFiles {
    return { path: this.#path(module), candidates, buildId, debugFolders: this.#debugFolders };
  }

  async #placeSomeFrames(): Promise<number> {
    const batch = await this.#places.next((module, offsets) => this.#locate(module, offsets));
    if (!batch) return 0;
    clearTimeout(this.#forgetting);
    this.#forgetting = setTimeout(() => this.#addon?.forgetDebugInfo(), FORGET_MS).unref();
    const { module, frames, named, whole } = batch;
    const state = this.#modules.get(module);
    for (const frame of named) if (state?.unnamed.delete(frame)) state.named++;
    if (state?.source && whole) {
      const { source, reason, stripped } = state;
      const { offset } = this.#tables.frames.columns;
      await this.#files.keep(this.#filesOf(module, state), { source, reason, stripped }, Float64Array.from(frames, (frame) => offset[frame]!), whole);
    }
    return frames.length;
  }

  async #locate(module: ModuleIndex, offsets: Float64Array): Promise<Places | null> {
    const state = this.#modules.get(module);
    if (!state) return null;
    try {
      const places = await this.#files.locate(this.#filesOf(module, state), offsets);
      if (typeof places !== 'string') return places;
      state.linesReason = places;
    } catch (error) {
      state.linesReason = (error as Error).message;
    }
    return null;
  }

  async #append(module: ModuleIndex, state: ModuleState, frames: readonly FrameIndex[], named: Named): Promise<void> {
    const { source, reason, stripped } = named;
    if (state.saysMore && source?.lines) this.#placeNamed(module);
    state.saysMore = false;
    if (source) state.source = source;
    state.reason = reason;
    state.stripped = stripped;
    for (let i = 0; i < frames.length && !this.#closed; i++) {
      const frame = frames[i]!;
      if ((named.names[i] ?? '') !== '') {
        this.#appendName(module, frame, named, i);
        state.unnamed.delete(frame);
        state.named++;
      } else if (!state.unnamed.has(frame)) {
        this.#appendName(module, frame, named, i);
        state.unnamed.add(frame);
      }
      if (i % ROWS_AT_ONCE === ROWS_AT_ONCE - 1) await new Promise(setImmediate);
    }
  }

  /** Source lines have come for frames that had their names before. */
  #placeNamed(module: ModuleIndex): void {
    const { frames, symbols } = this.#tables;
    const { frame, depth, function: named } = symbols.columns;
    for (let row = 0; row < symbols.length; row++) {
      if (depth[row] === 0 && frames.columns.module[frame[row]!] === module) this.#places.add(module, frame[row]!, named[row]!);
    }
  }

  /** Its name, or that there is none; of some frames that is all there is to be known, of others not. */
  #appendName(module: ModuleIndex, frame: FrameIndex, { names, places, whole, home, source }: Named, i: number): void {
    const known = whole?.known[i] ? placesAt(whole.places, i) : [];
    if (known.length > 0) {
      appendPlaces(this.#functions, module, frame, NONE, known);
      return;
    }
    const row = this.#functions.name(frame, names[i] ?? '', home ?? module, places?.[i] ?? null);
    if (source?.lines && !whole?.known[i]) this.#places.add(module, frame, row);
  }
}
