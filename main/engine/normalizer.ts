// SPDX-License-Identifier: Apache-2.0
/**
 * Absolute addresses to rows of `frames`: module and offset, ready for look-up. Rows of `modules` are made
 * when the first frame needs them.
 */
import { FrameCategory, ModuleKind } from '../../profile/schema.ts';
import type { Tables } from '../../profile/tables.ts';
import { NONE, type FrameIndex, type ModuleIndex } from '../../profile/units.ts';
import { StringInterner } from './interner.ts';
import { isPythonFrame, PythonFrames } from './python/python-frames.ts';
import { KernelSpace, type KernelModule } from './kernel-space.ts';
import { Mappings, type MappingRange } from './mappings.ts';
import { MappingFlag } from './wire-layout.gen.ts';
import type { GenerationFrame, KernelSymbolsFrame, MappingFrame, PythonCodeFrame, StackFrame } from './wire-frames.ts';

/** Told of each new module, in the order of its rows. */
export interface ModuleListener {
  /** An executable or library. The process may have ended already. */
  file(module: ModuleIndex, mapping: MappingFrame): void;
  vdso(module: ModuleIndex): void;
  /** About code that is made at run time; null: nobody asks. */
  readonly runTime: RunTimeListener | null;
}

/** Told of mappings as they come, and of modules of ModuleKind.anonymous, whose offsets count from their mapping. */
export interface RunTimeListener {
  generation(frame: GenerationFrame): void;
  mapping(frame: MappingFrame): void;
  /** @param tgid whose code it is; the mapping may be one that it has from its parent */
  anonymous(module: ModuleIndex, tgid: number, mapping: MappingFrame): void;
  /** The process ended, and nothing of it will come any more. */
  forget(tgid: number): void;
}

interface UserMapping extends MappingRange {
  readonly frame: MappingFrame;
  /** Of the program itself: the first file mapped after an exec. It may have several executable mappings. */
  readonly main: boolean;
  module: ModuleIndex | null;
}

/** Code of the kernel outside its symbol table (BPF programs, trampolines), or with the table hidden. */
const UNKNOWN_KERNEL_CODE = '[unknown kernel code]';
/** Where the kernel's half begins on x86_64 and arm64 with 48-bit addresses; offsets from it are exact. */
const KERNEL_HALF = 0xffff_8000_0000_0000n;

const categoryOfKind: Record<ModuleKind, FrameCategory> = {
  [ModuleKind.executable]: FrameCategory.user,
  [ModuleKind.library]: FrameCategory.library,
  [ModuleKind.kernel]: FrameCategory.kernel,
  [ModuleKind.kernelModule]: FrameCategory.kernel,
  [ModuleKind.vdso]: FrameCategory.library,
  [ModuleKind.anonymous]: FrameCategory.jit,
  [ModuleKind.source]: FrameCategory.interpreted,
};

function undeleted(path: string): string {
  return path.replace(/ \(deleted\)$/, '');
}

function isAnonymous({ flags, path }: MappingFrame): boolean {
  return (flags & MappingFlag.vdso) === 0 && ((flags & MappingFlag.anonymous) !== 0 || !path.startsWith('/'));
}

/** The identity of a file on this computer. */
function placeOf({ deviceMajor, deviceMinor, inode, path }: MappingFrame): string {
  return `${deviceMajor}:${deviceMinor} ${inode} ${undeleted(path)}`;
}

export class Normalizer {
  readonly #tables: Tables;
  readonly #strings: StringInterner;
  readonly #listener: ModuleListener;
  readonly #mappings = new Mappings<UserMapping>();
  /** Which file is the program, of each (tgid, generation); null: it was not mapped yet. */
  readonly #programs = new Map<number, Map<number, string | null>>();
  readonly #kernel = new KernelSpace();
  readonly #python: PythonFrames;
  readonly #modules = new Map<string, ModuleIndex>();
  readonly #kernelModules = new Map<ModuleIndex, KernelModule>();
  /** Per module (NONE included): offset to frame. */
  readonly #frames = new Map<ModuleIndex, Map<number, FrameIndex>>();

  constructor(tables: Tables, listener: ModuleListener) {
    this.#tables = tables;
    this.#strings = StringInterner.of(tables);
    this.#listener = listener;
    this.#python = new PythonFrames(tables);
  }

  generation(frame: GenerationFrame): void {
    this.#mappings.begin(frame.tgid, frame.generation, frame.fromTgid, frame.fromGeneration);
    this.#listener.runTime?.generation(frame);
    const copied = frame.fromTgid === 0 ? null : this.#programs.get(frame.fromTgid)?.get(frame.fromGeneration);
    this.#setProgram(frame.tgid, frame.generation, copied ?? null);
  }

  mapping(frame: MappingFrame): void {
    this.#listener.runTime?.mapping(frame);
    const file = (frame.flags & (MappingFlag.anonymous | MappingFlag.vdso)) === 0 && frame.path.startsWith('/');
    const place = placeOf(frame);
    const program = this.#programs.get(frame.tgid)?.get(frame.generation) ?? null;
    if (file && program === null) this.#setProgram(frame.tgid, frame.generation, place);
    const main = file && (program === null || program === place);
    const { start, end } = frame;
    const fileOffset = file ? frame.fileOffset : 0;
    this.#mappings.add(frame.tgid, frame.generation, { start, end, fileOffset, frame, main, module: null });
  }

  kernelSymbols(frame: KernelSymbolsFrame): void {
    this.#kernel.add(frame);
  }

  pythonCode(frame: PythonCodeFrame): void {
    this.#python.add(frame);
  }

  forget(tgid: number): void {
    this.#python.forget(tgid);
    this.#listener.runTime?.forget(tgid);
    this.#mappings.forget(tgid);
    this.#programs.delete(tgid);
  }

  /** Frames of a stack, leaf first. Its mappings and Python code must have come before. */
  frames(stack: StackFrame): Uint32Array {
    const { addresses } = stack;
    const set = stack.kernel ? null : this.#mappings.find(stack.tgid, stack.generation);
    const frames = new Uint32Array(addresses.length);
    for (let i = 0; i < addresses.length; i++) {
      if (isPythonFrame(addresses[i]!) && !stack.kernel) {
        frames[i] = this.#python.frame(addresses[i]!, stack.tgid);
        continue;
      }
      // A return address may lie behind the caller's last instruction: one less is within the call.
      const address = i === 0 || addresses[i] === 0n ? addresses[i]! : addresses[i]! - 1n;
      frames[i] = stack.kernel ? this.#kernelFrame(address) : this.#userFrame(address, set?.find(address) ?? null, stack.tgid);
    }
    return frames;
  }

  /** What the kernel calls the function at this address; empty: it does not say. */
  kernelName(address: bigint): string {
    return this.#kernel.nameAt(address);
  }

  /** Kernel modules that have frames and whose symbols were not taken yet. */
  *freshKernelModules(): Generator<[ModuleIndex, KernelModule]> {
    for (const entry of this.#kernelModules) {
      if (!entry[1].fresh) continue;
      entry[1].fresh = false;
      yield entry;
    }
  }

  #setProgram(tgid: number, generation: number, program: string | null): void {
    let generations = this.#programs.get(tgid);
    if (!generations) this.#programs.set(tgid, (generations = new Map()));
    generations.delete(generation);
    generations.set(generation, program);
    if (generations.size > 64) generations.delete(generations.keys().next().value!);
  }

  #userFrame(address: bigint, mapping: UserMapping | null, tgid: number): FrameIndex {
    if (!mapping) return this.#frame(NONE, Number(address), FrameCategory.unresolved);
    // A child goes on making code where its parent did, so there it is on its own.
    const inherited = tgid !== mapping.frame.tgid && isAnonymous(mapping.frame);
    const module = inherited ? this.#anonymousModule(mapping.frame, tgid) : (mapping.module ??= this.#userModule(mapping));
    const offset = Number(address - mapping.start) + mapping.fileOffset;
    return this.#frame(module, offset, categoryOfKind[this.#tables.modules.columns.kind[module] as ModuleKind]);
  }

  #userModule(mapping: UserMapping): ModuleIndex {
    const { frame } = mapping;
    if (frame.flags & MappingFlag.vdso) {
      return this.#module(`vdso ${frame.buildId}`, '[vdso]', frame.buildId, ModuleKind.vdso, (module) => this.#listener.vdso(module));
    }
    if (isAnonymous(frame)) return this.#anonymousModule(frame, frame.tgid);
    const path = undeleted(frame.path);
    const kind = mapping.main ? ModuleKind.executable : ModuleKind.library;
    const key = frame.buildId ? `build ${frame.buildId}` : `file ${placeOf(frame)}`;
    return this.#module(key, path, frame.buildId, kind, (module) => this.#listener.file(module, frame));
  }

  /** Equal offsets of different mappings are different code, so each has a row of its own. */
  #anonymousModule(mapping: MappingFrame, tgid: number): ModuleIndex {
    const path = mapping.path.startsWith('[') ? mapping.path : '[anonymous]';
    const key = `anonymous ${mapping.tgid} ${mapping.generation} ${mapping.start} ${tgid}`;
    const created = (module: ModuleIndex): void => this.#listener.runTime?.anonymous(module, tgid, mapping);
    return this.#module(key, path, '', ModuleKind.anonymous, created);
  }

  #kernelFrame(address: bigint): FrameIndex {
    const found = this.#kernel.find(address);
    if (!found) {
      if (address < KERNEL_HALF) return this.#frame(NONE, Number(address), FrameCategory.unresolved);
      const module = this.#module('kernel', UNKNOWN_KERNEL_CODE, '', ModuleKind.kernel);
      return this.#frame(module, Number(address - KERNEL_HALF), FrameCategory.kernel);
    }
    const proper = found.name === '[kernel]';
    const path = found.name.startsWith('[') ? found.name : `[${found.name}]`;
    const module = this.#module(`kernel ${path}`, path, '', proper ? ModuleKind.kernel : ModuleKind.kernelModule);
    if (!this.#kernelModules.has(module)) this.#kernelModules.set(module, found);
    return this.#frame(module, Number(address - found.base), FrameCategory.kernel);
  }

  #module(key: string, path: string, buildId: string, kind: ModuleKind, created?: (module: ModuleIndex) => void): ModuleIndex {
    let module = this.#modules.get(key);
    if (module === undefined) {
      const row = { path: this.#strings.index(path), buildId: this.#strings.index(buildId), kind };
      module = this.#tables.modules.append(row);
      this.#modules.set(key, module);
      created?.(module);
    }
    return module;
  }

  #frame(module: ModuleIndex, offset: number, category: FrameCategory): FrameIndex {
    let frames = this.#frames.get(module);
    if (!frames) this.#frames.set(module, (frames = new Map()));
    let frame = frames.get(offset);
    if (frame === undefined) {
      frame = this.#tables.frames.append({ module, offset, category });
      frames.set(offset, frame);
    }
    return frame;
  }
}
