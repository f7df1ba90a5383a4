// SPDX-License-Identifier: Apache-2.0
/**
 * What a stream of frames says, put together independently of the engine: checks on the way that everything a
 * frame names came before it, and gives function names through the test programs' own symbol tables.
 */
import { execFileSync } from 'node:child_process';
import type { MappingFrame, StackFrame, WireFrame } from '../../main/engine/wire-frames.ts';
import { LossCause } from '../../main/engine/wire-layout.gen.ts';

interface Symbol {
  /** Offset in the file. */
  offset: number;
  name: string;
}

const symbolsOfFile = new Map<string, Symbol[]>();

function symbolsOf(path: string): Symbol[] {
  const known = symbolsOfFile.get(path);
  if (known) return known;
  let symbols: Symbol[] = [];
  try {
    const headers = execFileSync('readelf', ['-lW', path], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const segments = [...headers.matchAll(/LOAD\s+0x(\w+) 0x(\w+) 0x\w+ 0x(\w+)/g)].map((match) => ({
      offset: parseInt(match[1]!, 16),
      address: parseInt(match[2]!, 16),
      size: parseInt(match[3]!, 16),
    }));
    symbols = execFileSync('nm', ['-n', path], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .split('\n')
      .flatMap((line) => {
        const match = /^(\w+) [tT] (.+)$/.exec(line);
        if (!match) return [];
        const address = parseInt(match[1]!, 16);
        const segment = segments.find((one) => address >= one.address && address < one.address + one.size);
        return segment ? [{ offset: address - segment.address + segment.offset, name: match[2]! }] : [];
      });
  } catch {
    // a file without symbols
  }
  symbolsOfFile.set(path, symbols);
  return symbols;
}

export interface Observed {
  tgid: number;
  tid: number;
  slice: number;
  samples: number;
  /** Leaf first: function names, `file+0x..` where there is none, or `?` without a mapping. */
  user: string[];
  userStack: StackFrame | null;
  kernelStack: StackFrame | null;
}

export interface ObservedWait {
  tgid: number;
  tid: number;
  slice: number;
  /** `WaitKind` */
  kind: number;
  ns: number;
  /** Waits that ended. */
  count: number;
  state: number;
  wakerTgid: number;
  wakerTid: number;
  /** All leaf first. */
  user: string[];
  kernel: string[];
  wakerUser: string[];
  wakerKernel: string[];
}

export class ObservedProfile {
  readonly samples: Observed[] = [];
  readonly waits: ObservedWait[] = [];
  readonly errors: string[] = [];
  readonly losses = new Map<number, number>();
  readonly cpuNs = new Map<number, number>();
  readonly processes = new Map<number, string>();
  readonly threads = new Map<number, string>();
  readonly #generations = new Map<string, MappingFrame[]>();
  readonly #stacks = new Map<bigint, StackFrame>();
  readonly #names = new Map<bigint, string[]>();
  readonly #kernelSymbols: { address: bigint; name: string }[] = [];

  constructor(frames: readonly WireFrame[]) {
    for (const frame of frames) this.#add(frame);
  }

  #error(text: string): void {
    if (this.errors.length < 20) this.errors.push(text);
  }

  #add(frame: WireFrame): void {
    switch (frame.type) {
      case 'process':
        this.processes.set(frame.tgid, frame.name);
        break;
      case 'thread':
        this.threads.set(frame.tid, frame.name);
        if (!this.processes.has(frame.tgid)) this.#error(`thread ${frame.tid} before its process`);
        break;
      case 'generation': {
        const from = this.#generations.get(`${frame.fromTgid}/${frame.fromGeneration}`);
        if (frame.fromTgid !== 0 && !from) this.#error(`generation ${frame.tgid}/${frame.generation} from an unknown one`);
        this.#generations.set(`${frame.tgid}/${frame.generation}`, from ? [...from] : []);
        break;
      }
      case 'mapping': {
        const list = this.#generations.get(`${frame.tgid}/${frame.generation}`);
        if (!list) this.#error(`mapping of ${frame.tgid} in the unknown generation ${frame.generation}`);
        list?.unshift(frame);
        break;
      }
      case 'stack':
        if (!frame.kernel && !this.#generations.has(`${frame.tgid}/${frame.generation}`)) {
          this.#error(`stack of ${frame.tgid} in the unknown generation ${frame.generation}`);
        }
        if (this.#stacks.has(frame.hash)) this.#error(`stack ${frame.hash} came twice`);
        this.#stacks.set(frame.hash, frame);
        // Named as things are now: later mappings must not be needed.
        this.#names.set(frame.hash, frame.kernel ? this.#kernelNames(frame) : this.#name(frame));
        break;
      case 'kernelSymbols':
        frame.names.forEach((name, i) => this.#kernelSymbols.push({ address: frame.base + BigInt(frame.offsets[i]!), name }));
        break;
      case 'waits':
        for (let i = 0; i < frame.length; i++) this.#addWait(frame, i);
        break;
      case 'counts':
        for (let i = 0; i < frame.length; i++) this.#addCount(frame, i);
        break;
      case 'cpuTime':
        for (let i = 0; i < frame.length; i++) {
          this.cpuNs.set(frame.tgid[i]!, (this.cpuNs.get(frame.tgid[i]!) ?? 0) + frame.cpuNs[i]!);
        }
        break;
      case 'loss':
        this.losses.set(frame.cause, (this.losses.get(frame.cause) ?? 0) + frame.count);
        break;
      case 'ledger': {
        const lost = this.lost;
        if (frame.fired !== frame.notOurs + frame.stored + lost) {
          this.#error(`fired ${frame.fired} != not ours ${frame.notOurs} + stored ${frame.stored} + lost ${lost}`);
        }
        if (frame.stored !== this.total) this.#error(`stored ${frame.stored}, but ${this.total} came`);
        break;
      }
    }
  }

  #addCount(frame: Extract<WireFrame, { type: 'counts' }>, i: number): void {
    const user = frame.userStack[i]!;
    const kernel = frame.kernelStack[i]!;
    for (const hash of [user, kernel]) {
      if (hash !== 0n && !this.#stacks.has(hash)) this.#error(`a count names the unknown stack ${hash}`);
    }
    if (!this.threads.has(frame.tid[i]!)) this.#error(`a count names the unknown thread ${frame.tid[i]}`);
    this.samples.push({
      tgid: frame.tgid[i]!,
      tid: frame.tid[i]!,
      slice: frame.slice[i]!,
      samples: frame.samples[i]!,
      user: this.#names.get(user) ?? [],
      userStack: this.#stacks.get(user) ?? null,
      kernelStack: this.#stacks.get(kernel) ?? null,
    });
  }

  #addWait(frame: Extract<WireFrame, { type: 'waits' }>, i: number): void {
    const names = (hash: bigint) => {
      if (hash !== 0n && !this.#stacks.has(hash)) this.#error(`a wait names the unknown stack ${hash}`);
      return this.#names.get(hash) ?? [];
    };
    if (!this.threads.has(frame.tid[i]!)) this.#error(`a wait names the unknown thread ${frame.tid[i]}`);
    this.waits.push({
      tgid: frame.tgid[i]!,
      tid: frame.tid[i]!,
      slice: frame.slice[i]!,
      kind: frame.kind[i]!,
      ns: frame.ns[i]!,
      count: frame.count[i]!,
      state: frame.state[i]!,
      wakerTgid: frame.wakerTgid[i]!,
      wakerTid: frame.wakerTid[i]!,
      user: names(frame.userStack[i]!),
      kernel: names(frame.kernelStack[i]!),
      wakerUser: names(frame.wakerUserStack[i]!),
      wakerKernel: names(frame.wakerKernelStack[i]!),
    });
  }

  #kernelNames(stack: StackFrame): string[] {
    // The modules' frames come one after the other, each sorted.
    const symbols = this.#kernelSymbols;
    if (symbols.some(({ address }, i) => i > 0 && address < symbols[i - 1]!.address)) symbols.sort((one, other) => (one.address < other.address ? -1 : 1));
    return [...stack.addresses].map((address) => {
      let low = 0;
      let high = symbols.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (symbols[middle]!.address <= address) low = middle + 1;
        else high = middle;
      }
      return symbols[low - 1]?.name ?? '?';
    });
  }

  #name(stack: StackFrame): string[] {
    const mappings = this.#generations.get(`${stack.tgid}/${stack.generation}`) ?? [];
    return [...stack.addresses].map((address, depth) => {
      const exact = depth === 0 ? address : address - 1n;
      const mapping = mappings.find((one) => exact >= one.start && exact < one.end);
      if (!mapping) return '?';
      const offset = Number(exact - mapping.start) + mapping.fileOffset;
      const symbols = symbolsOf(mapping.path);
      let found: Symbol | undefined;
      for (const symbol of symbols) if (symbol.offset <= offset) found = symbol;
      return found?.name ?? `${mapping.path}+0x${offset.toString(16)}`;
    });
  }

  get total(): number {
    return this.samples.reduce((sum, sample) => sum + sample.samples, 0);
  }

  /** Of samples; not of records and of what never fired. */
  get lost(): number {
    let lost = 0;
    for (const [cause, count] of this.losses) {
      if (cause < LossCause.sidebandRecords) lost += count;
    }
    return lost;
  }

  count(accept: (sample: Observed) => boolean): number {
    return this.samples.reduce((sum, sample) => sum + (accept(sample) ? sample.samples : 0), 0);
  }

  /** Percent of the samples with `within` in their stack that have `name` in it. */
  share(name: string, within: string): number {
    const all = this.count((sample) => sample.user.includes(within));
    return (100 * this.count((sample) => sample.user.includes(within) && sample.user.includes(name))) / all;
  }
}
