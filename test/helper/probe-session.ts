// SPDX-License-Identifier: Apache-2.0
/** A session of probes on test/programs/probed.c: asks, has the program call its functions, and adds up what came of it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { encodeUnwindRows } from '../../main/engine/wire-encoder.ts';
import { encodeDetach, encodeProbe, type WireProbeRequest } from '../../main/engine/wire-probe-encoder.ts';
import { singleEvents, type SingleEvent } from '../../main/engine/testing/event-columns.ts';
import type { ProbeFiguresFrame, ProbeStateFrame } from '../../main/engine/wire-probe-frames.ts';
import { Mechanism, ProbeState, StartFlag, WireMeasure, WireProbeKind, WireType } from '../../main/engine/wire-layout.gen.ts';
import { compiled, NO_ROWS } from './answering-engine.ts';
import { encodeFrame, HelperClient, programPath, type HelperOptions } from './helper-client.ts';

/** A program that does what lines on its stdin say, and answers each. */
export class Driven {
  readonly process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #interface: Interface;

  constructor(program = 'probed', args: string[] = []) {
    this.process = spawn(programPath(program), args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#interface = createInterface(this.process.stdout!);
    this.#lines = this.#interface[Symbol.asyncIterator]();
  }

  get tgid(): number {
    return this.process.pid!;
  }

  async line(): Promise<string> {
    const { value } = await this.#lines.next();
    return value ?? '';
  }

  /** The shortest and the longest call in ns, as the program saw them. */
  async run(what: string, count: number, of = 0): Promise<{ shortest: number; longest: number }> {
    this.process.stdin!.write(`${what} ${count} ${of}\n`);
    const [done, shortest, longest] = (await this.line()).split(' ');
    if (done !== 'done') throw new Error('the program ended');
    return { shortest: Number(shortest), longest: Number(longest) };
  }

  async end(): Promise<void> {
    const exited = this.process.exitCode === null && this.process.signalCode === null ? once(this.process, 'exit') : null;
    this.process.kill('SIGKILL');
    await exited;
    this.#interface.close();
  }
}

/** The lowest value of a bucket; native/helper/wire_probes.h has the formula. */
export function lowestOf(bucket: number): number {
  const magnitude = bucket & 0x7fff;
  const e = Math.floor(magnitude / 8) + 2;
  const value = magnitude < 8 ? magnitude : 2 ** e + (magnitude % 8) * 2 ** (e - 3);
  return bucket & 0x8000 ? -value : value;
}

export interface BucketRow {
  bucket: number;
  count: number;
  sum: number;
  group: number;
  tgid: number;
  tid: number;
  userStack: bigint;
  kernelStack: bigint;
}

export const quiet: Omit<WireProbeRequest, 'probe' | 'names'> = {
  kind: WireProbeKind.user,
  mechanism: Mechanism.best,
  flags: 0,
  module: 0,
  cgroup: 0n,
  measure: WireMeasure.latency,
  argument: 0,
  filterArgument: 0,
  filterTest: 0,
  filterValue: 0n,
  leastNs: 0,
  textArgument: 0,
  budgetPermille: 0,
  mostEvents: 0,
  widths: [],
};

export class ProbeSession {
  readonly client: HelperClient;
  #seen = 0;
  #last = 0;
  #timer: NodeJS.Timeout;

  constructor(options: HelperOptions = {}) {
    this.client = new HelperClient({ ...options, mode: 'trace' });
    this.#timer = setInterval(() => this.#answer(), 1);
  }

  /** Without sampling; `flags` beside those that probes need. */
  async start(tgids: number[], flags = 0): Promise<void> {
    this.client.start({ tgids, flags: StartFlag.unwindTables | flags, tableMebibytes: 16 });
    await this.client.expect('started');
  }

  #answer(): void {
    for (; this.#seen < this.client.frames.length; this.#seen++) {
      const frame = this.client.frames[this.#seen]!;
      if (frame.type !== 'module') continue;
      void (frame.path.includes('/build/programs/') ? compiled(frame) : Promise.resolve(NO_ROWS)).then((rows) => {
        for (const bytes of encodeUnwindRows(frame.module, rows)) this.client.send(bytes);
      });
    }
  }

  /** The number of the module whose path ends so. */
  async module(path: string): Promise<number> {
    const found = () => this.client.ofType('module').find((module) => module.path.endsWith(path));
    await this.client.until(() => found() !== undefined, 10_000, `module ${path}`);
    return found()!.module;
  }

  async ask(names: string | string[], request: Partial<WireProbeRequest> = {}): Promise<ProbeStateFrame> {
    const probe = ++this.#last;
    const full = { ...quiet, probe, names: [names].flat(), ...request };
    if ((full.kind === WireProbeKind.user || full.kind === WireProbeKind.usdt) && full.module === 0) full.module = await this.module('/probed');
    this.client.send(encodeProbe(full));
    await this.client.until(() => this.states(probe).length > 0, 20_000, `an answer about ${String(names).slice(0, 40)}`);
    return this.states(probe)[0]!;
  }

  /** So, and it must be attached. Returns its number. */
  async probe(names: string | string[], request: Partial<WireProbeRequest> = {}): Promise<number> {
    const state = await this.ask(names, request);
    if (state.state !== ProbeState.attached) throw new Error(`${String(names)} was refused: ${JSON.stringify(state)}`);
    return state.probe;
  }

  states(probe: number): ProbeStateFrame[] {
    return this.client.ofType('probeState').filter((state) => state.probe === probe);
  }

  /** Detaches; afterwards all that came of it is there. */
  async detach(probe: number): Promise<void> {
    this.client.send(encodeDetach(probe));
    await this.ended(probe);
  }

  async ended(probe: number, timeoutMs = 10_000): Promise<ProbeStateFrame> {
    await this.client.until(() => this.states(probe).at(-1)?.state === ProbeState.detached, timeoutMs, `the end of probe ${probe}`);
    return this.states(probe).at(-1)!;
  }

  figures(probe: number): ProbeFiguresFrame {
    const figures = this.client.ofType('probeFigures').findLast((frame) => frame.probe === probe);
    if (!figures) throw new Error(`no figures of probe ${probe}`);
    return figures;
  }

  /** All of its buckets; those that differ in time only are added up. */
  buckets(probe: number): BucketRow[] {
    const rows = new Map<string, BucketRow>();
    for (const frame of this.client.ofType('buckets')) {
      for (let i = 0; i < frame.length; i++) {
        if (frame.probe[i] !== probe) continue;
        const row: BucketRow = {
          bucket: frame.bucket[i]!,
          count: frame.count[i]!,
          sum: frame.sum[i]!,
          group: frame.group[i]!,
          tgid: frame.tgid[i]!,
          tid: frame.tid[i]!,
          userStack: frame.userStack[i]!,
          kernelStack: frame.kernelStack[i]!,
        };
        const key = [row.bucket, row.group, row.tid, row.userStack, row.kernelStack].join();
        const there = rows.get(key);
        if (there) {
          there.count += row.count;
          there.sum += row.sum;
        } else rows.set(key, row);
      }
    }
    return [...rows.values()].sort((a, b) => lowestOf(a.bucket) - lowestOf(b.bucket));
  }

  events(probe: number): SingleEvent[] {
    return this.client.ofType('events').flatMap(singleEvents).filter((event) => event.probe === probe);
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    this.client.send(encodeFrame(WireType.stop));
    await this.client.exited;
  }
}

export function total(rows: readonly BucketRow[]): { count: number; sum: number } {
  return rows.reduce((all, { count, sum }) => ({ count: all.count + count, sum: all.sum + sum }), { count: 0, sum: 0 });
}

/** Runs `use` in a session on the program, and ends both. */
export async function withProbes(use: (session: ProbeSession, program: Driven) => Promise<void>, flags = 0): Promise<void> {
  const program = new Driven();
  const session = new ProbeSession();
  try {
    if ((await program.line()) !== 'ready') throw new Error('the program does not begin');
    await session.start([program.tgid], flags);
    await use(session, program);
  } finally {
    await session.end();
    await program.end();
  }
}
