// SPDX-License-Identifier: Apache-2.0
/** The first features: what runs is sampled, and its stacks are walked. client.c is the engine there. */
import { WIRE_PROTOCOL } from '../../main/engine/wire-layout.gen.ts';
import { failed, works, type Feature, type Verdict } from './feature.ts';
import type { Guest } from './guest.ts';
import { GUEST_CLIENT, GUEST_HELPER } from './initramfs.ts';

/** One session, as client.c prints it. Counts are weighted by samples. */
export interface Result {
  readonly uid: number;
  readonly release: string;
  readonly protocol: number;
  readonly features: number;
  readonly frames: number;
  readonly processes: number;
  readonly threads: number;
  readonly modules: number;
  readonly tables: number;
  /** errno of reading its own file through the helper; -1: no answer, or another file's. */
  readonly readError: number;
  readonly mappings: number;
  readonly kernelSymbols: number;
  readonly stacks: number;
  readonly sampling: number;
  readonly samples: number;
  /** Of processes that the target started. */
  readonly childSamples: number;
  readonly userSamples: number;
  readonly kernelSamples: number;
  /** Every address lies in a mapping, or in the kernel's symbols. */
  readonly placed: number;
  /** In user space, with no kernel stack. */
  readonly pure: number;
  /** Of those, with two of the three functions that the target consists of on the stack. */
  readonly known: number;
  readonly outermost: number;
  /** Counts that name a stack that was never sent. */
  readonly unknownStacks: number;
  readonly cpuNs: number;
  readonly lost: number;
  readonly ledger: {
    readonly fired: number;
    readonly notOurs: number;
    readonly stored: number;
    readonly bpfNs: number;
    readonly helperNs: number;
  };
  /** Ledger frames in which fired is not notOurs + stored + lost. */
  readonly inexactLedgers: number;
  /** The helper has CAP_SYS_ADMIN while it samples. */
  readonly sysAdmin: boolean;
  readonly refused: number;
  readonly value: number;
  readonly text: string;
  readonly endReason: number;
  readonly exit: number;
}

/** A session in the guest: the client's arguments. */
export interface Session {
  readonly uid: number;
  readonly frequency: number;
  readonly seconds: number;
  /** Frames of a user stack. */
  readonly depth: number;
}

/** One of each way to sample, and of each way to be started: as root, and as pkexec does for a user. */
const AS_ROOT: Session = { uid: 0, frequency: 99, seconds: 2, depth: 127 };
const AS_USER: Session = { uid: 1000, frequency: 999, seconds: 1, depth: 1023 };

/** enum wire_end_reason */
const REASON_ASKED = 1;

/** Due by the kernel's own accounting. */
function due(result: Result, session: Session): number {
  return (result.cpuNs / 1e9) * session.frequency;
}

/** What is wrong with a session; nothing: it is as it must be. */
export function judge(result: Result, session: Session, release: string): string[] {
  const problems: string[] = [];
  const expect = (holds: boolean, problem: string): void => void (holds || problems.push(problem));
  expect(result.refused === 0, `refused: error ${result.refused}, value ${result.value}, "${result.text}"`);
  if (problems.length > 0) return problems;
  expect(result.protocol === WIRE_PROTOCOL, `no hello of protocol ${WIRE_PROTOCOL} (${result.frames} frames)`);
  expect(result.release === release, `hello says kernel ${result.release}, booted is ${release}`);
  expect(result.uid === session.uid, `serves uid ${result.uid}, not ${session.uid}`);
  expect(result.endReason === REASON_ASKED, `ended for reason ${result.endReason}, not because it was asked`);
  expect(result.exit === 0, `the helper's exit status is ${result.exit}`);
  expect(!result.sysAdmin, 'the helper still has CAP_SYS_ADMIN while it samples');
  expect(result.kernelSymbols > 10_000, `only ${result.kernelSymbols} kernel symbols`);
  expect(result.inexactLedgers === 0, `fired is not notOurs + stored + lost in ${result.inexactLedgers} ledgers`);
  expect(result.ledger.stored === result.samples, `${result.ledger.stored} stored, ${result.samples} arrived`);
  expect(result.unknownStacks === 0, `${result.unknownStacks} counts name a stack that never came`);
  expect(result.childSamples > 0, 'no sample in a child of the target');
  const seen = result.samples + result.lost;
  // A little is due to what runs before the first event is on and after the last is off.
  expect(seen > 0.9 * due(result, session), `${seen} samples of ${due(result, session).toFixed(0)} due`);
  expect(seen < 1.1 * due(result, session), `${seen} samples, but only ${due(result, session).toFixed(0)} due`);
  expect(result.placed >= 0.95 * result.samples, `${result.placed} of ${result.samples} lie in mappings or symbols`);
  expect(result.pure > 0.5 * result.samples, `${result.pure} of ${result.samples} in user space only`);
  expect(result.tables === 1, `${result.tables} unwind tables of ${result.modules} modules`);
  expect(result.readError === 0, `a file of mode 0755 could not be read through the helper: error ${result.readError}`);
  expect(result.outermost >= 0.98 * result.userSamples, `${result.outermost} of ${result.userSamples} user stacks reach the outermost frame`);
  expect(result.known >= 0.9 * result.pure, `${result.known} of ${result.pure} in user space show the known functions`);
  return problems;
}

async function runSession(guest: Guest, session: Session, before: string): Promise<Result> {
  const { uid, frequency, seconds, depth } = session;
  const text = await guest.shell([before, GUEST_CLIENT, GUEST_HELPER, uid, frequency, seconds, depth, `${GUEST_CLIENT}.rows`].join(' '));
  const line = text.split('\n').find((one) => one.startsWith('RESULT '));
  if (line === undefined) throw new Error(`the client printed no result: ${text.slice(-500)}`);
  return JSON.parse(line.slice('RESULT '.length)) as Result;
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)} %`;
}

function verdict(result: Result, session: Session, guest: Guest): Verdict {
  const problems = judge(result, session, guest.release);
  if (problems.length > 0) return failed(problems.join('; '));
  const { samples, lost, ledger, known, pure, outermost, userSamples } = result;
  return works(
    `${samples} samples of ${due(result, session).toFixed(0)} due, ${lost} lost, ${(ledger.bpfNs / ledger.fired).toFixed(0)} ns each; ` +
      `${percent(outermost, userSamples)} of the stacks complete, ${percent(known, pure)} with the known functions`,
  );
}

async function sample(guest: Guest, session: Session, before = ''): Promise<Verdict> {
  return verdict(await runSession(guest, session, before), session, guest);
}

/** A second of it. @param before shell commands, "ulimit -l 64;" */
export function sampleAsRoot(guest: Guest, before: string): Promise<Verdict> {
  return sample(guest, { ...AS_ROOT, seconds: 1 }, before);
}

export const samplingFeatures: readonly Feature[] = [
  { name: 'sampling and unwinding, an event per CPU, as root', short: true, run: (guest) => sample(guest, AS_ROOT) },
  { name: 'sampling and unwinding, an event per thread, as pkexec starts it', short: true, run: (guest) => sample(guest, AS_USER) },
];
