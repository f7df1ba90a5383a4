// SPDX-License-Identifier: Apache-2.0
/** `emberscope info`: what a recording holds and how far it can be trusted, for people or as JSON. */
import type { RecordingFigures, RecordingInfo } from '../../ipc/contract.ts';
import { account, lostSamples, type Accounting } from '../../profile/accounting.ts';
import { modulePath } from '../../profile/names.ts';
import { LossCause, SampleKind, StackEnd } from '../../profile/schema.ts';
import { unitOf, weighing, type Question } from '../../profile/questions.ts';
import { Statistics, type WaitFigures } from '../../profile/statistics.ts';
import type { Tables } from '../../profile/tables.ts';
import { NONE } from '../../profile/units.ts';
import { ExitCode } from './exit-code.ts';
import { writeOut } from './result-output.ts';
import type { Surroundings } from './surroundings.ts';
import { count, duration, percent, printable } from './terminal.ts';

/** The keys of `info --json`: scripts depend on them. samples, stacks and frames are weighted by samples. */
export interface Summary {
  samples: number;
  /** Time that threads did not run, all together, nanoseconds. */
  waits: WaitFigures;
  /** Bytes that were allocated, and what of them was freed again. */
  memory: MemoryFigures;
  /** The target's CPU time by the kernel's own accounting times the frequency. */
  expected: number;
  /** Causes that happened; sidebandRecords counts records, the others samples. */
  lost: Partial<Record<keyof typeof LossCause, number>>;
  stacks: {
    complete: number;
    truncated: number;
    broken: number;
    /** Truncated and broken ones by how the walk ended; `noStack`: there is none. */
    ends: Partial<Record<EndName, number>>;
    /** Broken ones by the module of the outermost frame that is there (null: no module), the most first. */
    brokenIn: { module: string | null; end: EndName; samples: number }[];
  };
  frames: {
    named: number;
    all: number;
    /** The others by module; `waiting`: not looked up when the recording ended. */
    unnamedIn: { module: string | null; unnamed: number; waiting: number }[];
  };
  /** `expected` against `stored` and `lost`: `rest` is what neither came nor was lost for a cause. */
  accounting: Accounting;
  target: string;
  question: Question;
  frequencyHz: number;
  durationNs: number;
  host: string;
  kernel: string;
  overhead: { bpfNs: number; helperCpuNs: number };
  /** In the kernel, at the end; null: stacks were walked by frame pointers alone. */
  unwindTables: RecordingFigures['unwindTables'] | null;
  /** fired = notOurs + stored + lost, exactly. */
  ledger: { fired: number; notOurs: number; stored: number; lost: number };
}

export interface MemoryFigures {
  allocatedBytes: number;
  freedBytes: number;
}

function memoryOf({ samples }: Tables): MemoryFigures {
  const { kind, weight } = samples.columns;
  const found = { allocatedBytes: 0, freedBytes: 0 };
  for (let row = 0; row < samples.length; row++) {
    if (kind[row] !== SampleKind.memory) continue;
    if (weight[row]! > 0) found.allocatedBytes += weight[row]!;
    else found.freedBytes -= weight[row]!;
  }
  return found;
}

export type EndName = Exclude<keyof typeof StackEnd, 'outermost'> | 'noStack';

const endNames = Object.fromEntries(Object.entries(StackEnd).map(([name, value]) => [value, name])) as Record<StackEnd, EndName>;

const endWords: Record<EndName, string> = {
  depthLimit: 'deeper than is recorded',
  noMapping: 'the next address lies in no mapped code',
  noRow: 'no unwind information for the code',
  readFault: 'the stack was not readable',
  badFrame: 'the frame pointer leads nowhere',
  noStack: 'without any stack',
};

const causeNames = Object.fromEntries(Object.entries(LossCause).map(([name, value]) => [value, name])) as Record<
  LossCause,
  keyof typeof LossCause
>;

const causeWords: Record<keyof typeof LossCause, string> = {
  countMapFull: 'the table of counts was full',
  stackRingFull: 'too many new stacks at once',
  recursion: 'fired inside another BPF program',
  sendQueueFull: 'the engine did not read fast enough',
  fault: 'a call failed in the kernel',
  sidebandRecords: 'records about mappings and threads, not samples',
  shortLivedThreads: 'threads too short-lived for a per-thread clock',
  unknownStack: 'kept, but their stack never came',
  pythonFrames: 'kept, but without some functions of the Python program',
  waitMapFull: 'waits, for which the table had no room',
  waitStack: 'waits, kept without their stack',
  shortWaits: 'waits shorter than was asked for',
  untoldEnds: 'waits, kept until they were woken: the kernel did not tell when they ran again',
};

export function summarise(tables: Tables, figures: RecordingFigures, info: RecordingInfo): Summary {
  const statistics = new Statistics(tables, info.frequencyHz, weighing(info.question, info.frequencyHz));
  statistics.advance();
  const found = statistics.figures();
  const lost: Summary['lost'] = {};
  for (const { cause, count: losses } of found.lost) if (losses > 0) lost[causeNames[cause]] = losses;
  const ends: Summary['stacks']['ends'] = {};
  for (const { end, samples } of found.ends) ends[endNames[end]] = samples;
  if (found.stackless > 0) ends.noStack = found.stackless;
  const pathOf = (module: number): string | null => (module === NONE ? null : modulePath(tables, module));
  return {
    samples: found.samples,
    waits: found.waits,
    memory: memoryOf(tables),
    expected: found.expected,
    lost,
    stacks: {
      ...found.stacks,
      ends,
      brokenIn: found.brokenIn.map(({ module, end, samples }) => ({ module: pathOf(module), end: endNames[end], samples })),
    },
    frames: {
      ...found.frames,
      unnamedIn: found.unnamedIn.map(({ module, unnamed, waiting }) => ({ module: pathOf(module), unnamed, waiting })),
    },
    accounting: account(found.expected, found.samples, lostSamples(found.lost), found.threads),
    target: info.target,
    question: info.question,
    frequencyHz: info.frequencyHz,
    durationNs: figures.durationNs,
    host: info.host,
    kernel: info.kernel,
    overhead: figures.overhead,
    unwindTables: figures.unwindTables ?? null,
    ledger: figures.ledger,
  };
}

/** Of all threads together. */
export function waitLine({ waits: { blockedNs, preemptedNs, runQueueNs } }: Summary): string {
  return `waits       ${duration(blockedNs)} blocked, ${duration(runQueueNs)} woken but without a CPU, ${duration(preemptedNs)} interrupted by others`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** What is there is what the recording saw being allocated, and not freed while it went on. */
export function memoryLine({ memory: { allocatedBytes, freedBytes } }: Summary): string {
  return `memory      ${mebibytes(allocatedBytes)} allocated, ${mebibytes(freedBytes)} freed again`;
}

function measuredLines(summary: Summary): string[] {
  const { question, samples, expected } = summary;
  if (question === 'memory') return [memoryLine(summary)];
  if (question === 'probes') return [];
  const sampled = `samples     ${count(samples)}${expected > 0 ? `, of ${count(expected)} expected by the kernel's accounting` : ''}`;
  if (unitOf(question) === 'samples') return [sampled];
  return samples > 0 ? [sampled, waitLine(summary)] : [waitLine(summary)];
}

/** Other tools do not say why a thread waited, or what was freed. */
function importedLines(summary: Summary): string[] {
  const { question, samples, waits, memory } = summary;
  const waited = waits.blockedNs + waits.preemptedNs + waits.runQueueNs;
  const lines = [
    ...(samples > 0 ? [`samples     ${count(samples)}`] : []),
    ...(waited > 0 ? [`waits       ${duration(waited)}`] : []),
    ...(question === 'memory' ? [memory.freedBytes > 0 ? memoryLine(summary) : `memory      ${mebibytes(memory.allocatedBytes)}`] : []),
  ];
  return lines.length > 0 ? lines : ['samples     0'];
}

function tableLines({ unwindTables }: Summary): string[] {
  if (!unwindTables) return [];
  const { tables, bytes, refused, evicted } = unwindTables;
  const trouble = [refused > 0 ? `${count(refused)} found no room or were not sound` : '', evicted > 0 ? `${count(evicted)} gave their room to others` : ''];
  return [`unwinding   ${count(tables)} tables of ${(bytes / 2 ** 20).toFixed(1)} MiB in the kernel${trouble.filter(Boolean).map((text) => `, ${text}`).join('')}`];
}

/** "lost 3 (0.1 %)" and a line for each cause. */
export function lossLines({ ledger, lost, samples }: Summary): string[] {
  const causes = Object.entries(lost) as [keyof typeof LossCause, number][];
  return [
    `lost        ${count(ledger.lost)} (${percent(ledger.lost, samples + ledger.lost)})`,
    ...causes.map(([cause, losses]) => `            ${count(losses)} ${cause}: ${causeWords[cause]}`),
  ];
}

/** Of the longer lists in the text; all is in the JSON. */
const MODULES_SHOWN = 5;

function accountingLine({ accounting }: Summary): string {
  const { verdict, rest, noise } = accounting;
  const within = `noise is +-${count(noise)}`;
  switch (verdict) {
    case 'noAccounting':
      return 'the kernel said nothing of CPU time';
    case 'withinNoise':
      return `${count(Math.abs(rest))} ${rest < 0 ? 'more' : 'fewer'} than expected: within sampling noise (${within})`;
    case 'missing':
      return `${count(rest)} missing: throttled or never fired (${within})`;
    case 'surplus':
      return `${count(-rest)} more than expected (${within})`;
    default:
      return verdict satisfies never;
  }
}

function stackLines({ stacks }: Summary): string[] {
  const { complete, truncated, broken, ends, brokenIn } = stacks;
  const walks = complete + truncated + broken;
  const causes = Object.entries(ends) as [EndName, number][];
  return [
    `stacks      ${percent(complete, walks)} complete, ${percent(truncated, walks)} truncated, ${percent(broken, walks)} broken`,
    ...causes.map(([end, samples]) => `            ${percent(samples, walks)} ${end}: ${endWords[end]}`),
    ...brokenIn
      .slice(0, MODULES_SHOWN)
      .map(({ module, end, samples }) => `            ${percent(samples, walks)} broke in ${module ?? 'no module'}: ${end}`),
  ];
}

function nameLines({ frames }: Summary): string[] {
  return [
    `frames      ${percent(frames.named, frames.all)} named`,
    ...frames.unnamedIn
      .slice(0, MODULES_SHOWN)
      .map(({ module, unnamed, waiting }) => `            ${percent(unnamed + waiting, frames.all)} without a name in ${module ?? 'no module'}`),
  ];
}

/** What another tool's file does not say is left out. */
function hostLines({ host, kernel }: Summary, cpus: number): string[] {
  const known = [host, kernel && `Linux ${kernel}`, cpus > 0 ? `${count(cpus)} ${cpus === 1 ? 'CPU' : 'CPUs'}` : ''].filter(Boolean);
  return known.length > 0 ? [`host        ${known.join(', ')}`] : [];
}

export function formatSummary(summary: Summary, info: Pick<RecordingInfo, 'startedAt' | 'cpus' | 'state'>): string {
  const { ledger, overhead } = summary;
  const state = info.state.kind === 'finished' ? info.state.message : '';
  const cpuShare = (nanoseconds: number): string =>
    summary.durationNs > 0 ? ` (${percent(nanoseconds, summary.durationNs * info.cpus)} of the machine)` : '';
  const isImported = info.state.kind === 'finished' && info.state.reason === 'opened';
  const about = [
    `target      ${summary.target}`,
    `question    ${[summary.question, ...(summary.frequencyHz > 0 ? [`${summary.frequencyHz} Hz`] : [])].join(', ')}`,
    // Of a file that does not say when it was recorded the date is its own.
    `${isImported ? 'dated   ' : 'recorded'}    ${new Date(info.startedAt).toISOString()}${isImported && summary.durationNs === 0 ? '' : `, for ${duration(summary.durationNs)}`}`,
    ...(state ? [`${isImported ? 'origin' : 'ended '}      ${state}`] : []),
    ...hostLines(summary, info.cpus),
  ];
  // Nobody kept accounts of what another tool left out.
  if (isImported) return printable([...about, ...importedLines(summary), ...stackLines(summary), ...nameLines(summary)].join('\n')) + '\n';
  const lines = [
    ...about,
    ...measuredLines(summary),
    ...lossLines(summary),
    `accounting  ${accountingLine(summary)}`,
    ...stackLines(summary),
    ...nameLines(summary),
    `overhead    ${duration(overhead.bpfNs)} in the kernel${cpuShare(overhead.bpfNs)}, ` +
      `${duration(overhead.helperCpuNs)} in the helper`,
    ...tableLines(summary),
    `ledger      ${count(ledger.fired)} fired = ${count(ledger.notOurs)} not ours + ${count(ledger.stored)} stored + ` +
      `${count(ledger.lost)} lost`,
  ];
  return printable(lines.join('\n')) + '\n';
}

export async function info(
  file: string,
  options: { json?: boolean },
  { terminal, openEngine }: Surroundings,
): Promise<ExitCode> {
  const engine = await openEngine();
  try {
    const recording = await engine.openRecording(file);
    if (recording.warning) terminal.errors.write(printable(`emberscope: ${file}: ${recording.warning}`) + '\n');
    const summary = summarise(recording.tables, recording.figures, recording.info);
    await writeOut(terminal.output, options.json ? `${JSON.stringify(summary, null, 2)}\n` : formatSummary(summary, recording.info));
    return ExitCode.ok;
  } finally {
    await engine.close();
  }
}
