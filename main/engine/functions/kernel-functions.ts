// SPDX-License-Identifier: Apache-2.0
/** Functions of the kernel: which there are, whether they can be traced and why not, and what their arguments are. */
import { readFile } from 'node:fs/promises';
import type { Prototype } from '../../../profile/prototype.ts';
import { Btf } from './btf.ts';
import { systemCallPrototypes, valueOfC } from './c-prototype.ts';
import { KERNEL, parseKallsyms, readTracefs, type KernelLists } from './kernel-names.ts';
import { nearestNames } from './name-search.ts';
import { entryNames, ENTRY_PREFIX, systemCallOf } from './system-calls.ts';
import { parseTracepointFormat } from './tracepoint-format.ts';

/** null: the kernel is another computer's, so that its types are not here. */
type BtfFolder = string | null;
const BTF_FOLDER: BtfFolder = '/sys/kernel/btf';
const LOCKDOWN = '/sys/kernel/security/lockdown';

/** What this kernel can do at all. null: not known, nobody with the right to try has tried. */
export interface KernelAbilities {
  kprobes: boolean | null;
  fentry: boolean | null;
  /** "none", "integrity", "confidentiality" */
  lockdown: string;
}

export interface KernelFunction {
  /** "vfs_read"; a system call's entry is "sys_clone". */
  name: string;
  symbol: string;
  module: string;
  systemCall: boolean;
}

const WITHOUT_KPROBES = 'This kernel was built without kprobes. Choose a tracepoint, a function of a program, or a ready question: they work without.';

export class KernelFunctions {
  /** name -> module */
  readonly symbols: ReadonlyMap<string, string>;
  static #ownTypes: Promise<Btf | null> | null = null;
  #all: KernelFunction[] | null = null;
  readonly #btf = new Map<string, Promise<Btf | null>>();
  readonly #folder: BtfFolder;
  #lists: KernelLists;
  #abilities: KernelAbilities;

  /** @param folder of types */
  constructor(symbols: ReadonlyMap<string, string>, lists: KernelLists, abilities: KernelAbilities, folder: BtfFolder = BTF_FOLDER) {
    this.symbols = symbols;
    this.#folder = folder;
    this.#lists = lists;
    this.#abilities = abilities;
  }

  static async read(lists: KernelLists): Promise<KernelFunctions> {
    const symbols = parseKallsyms(await readFile('/proc/kallsyms', 'latin1').catch(() => ''));
    const lockdown = /\[(\w+)\]/.exec(await readFile(LOCKDOWN, 'latin1').catch(() => ''))?.[1] ?? 'none';
    return new KernelFunctions(symbols, lists, { ...builtWith(symbols), lockdown });
  }

  /** Of a kernel elsewhere, of which only a helper there tells. */
  static elsewhere(symbols: ReadonlyMap<string, string>): KernelFunctions {
    return new KernelFunctions(symbols, { traceable: null, blocklist: null, tracepoints: null }, { ...builtWith(symbols), lockdown: 'none' }, null);
  }

  /** What a helper has found out. */
  learn(abilities: Partial<KernelAbilities>, lists: KernelLists | null): void {
    this.#abilities = { ...this.#abilities, ...abilities };
    if (!lists) return;
    const { traceable, blocklist, tracepoints } = this.#lists;
    this.#lists = { traceable: lists.traceable ?? traceable, blocklist: lists.blocklist ?? blocklist, tracepoints: lists.tracepoints ?? tracepoints };
  }

  get tracepoints(): readonly string[] | null {
    return this.#lists.tracepoints;
  }

  /** It is known which of them can be traced, or that none can. */
  get availabilityKnown(): boolean {
    return this.#lists.traceable !== null || this.#untraceable() !== '';
  }

  /** Made once: a search goes through all of them at every letter that is typed. */
  get all(): readonly KernelFunction[] {
    return (this.#all ??= Array.from(this.symbols.keys(), (symbol) => this.function(symbol)));
  }

  /** Of a symbol that is there. */
  function(symbol: string): KernelFunction {
    const systemCall = symbol.startsWith(ENTRY_PREFIX);
    const name = systemCall ? `sys_${symbol.slice(ENTRY_PREFIX.length)}` : symbol;
    return { name, symbol, module: this.symbols.get(symbol) ?? KERNEL, systemCall };
  }

  /** By any of its names: "sys_clone", "kprobe__sys_clone", "__x64_sys_clone". null: there is no such function. */
  find(name: string): KernelFunction | null {
    if (this.symbols.has(name) && !name.startsWith('__ia32_')) return this.function(name);
    const call = systemCallOf(name);
    const entry = call === null ? undefined : entryNames(call).find((each) => this.symbols.has(each));
    return entry === undefined ? null : this.function(entry);
  }

  /** Empty: nothing speaks against it. */
  whyNot(symbol: string): string {
    const never = this.#untraceable();
    const { traceable, blocklist, tracepoints } = this.#lists;
    const entry = symbol.startsWith(ENTRY_PREFIX) ? `syscalls:sys_enter_${symbol.slice(ENTRY_PREFIX.length)}` : '';
    if (never === WITHOUT_KPROBES && tracepoints?.includes(entry)) return `This kernel was built without kprobes. Choose the tracepoint ${entry}, or ${entry.replace('enter', 'exit')}.`;
    if (never !== '') return never;
    if (blocklist?.has(symbol)) return 'The kernel refuses probes here (its blocklist): one of its own traps would hit it. Choose a function that calls it.';
    if (traceable && !traceable.has(symbol)) return 'It is marked notrace, or is code that must not be interrupted by tracing. Choose a function that calls it.';
    return '';
  }

  /** Why there is no function of this name, and what may be meant. */
  async whyMissing(name: string): Promise<string> {
    const copies = [...this.symbols.keys()].filter((symbol) => symbol.startsWith(`${name}.`)).slice(0, 3);
    if (copies.length > 0) return `The compiler kept it only in changed copies: ${copies.join(', ')}. Choose one; its arguments may be others.`;
    if ((await this.#types(KERNEL))?.has(name)) return 'It is inlined everywhere: no function of this name is left in the kernel. Choose a function that calls it.';
    const near = nearestNames(name, this.symbols.keys());
    const meant = near.length > 0 ? ` Is it ${near.join(', or ')}?` : '';
    return `The kernel has no function ${JSON.stringify(name.slice(0, 80))}: it is inlined everywhere, in a module that is not loaded, or spelled differently.${meant}`;
  }

  /** null: its types are not known. */
  async prototype({ symbol, module, systemCall }: KernelFunction): Promise<Prototype | null> {
    if (systemCall) return this.#systemCall(symbol.slice(ENTRY_PREFIX.length));
    return (await this.#types(module))?.prototype(symbol) ?? null;
  }

  /** Of "sched:sched_switch", in the order in which its programs get them. */
  async tracepoint(name: string): Promise<Prototype | null> {
    const [category = '', event = ''] = name.split(':');
    return this.#fields(category, event);
  }

  /** Of the system call as programs make it, whatever the kernel's own wrapper takes. */
  async #systemCall(call: string): Promise<Prototype | null> {
    const types = await this.#types(KERNEL);
    return types?.prototype(`__do_sys_${call}`) ?? (await this.#entryFields(call)) ?? systemCallPrototypes.get(call) ?? types?.prototype(`__se_sys_${call}`) ?? null;
  }

  async #entryFields(call: string): Promise<Prototype | null> {
    const fields = await this.#fields('syscalls', `sys_enter_${call}`);
    return fields && { arguments: fields.arguments.filter(({ name }) => name !== '__syscall_nr'), returns: valueOfC('long') };
  }

  async #fields(category: string, event: string): Promise<Prototype | null> {
    if (this.#folder === null || !/^[\w-]+$/.test(category) || !/^[\w-]+$/.test(event)) return null;
    const format = await readTracefs(`events/${category}/${event}/format`);
    if (format === null) return null;
    const fields = parseTracepointFormat(format);
    const values = fields.map(({ name, type, size, signed }) => {
      const value = valueOfC(type);
      // A record keeps an int in eight bytes, and knows the size of types that are not known here.
      const narrow = value.bytes < size;
      const bytes = narrow ? value.bytes : [1, 2, 4].includes(size) ? size : 8;
      return { name, ...value, bytes, signed: value.form === 'integer' && (narrow ? value.signed : signed) };
    });
    return { arguments: values, returns: null };
  }

  #untraceable(): string {
    const { kprobes, fentry, lockdown } = this.#abilities;
    if (lockdown === 'confidentiality') return 'The kernel is locked down (confidentiality): it lets nobody trace its functions. Booting without Secure Boot, or with lockdown=integrity, allows it.';
    return kprobes === false && fentry !== true ? WITHOUT_KPROBES : '';
  }

  /** Read when first asked for; null: there are none. Those of the kernel itself are read once: it stays the same. */
  #types(module: string): Promise<Btf | null> {
    if (module === KERNEL && this.#folder !== null) return (KernelFunctions.#ownTypes ??= this.#readTypes(module));
    let types = this.#btf.get(module);
    if (!types) this.#btf.set(module, (types = this.#readTypes(module)));
    return types;
  }

  async #readTypes(module: string): Promise<Btf | null> {
    if (!/^[\w-]+$/.test(module) || this.#folder === null) return null;
    try {
      const base = module === KERNEL ? null : await this.#types(KERNEL);
      if (module !== KERNEL && !base) return null;
      return Btf.read(await readFile(`${this.#folder}/${module === KERNEL ? 'vmlinux' : module}`), base);
    } catch {
      return null;
    }
  }
}

/** Its own functions tell how it was built, to everybody. */
function builtWith(symbols: ReadonlyMap<string, string>): Pick<KernelAbilities, 'kprobes' | 'fentry'> {
  const built = (name: string): boolean | null => (symbols.size > 0 ? symbols.has(name) : null);
  // That it was built with it does not say that it is allowed: some refuse.
  return { kprobes: built('register_kprobe'), fentry: built('register_ftrace_direct') === false ? false : null };
}
