// SPDX-License-Identifier: Apache-2.0
/**
 * What a probed call of the kernel costs where there are kprobes and fentry: in guests (test/kernels), against this machine's
 * bpftrace with the same probe of the same call. A guest's clock counts its instructions, so one round says it all.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ProbeFlag } from '../main/engine/wire-layout.gen.ts';
import type { GuestProgram } from '../test/kernels/guest-agent.ts';
import { CACHE, prepareInitramfs, whyNoGuest } from '../test/kernels/guest-helper.ts';
import { bootGuest, type Guest } from '../test/kernels/guest.ts';
import { imageOf, NoImage, SERIES, type Series } from '../test/kernels/images.ts';
import { buildExtra } from '../test/kernels/initramfs.ts';
import { Mechanism, NotAttached, ProbeRun, WireMeasure, WireProbeKind, type Asked } from '../test/kernels/probe-run.ts';
import { againstGoal, printTable } from './table.ts';

const BPFTRACE = '/usr/bin/bpftrace';
/** Calls each; its own start and end are 0.1 % of them. */
const COUNT = 20_000;
/** For bpftrace and its libraries, twice, and what it takes to compile. */
const MEMORY = 1536;
/** Once in each getppid; its own function has no type for fentry. */
const FUNCTION = '__task_pid_nr_ns';
/** Kprobes get faster a while after they were made. */
const SETTLE = 'sleep 2';

interface Question {
  readonly title: string;
  readonly asked: Asked;
  readonly bpftrace: (tgid: number) => string;
}

const counting = { flags: ProbeFlag.entryOnly, measure: WireMeasure.count };
const kernel = { kind: WireProbeKind.kernel, names: [FUNCTION] };
const pair = (enter: string, leave: string): Question['bpftrace'] => (tgid) =>
  `${enter} /pid == ${tgid}/ { @s[tid] = nsecs; } ${leave} /@s[tid]/ { @ = hist(nsecs - @s[tid]); delete(@s[tid]); }`;

const questions: readonly Question[] = [
  {
    title: 'kprobe counted', asked: { ...kernel, ...counting, mechanism: Mechanism.kprobe },
    bpftrace: (tgid) => `kprobe:${FUNCTION} /pid == ${tgid}/ { @ = count(); }`,
  },
  { title: 'kprobe and kretprobe, latency', asked: { ...kernel, mechanism: Mechanism.kprobe }, bpftrace: pair(`kprobe:${FUNCTION}`, `kretprobe:${FUNCTION}`) },
  {
    title: 'fentry counted', asked: { ...kernel, ...counting, mechanism: Mechanism.fentry },
    bpftrace: (tgid) => `kfunc:${FUNCTION} /pid == ${tgid}/ { @ = count(); }`,
  },
  { title: 'fentry and fexit, latency', asked: { ...kernel, mechanism: Mechanism.fentry }, bpftrace: pair(`kfunc:${FUNCTION}`, `kretfunc:${FUNCTION}`) },
  {
    title: 'tracepoint counted', asked: { ...counting, kind: WireProbeKind.tracepoint, names: ['raw_syscalls:sys_enter'] },
    bpftrace: (tgid) => `tracepoint:raw_syscalls:sys_enter /pid == ${tgid}/ { @ = count(); }`,
  },
  {
    title: 'system calls, latency', asked: { kind: WireProbeKind.ready, names: ['syscalls'] },
    bpftrace: (tgid) =>
      `tracepoint:raw_syscalls:sys_enter /pid == ${tgid}/ { @s[tid] = nsecs; } tracepoint:raw_syscalls:sys_exit /@s[tid]/ { @[args->id] = hist(nsecs - @s[tid]); delete(@s[tid]); }`,
  },
];

async function textOf(program: GuestProgram): Promise<string> {
  let text = '';
  for await (const chunk of program.output) text += Buffer.from(chunk).toString();
  return text;
}

/** A program that waits, and then calls. */
class Calls {
  readonly #program: GuestProgram;

  constructor(guest: Guest, path: string) {
    this.#program = guest.run(path, 'syscall', `${COUNT}`);
  }

  get pid(): Promise<number> {
    return this.#program.pid;
  }

  /** @returns CPU nanoseconds a call */
  async run(): Promise<number> {
    this.#program.send(Buffer.from('\n'));
    const used = Number(await textOf(this.#program));
    if (!(used > 0)) throw new Error(`the calls were not made: ${(await this.#program.exited).stderr}`);
    return used / COUNT;
  }
}

async function alone(guest: Guest, path: string): Promise<number> {
  return new Calls(guest, path).run();
}

/** @throws NotAttached */
async function underOurs(guest: Guest, path: string, { title, asked }: Question): Promise<number> {
  const calls = new Calls(guest, path);
  await using run = await ProbeRun.open(guest, [await calls.pid]);
  const { probe } = await run.attach(asked);
  await guest.shell(SETTLE);
  const ns = await calls.run();
  await run.detach(probe);
  const seen = run.figures(probe)!.measured;
  if (seen < COUNT) throw new Error(`${title}: ${seen} of ${COUNT} calls were seen`);
  return ns;
}

/** Its second tick comes when everything is attached. */
async function underBpftrace(guest: Guest, path: string, { title, bpftrace }: Question): Promise<number> {
  const calls = new Calls(guest, path);
  const tracer = guest.run(BPFTRACE, '-B', 'line', '-q', '-e', `${bpftrace(await calls.pid)} interval:s:1 { printf("tick\\n"); }`);
  let text = '';
  const ticking = Promise.withResolvers<undefined>();
  const reading = (async () => {
    for await (const chunk of tracer.output) {
      text += Buffer.from(chunk).toString();
      if (text.split('tick').length > 2) ticking.resolve(undefined);
    }
    ticking.resolve(undefined);
  })();
  await ticking.promise;
  await guest.shell(SETTLE);
  const ns = text.includes('tick') ? await calls.run() : 0;
  await guest.shell(`kill -INT ${await tracer.pid}`).catch(() => undefined);
  await reading;
  const { stderr } = await tracer.exited;
  const seen = [...text.matchAll(/(?:@: |\|?\s)(\d+)(?: \||$)/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
  if (seen < COUNT) throw new Error(`${title}: bpftrace saw ${seen} of ${COUNT} calls; ${stderr}${text.slice(-400)}`);
  return ns;
}

async function measure(series: Series, archive: string, path: string): Promise<void> {
  const image = await imageOf(series, CACHE);
  await using guest = await bootGuest(image, archive, '', MEMORY);
  const base = await alone(guest, path);
  const rows: string[][] = [];
  for (const question of questions) {
    try {
      const ours = (await underOurs(guest, path, question)) - base;
      const peer = (await underBpftrace(guest, path, question)) - base;
      rows.push([question.title, `${peer.toFixed(0)} ns`, `${ours.toFixed(0)} ns`, againstGoal(ours / peer, 1)]);
    } catch (error) {
      if (!(error instanceof NotAttached)) throw error;
      rows.push([question.title, '', '', `skipped: ${error.message}`]);
    }
  }
  printTable(`What a probed getppid costs more in ${guest.release} (${COUNT} calls, ${base.toFixed(0)} ns alone)`, ['', 'bpftrace', 'emberscope', 'ratio'], rows);
}

async function main(kernels: readonly string[]): Promise<void> {
  const missing = await whyNoGuest();
  if (missing !== undefined || spawnSync(BPFTRACE, ['--version']).status !== 0) {
    console.log(`skipped: ${missing ?? 'bpftrace is not installed'}`);
    return;
  }
  const path = join(realpathSync(CACHE), 'bench-calls');
  const archive = join(CACHE, `bench-${process.pid}.cpio.gz`);
  try {
    const compiled = spawnSync('gcc', ['-O2', '-pthread', '-o', path, 'bench/programs/calls.c'], { encoding: 'utf8' });
    if (compiled.status !== 0) throw new Error(`gcc bench/programs/calls.c: ${compiled.stderr}`);
    await using initramfs = await prepareInitramfs();
    await buildExtra(archive, [BPFTRACE, path]);
    writeFileSync(archive, Buffer.concat([initramfs.path, archive].map((file) => readFileSync(file))));
    for (const series of SERIES.filter((one) => kernels.includes(one.kernel))) {
      try {
        await measure(series, archive, path);
      } catch (error) {
        if (!(error instanceof NoImage)) throw error;
        console.log(`skipped ${series.kernel}: ${error.message}`);
      }
    }
  } finally {
    for (const file of [path, archive]) rmSync(file, { force: true });
  }
}

const { positionals } = parseArgs({ allowPositionals: true });
await main(positionals.length > 0 ? positionals : ['6.1', '6.12', '7.2']);
