// SPDX-License-Identifier: Apache-2.0
/** Test only. Probes with generated values, counted and sent by the worker's own code. */
import type { FunctionList, FunctionQuery, ProbeInfo, ProbeRequest, ReadyAsk, ReadyQuestion, ReadyTopic, RecordingInfo, TraceableFunction } from '../../ipc/contract.ts';
import { bucketOf } from '../../profile/histogram.ts';
import { EventFlag, ProbeKind, ProbeMeasure, ProbeMechanism } from '../../profile/schema.ts';
import { ProfileWriter, worded } from '../../profile/testing.ts';
import { EventLog } from '../worker/event-log.ts';
import { ProbeFigures } from '../worker/probe-figures.ts';
import type { FromWorker, ProbeView } from '../worker/protocol.ts';
import { ShownProbes } from '../worker/shown-probes.ts';
import { hostileNames } from './fake-tree.ts';

const fn = (name: string, change: Partial<TraceableFunction> = {}): TraceableFunction => ({
  name, symbol: name, kind: 'kernel', module: 'kernel', available: true, why: '', arguments: null, returns: 'long', ...change,
});

export const functions: TraceableFunction[] = [
  fn('vfs_read', { arguments: [{ name: 'file', type: 'struct file *' }, { name: 'buf', type: 'char *' }, { name: 'count', type: 'size_t' }, { name: 'pos', type: 'loff_t *' }], returns: 'ssize_t' }),
  fn('vfs_readv'),
  fn('rw_verify_area', { available: false, why: 'inlined into its 3 callers: probe vfs_read' }),
  fn('notrace_read', { available: false, why: 'the kernel marks it notrace' }),
  fn('sys_clone', { symbol: '__x64_sys_clone', arguments: [{ name: 'clone_flags', type: 'unsigned long' }] }),
  fn('sched:sched_process_fork', { symbol: 'sched:sched_process_fork', kind: 'tracepoint', module: '' }),
  fn('ExecHashJoin', { kind: 'user', module: '/usr/lib/postgresql/15/bin/postgres' }),
  fn('futex_wait_queue'),
];

const question = (name: string, topic: ReadyTopic, title: string, reading: string, bcc: string, change: Partial<ReadyQuestion> = {}): ReadyQuestion => {
  const unit = change.unit ?? 'nanoseconds';
  const asks: ReadyAsk = { kind: 'ready', name, module: '', measure: { kind: unit === 'nanoseconds' ? 'latency' : 'count' }, events: false };
  return { name, topic, title, reading, bcc, unit, groups: '', needsTarget: false, asks, why: '', ...change };
};

export const questions: ReadyQuestion[] = [
  question('run-queue', 'cpu', 'Run-queue latency', 'How long a thread that could run waited for a CPU. A second hump at some milliseconds is a CPU that others hold for their whole time slice.', 'runqlat'),
  question('block-io', 'files', 'Block I/O latency', 'From issue to completion, by device.', 'biolatency', { groups: 'device' }),
  question('syscalls', 'programs', 'System calls', 'From entry to return, by system call.', 'syscount', { groups: 'system call' }),
  question('page-faults', 'memory', 'Page faults', 'Where memory is touched first.', 'stackcount', { unit: 'count' }),
  question('futex', 'programs', 'Futex waits', 'Who holds the lock.', 'futexctn'),
  question('file-reads', 'files', 'File reads', 'Time in read(2) and its like.', 'fileslower'),
  question('tcp-connects', 'network', 'TCP connects', 'From SYN to established.', 'tcpconnlat'),
  question('switches', 'cpu', 'Context switches', 'Who is taken off the CPU.', 'cpudist', { unit: 'count', groups: 'kind' }),
  question('allocations', 'memory', 'Memory allocation sites', 'Bytes not yet freed, by stack.', 'memleak', { unit: 'bytes', needsTarget: true }),
  question('new-programs', 'programs', 'Programs that are started', 'Each exec with its path.', 'execsnoop', { unit: 'count', asks: { kind: 'tracepoint', name: 'sched:sched_process_exec', module: '', measure: { kind: 'count' }, events: true } }),
  question('oom-kills', 'memory', 'Killed for want of memory', 'Each process that was killed.', 'oomkill', { unit: 'count', why: 'This kernel has no tracepoint oom:mark_victim.' }),
];

/** Humps of the values: where (nanoseconds), how many of a slice's calls, how wide (of a power of two). */
const shapes: Record<string, [ns: number, calls: number, width: number][]> = {
  vfs_read: [[2_800, 320, 0.6], [390_000, 6, 0.8]],
  ExecHashJoin: [[41_000, 36, 0.5], [900_000, 3, 0.3]],
  futex_wait_queue: [[180_000, 6, 1.3], [9_000_000, 2, 0.8]],
};

export class FakeProbes {
  info: RecordingInfo | null = null;
  probes: ProbeInfo[] = [];
  readonly #post: (message: FromWorker) => void;
  readonly #hostile: boolean;
  #writer = new ProfileWriter();
  #source = this.#emptySource();
  #shown: ShownProbes | null = null;
  #slice = 0;
  #seed = 11;

  constructor(post: (message: FromWorker) => void, hostile: boolean) {
    this.#post = post;
    this.#hostile = hostile;
  }

  start(info: RecordingInfo): RecordingInfo {
    this.#shown?.end();
    this.#shown = null;
    this.#writer = new ProfileWriter();
    this.info = info;
    this.#source = this.#emptySource();
    this.probes = [];
    this.#slice = 0;
    return info;
  }

  view(view: ProbeView | null): void {
    if (view === null || view.recording !== this.info?.id) {
      this.#shown?.end();
      this.#shown = null;
    } else if (this.#shown === null) this.#shown = new ShownProbes(this.#source, view, (message) => this.#post(message));
    else this.#shown.show(view);
  }

  export(format: 'text' | 'csv'): string {
    return this.#shown?.export(format) ?? '';
  }

  attach(request: ProbeRequest): ProbeInfo {
    const { tables } = this.#writer;
    const kinds = { kernel: ProbeKind.kernel, user: ProbeKind.user, tracepoint: ProbeKind.tracepoint, usdt: ProbeKind.usdt, ready: ProbeKind.ready };
    const measures = { count: ProbeMeasure.count, latency: ProbeMeasure.latency, argument: ProbeMeasure.argument, returned: ProbeMeasure.returned };
    const mechanism = request.kind === 'user' ? 'uprobe' : request.kind === 'kernel' ? 'fentry + fexit' : 'tracepoint';
    const probe = tables.probes.append({ name: this.#writer.string(request.name), kind: kinds[request.kind], mechanism: ProbeMechanism.fentry, module: -1, measure: measures[request.measure.kind], request: 0 });
    const unit = request.measure.kind === 'latency' ? 'nanoseconds' : request.measure.kind === 'count' ? 'count' : 'value';
    const isRefused = request.name.startsWith('notrace');
    const figures = { calls: 0, callsPerSecond: 0, measured: 0, filtered: 0, missed: 0, recursed: 0, dropped: 0, aboveRate: 0, unsent: 0, lost: 0, callNs: isRefused ? 0 : 118, cost: 0 };
    const title = questions.find(({ name }) => request.kind === 'ready' && name === request.name)?.title ?? (request.name.includes('*') ? `${request.name} (4 functions)` : request.name);
    const info: ProbeInfo = {
      probe, request, title, mechanism: isRefused ? '' : mechanism, state: isRefused ? 'refused' : 'attached',
      why: isRefused ? 'The kernel marks it notrace: no probe can be attached. Probe its caller.' : '', unit, functions: 1, figures,
    };
    this.probes = [...this.probes, info];
    return info;
  }

  letRun(): RecordingInfo {
    this.info = { ...this.info!, isHeld: false };
    return this.info;
  }

  detach(probe: number, why = ''): void {
    this.#change(probe, { state: 'detached', why });
  }

  /** So many slices of values and hits. */
  tick(slices: number): void {
    if (this.info?.state.kind !== 'live') return;
    const { tables } = this.#writer;
    const threads = ['postgres', 'checkpointer', 'walwriter'].map((name, index) => this.#writer.thread(4121 + index, this.#hostile ? hostileNames[index]!.slice(0, 40) : name, 4121, 'postgres'));
    const [buckets, events] = [tables.buckets.length, tables.events.length];
    for (let end = this.#slice + slices; this.#slice < end; this.#slice++) {
      for (const info of this.probes) if (info.state === 'attached') this.#values(info, threads);
    }
    if (tables.buckets.length > buckets) this.#source.buckets.append(tables.buckets.segment(buckets));
    if (tables.events.length > events) this.#source.events.append(tables.events.segment(events));
    this.#source.sliceEnd = this.#slice;
    this.#shown?.wanted();
    this.#tell();
  }

  #values({ probe, request }: ProbeInfo, threads: number[]): void {
    const { tables } = this.#writer;
    const wave = 1 + 0.5 * Math.sin(this.#slice / 170);
    let calls = 0;
    for (const [hump, [ns, count, width]] of (shapes[request.name] ?? shapes['ExecHashJoin']!).entries()) {
      for (let part = 0; part < 9; part++) {
        const times = Math.round((count / 9) * wave * (0.5 + this.#random()) * (hump === 0 || this.#slice % 400 > 180 ? 1 : 0.1));
        if (times === 0) continue;
        const value = ns * 2 ** (width * (this.#random() + this.#random() + this.#random() - 1.5));
        const isLatency = request.measure.kind === 'latency';
        const counted = request.measure.kind === 'count' ? 0 : isLatency ? value : 8192 >> part % 4;
        const thread = threads[part % threads.length]!;
        const stack = request.byStack ? this.#stack(request.name, hump + (part % 2)) : -1;
        const group = request.name === 'block-io' ? (8 * 2 ** 20) + (part % 2) * 16 : request.name === 'syscalls' ? part % 4 : 0;
        tables.buckets.append({ slice: this.#slice, probe, thread, stack, group, bucket: bucketOf(Math.round(counted)), count: times, sum: counted * times });
        calls += times;
      }
    }
    if (request.events) this.#hit(probe, threads[this.#slice % threads.length]!);
    this.#count(probe, calls);
  }

  #hit(probe: number, thread: number): void {
    const { tables } = this.#writer;
    const flags = EventFlag.irqsKnown | EventFlag.preemptKnown | (this.#slice % 5 === 0 ? EventFlag.irqsOff : 0) | (1 << 16);
    const message = this.#hostile ? hostileNames[this.#slice % hostileNames.length]! : `clone_flags=0x1200011 child_pid=${5000 + this.#slice}`;
    tables.events.append(worded(message, { time: this.#slice * 20e6 + 1234, probe, thread, cpu: this.#slice % 8, flags, duration: this.#slice % 3 === 0 ? -1 : 41_000 }));
  }

  #stack(name: string, variant: number): number {
    const module = this.#writer.module('/usr/lib/postgresql/15/bin/postgres');
    const callers = [['PostgresMain', 'ReadBuffer', 'mdread'], ['PostgresMain', 'XLogPageRead'], ['PostgresMain', 'pq_recvbuf']][variant % 3]!;
    return this.#writer.stack([...callers, name].map((each, at) => {
      const offset = [...each].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), at) % 2 ** 31;
      const frame = this.#writer.frame(module, offset);
      if (!this.#named.has(frame)) this.#writer.symbol(frame, each, 0, module);
      this.#named.add(frame);
      return frame;
    }));
  }
  readonly #named = new Set<number>();

  #count(probe: number, calls: number): void {
    const info = this.probes.find((each) => each.probe === probe)!;
    const { figures } = info;
    const all = figures.calls + calls;
    this.#change(probe, { figures: { ...figures, calls: all, callsPerSecond: all / (this.#slice + 1) * 50, measured: all, cost: 0.0013 } });
  }

  #change(probe: number, change: Partial<ProbeInfo>): void {
    this.probes = this.probes.map((info) => (info.probe === probe ? { ...info, ...change } : info));
    if (change.state !== undefined) this.#tell();
  }

  #tell(): void {
    if (this.info !== null) this.#post({ type: 'event', event: { name: 'probes', payload: { id: this.info.id, probes: this.probes } } });
  }

  #emptySource() {
    return { recording: this.info?.id ?? 0, tables: this.#writer.tables, sliceEnd: 0, buckets: new ProbeFigures(), events: new EventLog(), info: this.info };
  }

  #random(): number {
    this.#seed = (this.#seed * 16807) % 2147483647;
    return this.#seed / 2147483647;
  }
}

export function search({ pattern }: FunctionQuery, hostile: boolean): FunctionList {
  const words = pattern.replaceAll('*', '').toLowerCase();
  const all = hostile ? [...hostileNames.map((name) => fn(name)), ...functions] : functions;
  const found = pattern.includes('zzz') ? [] : all.filter(({ name }) => hostile || name.toLowerCase().includes(words));
  return { functions: found, matched: found.length, incomplete: '' };
}
