// SPDX-License-Identifier: Apache-2.0
/** From what a person types to what can be traced, and why not: all kinds in one list, the best matches first. */
import { realpath } from 'node:fs/promises';
import type { FunctionList, FunctionQuery, ReadyAsk, ReadyQuestion, TraceableFunction, TraceableKind } from '../../../ipc/contract.ts';
import type { Prototype } from '../../../profile/prototype.ts';
import { bccTools, namesOf } from './bcc-tools.ts';
import { parseLocations } from './c-prototype.ts';
import { KernelFunctions, type KernelAbilities, type KernelFunction } from './kernel-functions.ts';
import type { KernelSymbolsFrame } from '../wire-frames.ts';
import { isFunctionName, readKernelLists, type KernelLists } from './kernel-names.ts';
import { codeFiles, isCalled, type CodeFile } from './mapped-files.ts';
import { Best, namePattern, nearestNames, wildcard, type NamePattern } from './name-search.ts';
import { readyQuestions } from './ready-questions.ts';
import { systemCallOf } from './system-calls.ts';
import { UserFunctions, type FileNames, type UserFunction } from './user-functions.ts';

/** Modules come and go, and lists with them. */
const KEPT_MS = 60_000;
const MOST = 1000;
/** Longer names are not taken by the helper (WIRE_PROBE_NAME_MAX), nor are others than of these letters. */
const NAME = /^[A-Za-z0-9_.:$@-]{1,127}$/;

/** What is worth a look first, where nothing was typed. */
const WELL_KNOWN = ['vfs_read', 'vfs_write', 'vfs_open', 'vfs_fsync', 'sys_clone', 'sys_openat', 'sys_execve', 'tcp_sendmsg', 'tcp_recvmsg', 'tcp_v4_connect', 'do_sys_openat2', 'ext4_file_read_iter', 'malloc', 'free', 'read', 'write', 'sched:sched_switch', 'sched:sched_process_exec', 'sched:sched_process_fork', 'block:block_rq_complete', 'syscalls:sys_enter_openat'];

const WITHOUT_LISTS = 'Which functions of the kernel can be traced is known to administrators only, until the first of them is.';
const BEFORE_SYMBOLS = 'The functions of that kernel are known once something is recorded there.';
const WITHOUT_TRACEPOINTS = 'The list of tracepoints is for administrators.';
const ONLY_IN_DEBUG_FILE = 'Only a separate debug file names it: the file itself does not, so that a probe cannot find it by name. Choose a function that calls it.';
export const UNSPEAKABLE = 'Its name is longer than a probe can have, or has letters that none may have.';

export class Catalogue {
  readonly user = new UserFunctions();
  #kernel: { functions: Promise<KernelFunctions>; at: number } | null = null;
  /** Of a computer elsewhere: what its helpers told; null: it is this one. */
  readonly #elsewhere: Map<string, string> | null;
  #asked = false;
  readonly #learned: { abilities: Partial<KernelAbilities>; lists: KernelLists | null } = { abilities: {}, lists: null };

  /** @param elsewhere the helper runs on another computer, whose kernel is asked about through it alone */
  constructor(elsewhere = false) {
    this.#elsewhere = elsewhere ? new Map() : null;
  }

  /** Symbols of the kernel, or of a module of it, as a helper sent them. */
  takeSymbols({ module, names }: KernelSymbolsFrame): void {
    if (!this.#elsewhere) return;
    for (const name of names) if (isFunctionName(name) && !this.#elsewhere.has(name)) this.#elsewhere.set(name, module.replace(/^\[|\]$/g, ''));
    this.#kernel = null;
  }

  /** Nobody has asked a helper yet: whoever comes first does. */
  get wantsKnowledge(): boolean {
    const wanted = !this.#asked;
    this.#asked = true;
    return wanted;
  }

  /** What a helper has found out, for all questions from now on. */
  async learn(abilities: Partial<KernelAbilities>, lists: KernelLists | null): Promise<void> {
    Object.assign(this.#learned.abilities, abilities);
    if (lists) this.#learned.lists = lists;
    (await this.#kernel?.functions)?.learn(abilities, lists);
  }

  kernel(): Promise<KernelFunctions> {
    if (!this.#kernel || performance.now() - this.#kernel.at > KEPT_MS) this.#kernel = { functions: this.#readKernel(), at: performance.now() };
    return this.#kernel.functions;
  }

  async list({ pattern: typed, tgids, most }: FunctionQuery): Promise<FunctionList> {
    const text = typed.trim();
    const pattern = text === '' ? wellKnown() : namePattern(spokenName(text));
    const limit = Math.min(MOST, Math.max(1, most));
    const kernel = await this.kernel();
    const search = new Search(pattern, limit);
    search.kernel(kernel);
    search.ready(text, await this.readyQuestions());
    const incomplete: string[] = [];
    if (this.#elsewhere?.size === 0) incomplete.push(BEFORE_SYMBOLS);
    else if (!kernel.availabilityKnown) incomplete.push(WITHOUT_LISTS);
    if (!kernel.tracepoints) incomplete.push(WITHOUT_TRACEPOINTS);
    for (const file of await this.#files(tgids, incomplete)) search.file(file);
    const found = await Promise.all(search.best().map((hit) => this.#describe(hit, kernel)));
    if (search.matched === 0 && text !== '' && !pattern.wild) incomplete.push(await kernel.whyMissing(text));
    return { functions: found, matched: search.matched, incomplete: incomplete.join(' ') };
  }

  /** The gallery, with why what cannot be asked of this kernel. */
  async readyQuestions(): Promise<ReadyQuestion[]> {
    const kernel = await this.kernel();
    return readyQuestions((ask) => whyNotAsk(ask, kernel));
  }

  /**
   * The file of this path, or one that is called so ("libc").
   * @param tgids whose files are looked into; none: what everybody maps, by our own process
   */
  async file(name: string, tgids: readonly number[]): Promise<FileNames | null> {
    for (const tgid of tgids.length > 0 ? tgids : [process.pid]) {
      const files = (await codeFiles(tgid)) ?? [];
      const found = files.find(({ path }) => path === name) ?? files.find(({ path }) => isCalled(path, name)) ?? (await behindLink(files, name));
      const names = found && (await this.user.names(found));
      if (names) return names;
    }
    // Of a system's processes any may have mapped it.
    return tgids.length === 0 && name.startsWith('/') ? this.user.names({ path: name, candidates: [name] }) : null;
  }

  /** Files of these processes, each once. */
  async #files(tgids: readonly number[], incomplete: string[]): Promise<FileNames[]> {
    const files = new Map<string, FileNames>();
    for (const tgid of tgids) {
      const found = await this.user.of(tgid);
      if (!found) {
        incomplete.push(`Process ${tgid} has ended, or is not yours to look into.`);
        continue;
      }
      for (const file of found.files) files.set(file.path, file);
      if (found.unread.length > 0) incomplete.push(`${found.unread.length} of the files of process ${tgid} could not be read.`);
    }
    return [...files.values()];
  }

  async #readKernel(): Promise<KernelFunctions> {
    const kernel = this.#elsewhere ? KernelFunctions.elsewhere(this.#elsewhere) : await KernelFunctions.read(await readKernelLists());
    kernel.learn(this.#learned.abilities, this.#learned.lists);
    return kernel;
  }

  async #describe(hit: Hit, kernel: KernelFunctions): Promise<TraceableFunction> {
    const { kind, name, symbol, module } = hit;
    const prototype = await this.#prototypeOf(hit, kernel);
    const types = { arguments: prototype?.arguments.map(({ name: argument, type }) => ({ name: argument, type })) ?? null, returns: prototype ? (prototype.returns?.type ?? 'void') : null };
    const why = hit.why !== '' || NAME.test(symbol) || kind === 'ready' ? hit.why : UNSPEAKABLE;
    return { name, symbol, kind, module, available: why === '', why: why || hit.note, ...types };
  }

  async #prototypeOf(hit: Hit, kernel: KernelFunctions): Promise<Prototype | null> {
    if (hit.function) return kernel.prototype(hit.function);
    if (hit.kind === 'tracepoint') return kernel.tracepoint(hit.symbol);
    if (hit.locations !== undefined) return parseLocations(hit.locations);
    return hit.kind === 'user' ? this.user.prototype(hit.module, hit.symbol) : null;
  }
}

/** A path that leads to one of these files. */
async function behindLink(files: readonly CodeFile[], name: string): Promise<CodeFile | undefined> {
  const real = name.startsWith('/') ? await realpath(name).catch(() => name) : name;
  return files.find(({ path }) => path === real);
}

/** As far as this kernel is known. */
function whyNotAsk({ kind, name }: ReadyAsk, kernel: KernelFunctions): string {
  if (kind === 'tracepoint') {
    const there = kernel.tracepoints?.some((each) => wildcard(name, each)) ?? true;
    return there ? '' : `This kernel has no tracepoint ${name}.`;
  }
  if (kind !== 'kernel' || kernel.symbols.size === 0) return '';
  const found = kernel.find(name);
  return found ? kernel.whyNot(found.symbol) : `This kernel has no function ${name}.`;
}

/** As it stands in the list: "sys_clone" of "kprobe__sys_clone" and of "t:sched:sched_switch" the tracepoint's name. */
function spokenName(text: string): string {
  const call = /[*?]/.test(text) ? null : systemCallOf(text);
  if (call !== null && !/^__(do|se|ia32)_/.test(text)) return `sys_${call}`;
  return text.replace(/^(t|tracepoint|kprobe|kretprobe|fentry|usdt|uprobe):/, '');
}

function wellKnown(): NamePattern {
  return { wild: true, test: (name) => WELL_KNOWN.includes(name), rank: (name) => WELL_KNOWN.indexOf(name) };
}

interface Hit {
  kind: TraceableKind;
  name: string;
  symbol: string;
  module: string;
  why: string;
  /** There is something to know all the same. */
  note: string;
  function: KernelFunction | null;
  /** Of a marker: where its arguments lie. */
  locations?: string;
}

class Search {
  readonly #pattern: NamePattern;
  readonly #limit: number;
  readonly #best = new Map<TraceableKind, Best<() => Hit>>();

  constructor(pattern: NamePattern, limit: number) {
    this.#pattern = pattern;
    this.#limit = limit;
  }

  get matched(): number {
    return [...this.#best.values()].reduce((sum, best) => sum + best.matched, 0);
  }

  best(): Hit[] {
    const all = [...this.#best.values()].flatMap((best) => best.take());
    return all.sort((a, b) => a.rank - b.rank).map(({ value }) => value());
  }

  kernel(kernel: KernelFunctions): void {
    for (const each of kernel.all) {
      const { name, symbol, module } = each;
      const copy = symbol.includes('.');
      const note = copy ? 'A changed copy that the compiler made: its arguments may be others.' : '';
      const hit = (): Hit => ({ kind: 'kernel', name, symbol, module, why: kernel.whyNot(symbol), note, function: each });
      // The halves that the compiler made of a system call, and the entries of old programs, come behind.
      const half = symbol.startsWith('__') && /^__(se|do|ia32)_(compat_)?sys_/.test(symbol);
      this.#add('kernel', half ? 100 : copy ? 50 : 0, name === symbol ? [name] : [name, symbol], hit);
    }
    for (const name of kernel.tracepoints ?? []) {
      const hit = (): Hit => ({ kind: 'tracepoint', name, symbol: name, module: 'kernel', why: '', note: '', function: null });
      this.#add('tracepoint', 0, [name, name.slice(name.indexOf(':') + 1)], hit);
    }
  }

  file({ path, functions, markers }: FileNames): void {
    for (const each of functions) {
      const { name, symbol } = each;
      this.#add('user', 0, name === symbol ? [name] : [name, symbol], () => userHit(each, path));
    }
    for (const { provider, name, locations } of markers) {
      const spoken = `${provider}:${name}`;
      this.#add('usdt', 0, [spoken], () => ({ kind: 'usdt', name: spoken, symbol: spoken, module: path, why: '', note: '', function: null, locations }));
    }
  }

  ready(text: string, questions: readonly ReadyQuestion[]): void {
    for (const { name, title, bcc, why } of questions) {
      const hit = (): Hit => ({ kind: 'ready', name, symbol: name, module: '', why, note: title, function: null });
      if (text === '') this.#of('ready').add(0, name, hit);
      else this.#add('ready', 0, [name, title, ...namesOf(bcc), `question:${name}`], hit);
    }
    if (text === '') return;
    for (const { tool, place, answer } of bccTools()) {
      if (place !== 'ready') this.#add('ready', 0, [tool], () => ({ kind: 'ready', name: tool, symbol: tool, module: '', why: answer, note: '', function: null }));
    }
  }

  #of(kind: TraceableKind): Best<() => Hit> {
    let best = this.#best.get(kind);
    if (!best) this.#best.set(kind, (best = new Best(this.#limit)));
    return best;
  }

  /** @param names of which one must match; @param hit makes it, once it is among the best */
  #add(kind: TraceableKind, behind: number, names: readonly string[], hit: () => Hit): void {
    let rank = Infinity;
    for (const name of names) if (this.#pattern.test(name)) rank = Math.min(rank, this.#pattern.rank(name));
    if (rank < Infinity) this.#of(kind).add(rank + behind, names[0]!, hit);
  }
}

function userHit({ name, symbol, offset }: UserFunction, path: string): Hit {
  return { kind: 'user', name, symbol, module: path, why: offset < 0 ? ONLY_IN_DEBUG_FILE : '', note: '', function: null };
}

/** Of a file, what somebody may have meant who asked for a function that it has not. */
export function nearIn(file: FileNames, name: string): string[] {
  return nearestNames(name, file.functions.map((each) => each.name));
}
