// SPDX-License-Identifier: Apache-2.0
/** What the library says of a recording, in words. */
import type { Failure, ProbeRequest, RecordedRequest, RecordingFacts, RecordingQuality, SamplingSettings } from '../../ipc/contract.ts';
import { unitOf } from '../../profile/questions.ts';
import { formatBytes, formatCount, formatLength, formatPercent } from '../app/format.ts';
import { formatTime } from '../app/questions.ts';
import { joinCommand } from '../picker/command-line.ts';

const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' });

/** @param time epoch milliseconds; a file may say anything */
export function whenWords(time: number): string {
  return Math.abs(time) <= 8.64e15 ? day.format(time) : '–';
}

/** Of what was recorded, in its unit. */
export function weightWords({ question, samples, weight }: RecordingFacts): string {
  const unit = unitOf(question);
  switch (unit) {
    case 'samples':
      return `${formatCount(samples)} samples`;
    case 'nanoseconds':
      return formatTime(weight);
    case 'bytes':
      return formatBytes(weight);
    default:
      return unit satisfies never;
  }
}

/** What is missing, the worst first; nothing where it is good. */
export function qualityWords({ lost, complete, named }: RecordingQuality): string {
  if (lost >= 0.01) return `${formatPercent(lost, 1)} lost`;
  if (complete < 0.95) return `${formatPercent(complete, 0)} complete`;
  if (named < 0.95) return `${formatPercent(named, 0)} named`;
  return '';
}

/** Why a file cannot be read, without its path, which stands beside it. */
export function faultWords(file: string, { message }: Failure): string {
  const path = message.indexOf(`/${file} `);
  return message.startsWith('/') && path >= 0 ? `It ${message.slice(path + file.length + 2)}` : message;
}

export function requestWords(request: RecordedRequest | null): string {
  if (request === null) return 'not known';
  switch (request.kind) {
    case 'processes':
      return request.processes.map(({ commandLine, name }) => commandLine || name).join(', ');
    case 'system':
      return 'the whole system';
    case 'cgroup':
      return `the container ${request.folder}`;
    case 'command':
      return `${joinCommand(request.command)} (in ${request.folder})`;
    case 'demo':
      return 'the demo program';
    case 'imported':
      return `${request.file}, ${request.format}`;
    default:
      return request satisfies never;
  }
}

const measureWords: Readonly<Record<ProbeRequest['measure']['kind'], string>> = { count: 'how often', latency: 'how long', argument: 'argument', returned: 'return value' };
const testWords = { equal: '=', other: '≠', above: '>', below: '<' } as const;

/** What was asked of a function, and how: all that is asked again. */
export function probeWords({ name, module, measure, byThread, byStack, events, leastNs, filter, budget, cgroup }: ProbeRequest): string {
  const details = [
    measure.kind === 'argument' ? `argument ${measure.argument}` : measureWords[measure.kind],
    byThread ? 'by thread' : '',
    byStack ? 'with stacks' : '',
    events ? 'each hit' : '',
    leastNs > 0 ? `from ${formatTime(leastNs)}` : '',
    filter === null ? '' : `where ${filter.argument === 0 ? 'the return value' : `argument ${filter.argument}`} ${testWords[filter.test]} ${filter.value}`,
    cgroup === undefined ? '' : `in ${cgroup}`,
    budget === undefined ? '' : budget === 0 ? 'without a budget' : `budget ${budget} % of a CPU`,
  ];
  return `${name}${module === '' ? '' : ` in ${module}`} (${details.filter(Boolean).join(', ')})`;
}

/** Where an imported one is from; empty for others. */
export function originWords({ request }: Pick<RecordingFacts, 'request'>): string {
  return request?.kind === 'imported' ? `imported, ${request.format}` : '';
}

/** When, and for how long: what an imported file does not say is left out. */
export function recordedWords({ startedAt, durationNs }: Pick<RecordingFacts, 'startedAt' | 'durationNs'>): string {
  return [whenWords(startedAt), durationNs > 0 ? `for ${formatLength(durationNs)}` : ''].filter(Boolean).join(', ');
}

export function hostWords({ host, kernel }: Pick<RecordingFacts, 'host' | 'kernel'>): string {
  return [host, kernel === '' ? '' : `Linux ${kernel}`].filter(Boolean).join(', ') || 'not known';
}

export function settingsWords({ frequency, children, kernelStacks, event, stackDepth, leastWaitNs }: SamplingSettings): string {
  return [
    `${formatCount(frequency)} Hz`,
    event === 'cycles' ? 'of CPU cycles' : '',
    children ? 'with children' : 'without children',
    kernelStacks ? '' : 'without kernel stacks',
    stackDepth !== undefined && stackDepth > 127 ? 'deep stacks' : '',
    leastWaitNs !== undefined && leastWaitNs > 1000 ? `waits from ${formatTime(leastWaitNs)}` : '',
  ]
    .filter(Boolean)
    .join(', ');
}
