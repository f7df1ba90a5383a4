// SPDX-License-Identifier: Apache-2.0
/** Every way to look at a function, in a guest, on a program that knows how often it was called and how long that took. */
import type { CapabilityName } from '../../main/engine/doctor/machine.ts';
import { FailureError } from '../../main/engine/failures.ts';
import { bucketOf } from '../../profile/histogram.ts';
import { Mechanism, ProbeFlag, ProbeReason, WireMeasure, WireProbeKind } from '../../main/engine/wire-layout.gen.ts';
import { failed, unavailable, works, type Feature, type Verdict } from './feature.ts';
import type { Guest } from './guest.ts';
import { KnownCalls, type Truth, type What } from './known-calls.ts';
import { NotAttached, ProbeRun, type Asked } from './probe-run.ts';

const TIMES = 25;
/** Microseconds: far above what a trap costs under emulation (50 us). */
const SLEEP = 5000;
/** No other read of the program asks for so many bytes. */
const BYTES = 5000;

/** What a kernel may lack; everything else is a fault of the helper. */
const LACKING: readonly number[] = [ProbeReason.noKprobes, ProbeReason.needsSysAdmin, ProbeReason.lockdown, ProbeReason.notPermitted, ProbeReason.noMechanism];

interface Probing {
  readonly name: string;
  readonly short: boolean;
  /** Missing: that the kernel has these tracepoints is no capability of its own. */
  readonly check?: CapabilityName;
  /** The first kernel of the matrix that has it. */
  readonly since: string;
  readonly asked: Asked;
  /** Asked of the program's own file. */
  readonly ofCalls?: boolean;
  readonly does: readonly [what: What, times: number, size: number];
  /** What its values are called where it is not about each call of the program. */
  readonly values?: string;
  /** What is wrong; "": nothing. */
  readonly judge: (run: ProbeRun, probe: number, truth: Truth) => string;
}

function isLater(release: string, since: string): boolean {
  const [major = 0, minor = 0] = release.split('.').map(Number);
  const [sinceMajor = 0, sinceMinor = 0] = since.split('.').map(Number);
  return major > sinceMajor || (major === sinceMajor && minor >= sinceMinor);
}

/** Each call, none else, and nothing lost. Of what is only counted there are no buckets but one, 0. */
function judgeCounts(run: ProbeRun, probe: number, times: number): string {
  const figures = run.figures(probe);
  if (!figures) return 'there are no figures';
  const { calls, measured, missed, lost } = figures;
  const { total } = run.histogram(probe);
  return calls === times && measured === times && total === times && missed === 0 && lost === 0
    ? ''
    : `${calls} calls of ${times}, ${measured} measured, ${total} in buckets, ${missed} missed, ${lost} lost`;
}

/** Each value within a bucket of what the program measured around the call. */
function judgeLatency(run: ProbeRun, probe: number, truth: Truth, group: number | null = null): string {
  const { counts, total, sum } = run.histogram(probe, group);
  const low = bucketOf(SLEEP * 1000);
  const high = bucketOf(truth.most) + 1;
  const outside = [...counts.keys()].filter((bucket) => bucket < low || bucket > high);
  if (outside.length > 0) return `buckets ${outside.join(', ')} are outside of ${low} to ${high}`;
  return total === truth.times && sum > truth.times * SLEEP * 1000 && sum <= truth.ns ? '' : `${total} calls took ${sum} ns, the program's own clock says ${truth.ns}`;
}

const counted: Probing['judge'] = (run, probe, truth) => judgeCounts(run, probe, truth.times);

const latency: Probing['judge'] = (run, probe, truth) => judgeCounts(run, probe, truth.times) || judgeLatency(run, probe, truth);

/** All of the values are that one. */
function exactly(value: number): Probing['judge'] {
  return (run, probe, truth) => {
    const found = run.histogram(probe).counts.get(bucketOf(value)) ?? 0;
    return found === truth.times ? '' : `${found} of ${truth.times} values are ${value}`;
  };
}

function between(run: ProbeRun, probe: number, least: number, most: number): string {
  const { total } = run.histogram(probe);
  return total >= least && total <= most ? '' : `${total} of at least ${least} and at most ${most}`;
}

/** The guest makes no groups: everything is in the first one of all, whose number the kernel fixes. */
const ROOT_CGROUP = 1n;
const NO_CGROUP = 999_999n;

/** What the engine takes away (stack-registry.ts), and then one of these. A trampoline may be jumped to: then only the caller is seen. */
const IN_NANOSLEEP = /^;*(__x64_sys_nanosleep|do_syscall_64);/;
const AT_SYSCALL_EXIT = /^;*(bpf_trace_run2;)?(__bpf_trace_sys_exit;|__traceiter_sys_exit;)*(trace_syscall_exit|syscall_\w+);/;

function judgeStacks(run: ProbeRun, probe: number, expected: RegExp): string {
  const stacks = run.kernelStacks(probe);
  if (stacks.length === 0) return 'no stack';
  const others = stacks.filter((stack) => !expected.test(stack));
  return others.length === 0 ? '' : `stacks begin with ${others.map((stack) => JSON.stringify(stack)).join(', ')}`;
}

const NANOSLEEP: Asked = { kind: WireProbeKind.kernel, names: ['__x64_sys_nanosleep'], flags: ProbeFlag.syscall };
const SLEEPS = ['sleep', TIMES, SLEEP] as const;
const READS = ['read', TIMES, BYTES] as const;

const ALL: readonly Probing[] = [
  {
    name: 'kprobe and kretprobe', short: true, check: 'kprobes', since: '5.10', does: SLEEPS, judge: latency,
    asked: { ...NANOSLEEP, mechanism: Mechanism.kprobe },
  },
  {
    name: 'fentry and fexit', short: true, check: 'fentry', since: '5.10', does: SLEEPS, judge: latency,
    asked: { ...NANOSLEEP, mechanism: Mechanism.fentry },
  },
  {
    name: 'kprobe.multi', short: true, check: 'kprobeMulti', since: '6.12', does: SLEEPS, judge: latency,
    asked: { ...NANOSLEEP, mechanism: Mechanism.kprobeMulti, names: ['__x64_sys_nanosleep', '__x64_sys_getpriority'] },
  },
  {
    name: 'uprobe and uretprobe', short: true, check: 'uprobes', since: '5.10', does: SLEEPS, judge: latency, ofCalls: true,
    asked: { kind: WireProbeKind.user, mechanism: Mechanism.uprobe, names: ['probed_sleep'] },
  },
  {
    name: 'uprobe_multi', short: true, check: 'uprobeMulti', since: '6.12', does: SLEEPS, judge: latency, ofCalls: true,
    asked: { kind: WireProbeKind.user, mechanism: Mechanism.uprobeMulti, names: ['probed_sleep', 'probed_spin'] },
  },
  {
    name: 'USDT, by an argument', short: true, check: 'uprobes', since: '5.10', does: ['mark', TIMES, 7], ofCalls: true,
    asked: { kind: WireProbeKind.usdt, names: ['emberscope:mark'], flags: ProbeFlag.entryOnly, measure: WireMeasure.argument, argument: 2 },
    judge: (run, probe, truth) => counted(run, probe, truth) || exactly(14)(run, probe, truth),
  },
  {
    name: 'tracepoints', short: true, check: 'tracepoints', since: '5.10', does: ['fork', TIMES, 1],
    asked: { kind: WireProbeKind.tracepoint, names: ['sched:sched_process_fork'], flags: ProbeFlag.entryOnly, measure: WireMeasure.count },
    judge: counted,
  },
  {
    name: 'of one cgroup', short: true, check: 'kprobes', since: '5.10', does: SLEEPS, judge: latency,
    asked: { ...NANOSLEEP, cgroup: ROOT_CGROUP },
  },
  {
    name: 'not of another cgroup', short: false, check: 'kprobes', since: '5.10', does: SLEEPS,
    asked: { ...NANOSLEEP, cgroup: NO_CGROUP },
    judge: (run, probe) => judgeCounts(run, probe, 0),
  },
  {
    name: 'raw tracepoints, as a pair', short: true, check: 'rawTracepoints', since: '5.10', does: SLEEPS,
    asked: { kind: WireProbeKind.ready, names: ['syscalls'] },
    // 35 is nanosleep.
    judge: (run, probe, truth) => judgeLatency(run, probe, truth, 35),
  },
  {
    name: 'a clock on each CPU (run-queue length)', short: false, check: 'perfEvents', since: '5.10', values: 'looks', does: ['spin', 10, 100_000],
    asked: { kind: WireProbeKind.ready, names: ['run-queue-length'] },
    // 99 a second while it runs, and it runs for a second.
    judge: (run, probe) => between(run, probe, 50, 200),
  },
  {
    name: 'time on the CPU', short: false, check: 'rawTracepoints', since: '5.10', values: 'turns', does: SLEEPS,
    asked: { kind: WireProbeKind.ready, names: ['cpu-time'] },
    // A turn a sleep, and those in which it was interrupted.
    judge: (run, probe, { ns }) => between(run, probe, TIMES, 20 * TIMES) || (run.histogram(probe).sum < ns ? '' : 'longer than it took'),
  },
  {
    name: 'soft interrupts', short: false, check: 'rawTracepoints', since: '5.10', values: 'interruptions', does: ['spin', 10, 100_000],
    asked: { kind: WireProbeKind.ready, names: ['soft-interrupts'] },
    judge: (run, probe) => between(run, probe, 1, 100_000),
  },
  {
    name: 'page cache, what reads found', short: false, check: 'kprobes', since: '5.10', values: 'pages or reads', does: READS,
    asked: { kind: WireProbeKind.ready, names: ['page-cache'], measure: WireMeasure.count },
    // The guest has no file system with a disk: that it can be asked is all that is tried.
    judge: (run, probe) => between(run, probe, 0, 1000),
  },
  {
    name: 'locks of the kernel', short: false, since: '6.1', values: 'waits', does: SLEEPS,
    asked: { kind: WireProbeKind.ready, names: ['kernel-locks'] },
    // One CPU, one thread: it waits for nobody.
    judge: (run, probe) => between(run, probe, 0, 0),
  },
  {
    name: 'histogram of an argument (vfs_read by count)', short: true, check: 'kprobes', since: '5.10', does: READS,
    asked: { kind: WireProbeKind.kernel, names: ['vfs_read'], measure: WireMeasure.argument, argument: 3 },
    judge: exactly(BYTES),
  },
  {
    name: 'histogram of the return value (vfs_read)', short: false, check: 'kprobes', since: '5.10', does: READS,
    asked: { kind: WireProbeKind.kernel, names: ['vfs_read'], measure: WireMeasure.return },
    judge: exactly(BYTES),
  },
  {
    name: 'latency by stack', short: false, check: 'kprobes', since: '5.10', does: SLEEPS,
    asked: { ...NANOSLEEP, flags: ProbeFlag.syscall | ProbeFlag.byStack | ProbeFlag.byThread },
    judge: (run, probe, truth) => latency(run, probe, truth) || judgeStacks(run, probe, IN_NANOSLEEP),
  },
  {
    name: 'latency by stack, by a trampoline', short: false, check: 'fentry', since: '5.10', does: SLEEPS,
    asked: { ...NANOSLEEP, mechanism: Mechanism.fentry, flags: ProbeFlag.syscall | ProbeFlag.byStack },
    judge: (run, probe, truth) => latency(run, probe, truth) || judgeStacks(run, probe, IN_NANOSLEEP),
  },
  {
    name: 'system calls by stack', short: false, check: 'rawTracepoints', since: '5.10', does: SLEEPS,
    asked: { kind: WireProbeKind.ready, names: ['syscalls'], flags: ProbeFlag.byStack },
    judge: (run, probe, truth) => judgeLatency(run, probe, truth, 35) || judgeStacks(run, probe, AT_SYSCALL_EXIT),
  },
];

/** One helper and one program for all probes of a guest in the same state: loading takes seconds under emulation. */
interface Session {
  readonly machine: string;
  readonly calls: KnownCalls;
  readonly run: ProbeRun;
}

const sessions = new WeakMap<Guest, Session>();

async function sessionIn(guest: Guest, machine: string): Promise<Session> {
  const open = sessions.get(guest);
  if (open?.machine === machine) return open;
  await endProbing(guest);
  const calls = new KnownCalls(guest);
  const session = { machine, calls, run: await ProbeRun.open(guest, [await calls.pid]) };
  sessions.set(guest, session);
  return session;
}

/** Before the machine's state changes. */
export async function endProbing(guest: Guest): Promise<void> {
  const session = sessions.get(guest);
  if (!session) return;
  sessions.delete(guest);
  await session.run[Symbol.asyncDispose]();
  await session.calls[Symbol.asyncDispose]();
}

/** @returns what is wrong, and by what it was attached @throws NotAttached */
async function look({ calls, run }: Session, { asked, ofCalls, does, values, judge }: Probing): Promise<Verdict> {
  const module = ofCalls ? await run.callsModule() : 0;
  const { probe, mechanism, functions } = await run.attach({ ...asked, module });
  const truth = await calls.do(...does);
  await run.detach(probe);
  const problem = judge(run, probe, truth);
  const { callNs = 0 } = run.figures(probe) ?? {};
  const by = `by ${mechanism}${functions > 1 ? ` of ${functions} functions` : ''}${callNs > 0 ? `, ${callNs} ns a call` : ''}`;
  const seen = values !== undefined ? `${run.histogram(probe).total} ${values}` : `${asked.cgroup === NO_CGROUP ? 'none of' : 'all'} ${truth.times} calls`;
  return problem === '' ? works(`${seen}, ${by}`) : failed(`${problem} (${by})`);
}

async function tryProbe(guest: Guest, probing: Probing, machine: string): Promise<Verdict> {
  const lockedDown = machine !== '';
  try {
    return await look(await sessionIn(guest, machine), probing);
  } catch (error) {
    if (error instanceof NotAttached) {
      const isLacking = lockedDown ? error.reason === ProbeReason.lockdown : LACKING.includes(error.reason) && !isLater(guest.release, probing.since);
      return isLacking ? unavailable(error.message) : failed(`refused: ${error.message}`);
    }
    await endProbing(guest);
    // All of it may be refused before anything is attached.
    if (lockedDown && error instanceof FailureError && error.code === 'lockdown') return unavailable(error.message);
    throw error;
  }
}

function features(all: readonly Probing[], machine: string): Feature[] {
  return all.map((probing) => ({
    name: `${machine}${probing.name}`,
    short: probing.short,
    ...(probing.check ? { check: probing.check } : {}),
    run: (guest) => tryProbe(guest, probing, machine),
  }));
}

export const probingFeatures: readonly Feature[] = features(ALL, '');

/** One of each mechanism that every kernel has. @param machine the beginning of their names */
export function probingUnderLockdown(machine: string): Feature[] {
  const some = ALL.filter(({ name }) => /^(kprobe and|fentry|uprobe and|tracepoints)/.test(name));
  return features(some.map((one) => ({ ...one, short: false })), machine);
}
