// SPDX-License-Identifier: Apache-2.0
/** `emberscope latency`: how long functions take, or what their arguments and values are, as histograms. */
import type { ProbeInfo, ProbeMeasureRequest, ProbeRequest } from '../../ipc/contract.ts';
import type { Tables } from '../../profile/tables.ts';
import type { EngineApi } from '../engine/recording-api.ts';
import { ExitCode } from './exit-code.ts';
import { histogramText, valueText } from './histogram-text.ts';
import { largestGroups, largestStacks, probeJson, ProbeTotals, quantilesOf, stackNames, type ProbeCounts } from './probe-figures.ts';
import type { ProbeTargetName } from './probe-target.ts';
import { attachedTo, runProbes, shortfalls, type Asked, type Probing, type ProbingOptions } from './probing.ts';
import { writeOut } from './result-output.ts';
import type { InterruptibleSurroundings } from './surroundings.ts';
import { count, printable, ScreenBlock } from './terminal.ts';
import { usage } from './values.ts';

export interface LatencyOptions extends ProbingOptions {
  byStack?: boolean;
  /** Number or name. */
  argument?: string;
  return?: boolean;
  count?: boolean;
  /** Nanoseconds. */
  min?: number;
  json?: boolean;
}

const REDRAW_MS = 200;
const MOST_GROUPS = 12;
const MOST_STACKS = 5;
const STACK_LINES = 12;

export async function latency(asked: Asked, options: LatencyOptions, around: InterruptibleSurroundings): Promise<ExitCode> {
  const { terminal } = around;
  if (Number(options.argument !== undefined) + Number(options.return ?? false) + Number(options.count ?? false) > 1) {
    throw usage('More than one thing was to be measured.', 'Choose one of --argument, --return and --count; without them it is the duration.');
  }
  const screen = new ScreenBlock(terminal);
  let probing: Probing | null = null;
  let totals: ProbeTotals | null = null;
  let drawnAt = 0;
  let result = '';
  const code = await runProbes(asked, options, around, {
    request: (target, engine, tgids) => requestOf(target, options, engine, tgids),
    begun(begun) {
      probing = begun;
      totals = new ProbeTotals(begun.recording.tables);
    },
    drained() {
      if (!probing || !totals || performance.now() - drawnAt < REDRAW_MS) return;
      drawnAt = performance.now();
      screen.show([...attachedTo(probing.recording).flatMap((info) => summary(info, totals!.of(info.probe), info.figures.callsPerSecond)), 'Ctrl-C stops.'].map(printable));
    },
    ended({ recording }) {
      screen.clear();
      const infos = attachedTo(recording);
      const sums = new ProbeTotals(recording.tables);
      const seconds = Math.max(recording.figures.durationNs, 1) / 1e9;
      if (options.json) {
        const names = stackNames(recording.tables);
        const probes = infos.map((info) => probeJson(info, sums.of(info.probe), names));
        result = `${JSON.stringify({ probes }, null, 2)}\n`;
      } else {
        const lines = infos.flatMap((info) => [...summary(info, sums.of(info.probe), info.figures.calls / seconds), ...(options.byStack ? stackLines(recording.tables, info, sums.of(info.probe)) : [])]);
        result = printable(`${lines.join('\n')}\n`);
      }
      for (const line of infos.flatMap(shortfalls)) terminal.errors.write(printable(`${line}\n`));
    },
  });
  await writeOut(terminal.output, result);
  return code;
}

async function requestOf(target: ProbeTargetName, options: LatencyOptions, engine: EngineApi, tgids: readonly number[]): Promise<ProbeRequest> {
  const measure = await measureOf(target, options, engine, tgids);
  const { kind, name, module } = target;
  return { kind, name, module, measure, byThread: false, byStack: options.byStack ?? false, events: false, leastNs: options.min ?? 0, filter: null };
}

async function measureOf(target: ProbeTargetName, options: LatencyOptions, engine: EngineApi, tgids: readonly number[]): Promise<ProbeMeasureRequest> {
  if (options.count) return { kind: 'count' };
  if (options.return) return { kind: 'returned' };
  if (options.argument === undefined) return target.measure ?? { kind: 'latency' };
  if (/^\d+$/.test(options.argument)) return { kind: 'argument', argument: Number(options.argument) };
  const { functions } = await engine.functions({ pattern: target.name, tgids: [...tgids], most: 20 });
  const found = functions.find(({ kind, name, symbol }) => kind === target.kind && (name === target.name || symbol === target.name));
  const names = found?.arguments?.map(({ name }) => name) ?? [];
  const place = names.indexOf(options.argument);
  if (place >= 0) return { kind: 'argument', argument: place + 1 };
  const known = names.length > 0 ? `Its arguments are ${names.join(', ')}.` : 'The types of this function are not known: give the number of the argument, from 1 to 6.';
  throw usage(`${target.name} has no argument ${JSON.stringify(options.argument.slice(0, 40))}.`, known);
}

/** @param perSecond of its calls */
function summary(info: ProbeInfo, counts: ProbeCounts, perSecond: number): string[] {
  const { title, mechanism, unit, figures } = info;
  const calls = `${count(figures.calls)} calls, ${count(Math.round(perSecond))}/s`;
  const cost = figures.callNs > 0 ? `, each ${valueText(figures.callNs, 'nanoseconds')} slower for the probe` : '';
  const head = [`${title}  (${mechanism})  ${calls}${cost}`];
  if (unit === 'count') return [...head, ...groupLines(info, counts)];
  const { p50, p90, p99, max } = quantilesOf(counts.all);
  const text = (value: number): string => valueText(value, unit);
  return [...head, `  p50 ${text(p50)}   p90 ${text(p90)}   p99 ${text(p99)}   max ${text(max)}`, ...histogramText(counts.all, unit), ...groupLines(info, counts)];
}

function groupLines(info: ProbeInfo, counts: ProbeCounts): string[] {
  const { unit } = info;
  const rows = largestGroups(info, counts).slice(0, MOST_GROUPS);
  const width = Math.max(...rows.map(({ name }) => name.length));
  return rows.map(({ name, counts: of, calls }) => {
    const { p50, p99 } = quantilesOf(of);
    const times = unit === 'count' ? '' : `   p50 ${valueText(p50, unit)}   p99 ${valueText(p99, unit)}`;
    return `  ${name.padEnd(width)}  ${count(calls).padStart(10)}${times}`;
  });
}

function stackLines(tables: Tables, { unit }: ProbeInfo, counts: ProbeCounts): string[] {
  const names = stackNames(tables);
  return largestStacks(counts).slice(0, MOST_STACKS).flatMap(({ stack, sum, calls }) => {
    const found = names(stack);
    const more = found.length > STACK_LINES ? [`      … ${found.length - STACK_LINES} more`] : [];
    return ['', `  ${unit === 'count' ? '' : `${valueText(sum, unit)} in `}${count(calls)} calls`, ...found.slice(0, STACK_LINES).map((name) => `      ${name}`), ...more];
  });
}
