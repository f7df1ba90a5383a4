// SPDX-License-Identifier: Apache-2.0
/** `emberscope info`: what a recording holds and how far it can be trusted, for people or as JSON. */
import type { RecordingFigures, RecordingInfo } from '../../ipc/contract.ts';
import { LossCause } from '../../profile/schema.ts';
import { Statistics } from '../../profile/statistics.ts';
import type { Tables } from '../../profile/tables.ts';
import type { EngineApi } from '../engine/recording-api.ts';
import { ExitCode } from './exit-code.ts';
import { count, duration, percent, printable, type Terminal } from './terminal.ts';

/** The keys of `info --json`: scripts depend on them. samples, stacks and frames are weighted by samples. */
export interface Summary {
  samples: number;
  /** The target's CPU time by the kernel's own accounting times the frequency. */
  expected: number;
  /** Causes that happened; sidebandRecords counts records, the others samples. */
  lost: Partial<Record<keyof typeof LossCause, number>>;
  stacks: { complete: number; truncated: number; broken: number };
  frames: { named: number; all: number };
  target: string;
  question: string;
  frequencyHz: number;
  durationNs: number;
  host: string;
  kernel: string;
  overhead: { bpfNs: number; helperCpuNs: number };
  /** fired = notOurs + stored + lost, exactly. */
  ledger: { fired: number; notOurs: number; stored: number; lost: number };
}

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
};

export function summarise(tables: Tables, figures: RecordingFigures, info: RecordingInfo): Summary {
  const statistics = new Statistics(tables, info.frequencyHz);
  statistics.advance();
  const found = statistics.figures();
  const lost: Summary['lost'] = {};
  for (const { cause, count: losses } of found.lost) if (losses > 0) lost[causeNames[cause]] = losses;
  return {
    samples: found.samples,
    expected: found.expected,
    lost,
    stacks: found.stacks,
    frames: found.frames,
    target: info.target,
    question: info.question,
    frequencyHz: info.frequencyHz,
    durationNs: figures.durationNs,
    host: info.host,
    kernel: info.kernel,
    overhead: figures.overhead,
    ledger: figures.ledger,
  };
}

/** "lost 3 (0.1 %)" and a line for each cause. */
export function lossLines({ ledger, lost, samples }: Summary): string[] {
  const causes = Object.entries(lost) as [keyof typeof LossCause, number][];
  return [
    `lost        ${count(ledger.lost)} (${percent(ledger.lost, samples + ledger.lost)})`,
    ...causes.map(([cause, losses]) => `            ${count(losses)} ${cause}: ${causeWords[cause]}`),
  ];
}

export function formatSummary(summary: Summary, info: Pick<RecordingInfo, 'startedAt' | 'cpus' | 'state'>): string {
  const { stacks, frames, ledger, overhead } = summary;
  const ends = Object.entries(stacks);
  const walks = stacks.complete + stacks.truncated + stacks.broken;
  const state = info.state.kind === 'finished' ? info.state.message : '';
  const cpuShare = (nanoseconds: number): string =>
    summary.durationNs > 0 ? ` (${percent(nanoseconds, summary.durationNs * info.cpus)} of the machine)` : '';
  const lines = [
    `target      ${summary.target}`,
    `question    ${summary.question}, ${summary.frequencyHz} Hz`,
    `recorded    ${new Date(info.startedAt).toISOString()}, for ${duration(summary.durationNs)}`,
    ...(state ? [`ended       ${state}`] : []),
    `host        ${summary.host}, Linux ${summary.kernel}, ${count(info.cpus)} ${info.cpus === 1 ? 'CPU' : 'CPUs'}`,
    `samples     ${count(summary.samples)}, of ${count(summary.expected)} expected by the kernel's accounting`,
    ...lossLines(summary),
    `stacks      ${ends.map(([end, samples]) => `${percent(samples, walks)} ${end}`).join(', ')}`,
    `frames      ${percent(frames.named, frames.all)} named`,
    `overhead    ${duration(overhead.bpfNs)} in the kernel${cpuShare(overhead.bpfNs)}, ` +
      `${duration(overhead.helperCpuNs)} in the helper`,
    `ledger      ${count(ledger.fired)} fired = ${count(ledger.notOurs)} not ours + ${count(ledger.stored)} stored + ` +
      `${count(ledger.lost)} lost`,
  ];
  return printable(lines.join('\n')) + '\n';
}

export async function info(
  file: string,
  options: { json?: boolean },
  { terminal, openEngine }: { terminal: Terminal; openEngine: () => Promise<EngineApi> },
): Promise<ExitCode> {
  const engine = await openEngine();
  try {
    const recording = await engine.openRecording(file);
    if (recording.warning) terminal.errors.write(printable(`emberscope: ${file}: ${recording.warning}`) + '\n');
    const summary = summarise(recording.tables, recording.figures, recording.info);
    terminal.output.write(
      options.json ? `${JSON.stringify(summary, null, 2)}\n` : formatSummary(summary, recording.info),
    );
    return ExitCode.ok;
  } finally {
    await engine.close();
  }
}
