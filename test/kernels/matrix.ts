// SPDX-License-Identifier: Apache-2.0
/** Boots every kernel of the matrix with the same sessions, and judges what came back. */
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { boot, type Boot, type Result } from './guest.ts';
import { WIRE_PROTOCOL } from '../../main/engine/wire-layout.gen.ts';
import { imageOf, NoImage, SERIES, type Image, type Series } from './images.ts';
import { buildInitramfs, missingTools, type Built, type Session } from './initramfs.ts';

const TOP = join(import.meta.dirname, '../..');
const CACHE = join(TOP, 'build/kernels');

/** One of each way to sample, and of each way to be started: as root, and as pkexec does for a user. */
export const SESSIONS: readonly Session[] = [
  { uid: 0, frequency: 99, seconds: 3, depth: 127 },
  { uid: 1000, frequency: 999, seconds: 3, depth: 1023 },
];

const BUILT: Built = {
  helper: join(TOP, 'build/native/emberscope-helper'),
  bpfObjects: ['on_cpu', 'off_cpu'].map((name) => join(TOP, 'build/native', `${name}.bpf.o`)),
};

/** enum wire_end_reason */
const REASON_ASKED = 1;

export type Outcome =
  | { readonly kind: 'skipped'; readonly series: Series; readonly reason: string }
  | { readonly kind: 'ran'; readonly series: Series; readonly boot: Boot; readonly problems: readonly string[] };

/** Due by the kernel's own accounting. */
function due(result: Result, session: Session): number {
  return (result.cpuNs / 1e9) * session.frequency;
}

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

function judgeBoot(image: Image, ran: Boot, sessions: readonly Session[]): string[] {
  const problems = sessions.flatMap((session, index) => {
    const result = ran.results[index];
    const name = `${session.frequency} Hz as uid ${session.uid}`;
    return result === undefined
      ? [`${name}: no result`]
      : judge(result, session, image.release).map((problem) => `${name}: ${problem}`);
  });
  const warnings = ran.console.split(/\r?\n/).filter((line) => line.startsWith('DMESG '));
  return [...problems, ...warnings];
}

/** Why no guest can be run here at all; undefined: it can. */
export async function whyNot(): Promise<string | undefined> {
  const missing = await missingTools();
  if (missing !== undefined) return missing;
  const unbuilt = [BUILT.helper, ...BUILT.bpfObjects].find((path) => !existsSync(path));
  return unbuilt === undefined ? undefined : `${unbuilt} is not built (npm run setup)`;
}

/** Runs one kernel after the other, or some at a time, in the same guest. */
export interface Matrix extends AsyncDisposable {
  readonly runKernel: (series: Series) => Promise<Outcome>;
}

/** Builds the guest; it goes when the matrix is disposed of. */
export async function prepareMatrix(): Promise<Matrix> {
  await mkdir(CACHE, { recursive: true });
  const initramfs = join(CACHE, `guest-${process.pid}.cpio.gz`);
  await buildInitramfs(BUILT, SESSIONS, initramfs);
  const runKernel = async (series: Series): Promise<Outcome> => {
    let image: Image;
    try {
      image = await imageOf(series, CACHE);
    } catch (error) {
      if (error instanceof NoImage) return { kind: 'skipped', series, reason: error.message };
      throw error;
    }
    const ran = await boot(image.path, initramfs);
    return { kind: 'ran', series, boot: ran, problems: judgeBoot(image, ran, SESSIONS) };
  };
  return { runKernel, [Symbol.asyncDispose]: () => rm(initramfs, { force: true }) };
}

function row(result: Result, series: Series, ran: Boot): string {
  const percent = (part: number, whole: number): string =>
    whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)}%`;
  return [
    series.kernel.padEnd(6),
    String(result.uid).padStart(5),
    (result.sampling === 0 ? 'per CPU' : 'per thread').padEnd(10),
    String(result.samples).padStart(7),
    String(result.lost).padStart(5),
    percent(result.known, result.pure).padStart(7),
    percent(result.outermost, result.userSamples).padStart(9),
    percent(result.placed, result.samples).padStart(7),
    String(result.ledger.fired === 0 ? '-' : (result.ledger.bpfNs / result.ledger.fired).toFixed(0)).padStart(7),
    `${(result.ledger.helperNs / 1e6).toFixed(0)} ms`.padStart(8),
    `${ran.seconds.toFixed(0)} s`.padStart(6),
  ].join('  ');
}

/** A table of all outcomes, and below it what is wrong. */
export function table(outcomes: readonly Outcome[]): string {
  const lines = ['kernel   uid  sampling    samples   lost    known  outermost   placed  ns/hit   helper    boot'];
  for (const outcome of outcomes) {
    if (outcome.kind === 'skipped') lines.push(`${outcome.series.kernel.padEnd(6)}  skipped: ${outcome.reason}`);
    else lines.push(...outcome.boot.results.map((result) => row(result, outcome.series, outcome.boot)));
  }
  for (const outcome of outcomes) {
    if (outcome.kind === 'ran')
      lines.push(...outcome.problems.map((problem) => `${outcome.series.kernel}: ${problem}`));
  }
  return lines.join('\n');
}

export { SERIES };
