// SPDX-License-Identifier: Apache-2.0
/** From what was asked to what the helper is told: which functions, how wide their arguments are, what is watched. */
import type { ProbeRequest, ProbeUnit, TraceableKind } from '../../../ipc/contract.ts';
import { FailureError, probeFailures } from '../failures.ts';
import { UNSPEAKABLE, nearIn, type Catalogue } from '../functions/catalogue.ts';
import type { Prototype, ValueType } from '../../../profile/prototype.ts';
import { parseLocations } from '../functions/c-prototype.ts';
import { wildcard } from '../functions/name-search.ts';
import { readyQuestion } from '../functions/ready-questions.ts';
import type { FileNames } from '../functions/user-functions.ts';
import { FilterTest, Mechanism, ProbeFlag, WIRE_MAX_PAYLOAD, WIRE_MAX_PROBE_FUNCTIONS, WIRE_MOST_EVENTS, WIRE_PROBE_ARGUMENTS, WIRE_PROBE_NAME_MAX, WireMeasure, wireProbe, WireProbeKind } from '../wire-layout.gen.ts';
import type { WireProbeRequest } from '../wire-probe-encoder.ts';
import { cgroupNumber } from '../processes/cgroup.ts';
import { NOT_MAPPED } from './probe-refusals.ts';

/** Percent of one CPU: what a probe may cost the target. */
const DEFAULT_BUDGET = 5;
/** The helper takes a whole CPU, or no limit. */
const MOST_BUDGET_PERMILLE = 1000;
/** A pattern that matches more is asked about. */
const MOST_UNASKED = 200;
const SIGNED = 0x80;
const RETURN_VALUE = 7;

const kinds: Readonly<Record<TraceableKind, WireProbeKind>> = {
  kernel: WireProbeKind.kernel,
  user: WireProbeKind.user,
  tracepoint: WireProbeKind.tracepoint,
  usdt: WireProbeKind.usdt,
  ready: WireProbeKind.ready,
};
const tests: Readonly<Record<string, FilterTest>> = { equal: FilterTest.equal, other: FilterTest.other, above: FilterTest.above, below: FilterTest.below };

export interface PlannedFunction {
  /** As people write it. */
  name: string;
  symbol: string;
  /** null: its types are not known. */
  prototype: Prototype | null;
}

export interface ProbePlan {
  request: ProbeRequest;
  title: string;
  unit: ProbeUnit;
  /** In the order of the wire's names. */
  functions: PlannedFunction[];
  /** Of user functions and markers, and of questions about a library: the path of the file, which must be mapped. */
  file: string;
  wire: Omit<WireProbeRequest, 'probe' | 'module'>;
}

/** null in `plan`: it cannot be, and `why` says so; `unmapped` names the file where that is all there is to say. */
export type Planned = { plan: ProbePlan } | ({ plan: null } & NotFound);

/**
 * @param tgids of the targets, whose files are looked into; none: the whole system
 * @throws FailureError badProbe, tooManyFunctions
 */
export async function planProbe(asked: ProbeRequest, catalogue: Catalogue, tgids: readonly number[]): Promise<Planned> {
  const request = completed(asked);
  check(request);
  const found = await functionsOf(request, catalogue, tgids);
  if ('why' in found) return { plan: null, ...found };
  const { functions, file, systemCall } = found;
  const most = Math.min(request.most ?? MOST_UNASKED, WIRE_MAX_PROBE_FUNCTIONS);
  if (functions.length > most) throw new FailureError(probeFailures.tooManyFunctions(request.name, functions.length, most >= WIRE_MAX_PROBE_FUNCTIONS));
  if (functions.some(({ symbol }) => symbol.length > WIRE_PROBE_NAME_MAX)) return { plan: null, why: UNSPEAKABLE };
  const bytes = functions.reduce<number>((sum, { symbol }) => sum + symbol.length + 1, wireProbe.size);
  if (bytes > WIRE_MAX_PAYLOAD) return { plan: null, why: `The names of ${functions.length} functions are too long together. Choose a narrower pattern.` };
  const question = request.kind === 'ready' ? readyQuestion(request.name) : null;
  const title = question?.title ?? (functions.length > 1 ? `${request.name} (${functions.length} functions)` : functions[0]!.name);
  return { plan: { request, title, unit: unitOf(request), functions, file, wire: wireOf(request, functions, systemCall) } };
}

/** Ready questions say themselves what they measure, and memory is nothing without who asked for it. */
function completed(request: ProbeRequest): ProbeRequest {
  const question = request.kind === 'ready' ? readyQuestion(request.name) : null;
  if (!question) return request;
  const isResult = question.unit === 'value' || (question.unit === 'nanoseconds' && request.measure.kind === 'returned');
  const measure = isResult ? ({ kind: 'returned' } as const) : question.unit === 'nanoseconds' ? ({ kind: 'latency' } as const) : ({ kind: 'count' } as const);
  return { ...request, measure, byStack: request.byStack || question.unit === 'bytes' };
}

export function unitOf({ kind, name, measure }: ProbeRequest): ProbeUnit {
  const question = kind === 'ready' ? readyQuestion(name) : null;
  if (question) return question.unit;
  switch (measure.kind) {
    case 'latency':
      return 'nanoseconds';
    case 'count':
      return 'count';
    case 'argument':
    case 'returned':
      return 'value';
    default:
      return measure satisfies never;
  }
}

/** A moment has no end: neither a duration nor a value. */
function isMoment(kind: TraceableKind): boolean {
  return kind === 'tracepoint' || kind === 'usdt';
}

function check({ kind, name, measure, filter, leastNs, budget = DEFAULT_BUDGET }: ProbeRequest): void {
  const bad = (what: string): never => {
    throw new FailureError(probeFailures.badProbe(what));
  };
  if (/^(0x[0-9a-f]+|\d+)$|\+0x/i.test(name)) bad('probes are attached to functions by their names, never to addresses or offsets');
  const number = (value: number, least: number): boolean => Number.isInteger(value) && value >= least && value <= WIRE_PROBE_ARGUMENTS;
  if (measure.kind === 'argument' && !number(measure.argument, 1)) bad(`an argument has a number from 1 to ${WIRE_PROBE_ARGUMENTS}`);
  if (filter && !number(filter.argument, 0)) bad(`a filter is about an argument from 1 to ${WIRE_PROBE_ARGUMENTS}, or the value returned (0)`);
  if (filter && !/^-?\d{1,20}$/.test(filter.value)) bad('a filter compares with a whole number');
  if (!(budget >= 0)) bad('a budget is a share of a CPU in percent');
  if (!Number.isSafeInteger(leastNs) || leastNs < 0) bad('a least duration is a whole number of nanoseconds');
  const needsReturn = measure.kind === 'latency' || measure.kind === 'returned' || leastNs > 0 || filter?.argument === 0;
  if (isMoment(kind) && needsReturn) bad('a tracepoint is a moment: it has no duration and returns nothing. Count it, trace it, or measure an argument');
}

interface Found {
  functions: PlannedFunction[];
  file: string;
  systemCall: boolean;
}

interface NotFound {
  why: string;
  unmapped?: string;
}

async function functionsOf(request: ProbeRequest, catalogue: Catalogue, tgids: readonly number[]): Promise<Found | NotFound> {
  const { kind, name } = request;
  switch (kind) {
    case 'kernel':
      return kernelFunctions(name, catalogue);
    case 'tracepoint':
      return tracepoints(name, catalogue);
    case 'user':
    case 'usdt':
      return functionsOfFile(request, catalogue, tgids);
    case 'ready':
      return ready(name, catalogue, tgids);
    default:
      return kind satisfies never;
  }
}

async function kernelFunctions(name: string, catalogue: Catalogue): Promise<Found | { why: string }> {
  const kernel = await catalogue.kernel();
  if (!/[*?]/.test(name)) {
    const one = kernel.find(name);
    if (!one) return { why: await kernel.whyMissing(name) };
    return { functions: [{ name: one.name, symbol: one.symbol, prototype: await kernel.prototype(one) }], file: '', systemCall: one.systemCall };
  }
  const matching = kernel.all.filter((each) => wildcard(name, each.name) && !each.symbol.startsWith('__ia32_'));
  const able = matching.filter(({ symbol }) => kernel.whyNot(symbol) === '');
  if (able.length === 0) return { why: matching[0] ? `${matching.length} functions match, none of which can be traced. ${kernel.whyNot(matching[0].symbol)}` : await kernel.whyMissing(name) };
  const functions = await Promise.all(able.map(async (each) => ({ name: each.name, symbol: each.symbol, prototype: await kernel.prototype(each) })));
  // Their arguments lie elsewhere than those of other functions.
  return { functions, file: '', systemCall: able.every(({ systemCall }) => systemCall) };
}

async function tracepoints(name: string, catalogue: Catalogue): Promise<Found | { why: string }> {
  const kernel = await catalogue.kernel();
  const known = kernel.tracepoints;
  const wild = /[*?]/.test(name);
  if (!known && wild) return { why: 'The list of tracepoints is for administrators: give the whole name, "category:name".' };
  const names = wild ? known!.filter((each) => wildcard(name, each)) : [name];
  const absent = names.length === 0 || (known !== null && !wild && !known.includes(name));
  if (absent) return { why: `The kernel has no tracepoint ${JSON.stringify(name.slice(0, 80))}. They are written "category:name", and listed by \`emberscope functions\`.` };
  // Several have no fields in common.
  const functions = await Promise.all(names.map(async (each) => ({ name: each, symbol: each, prototype: names.length > 1 ? null : await kernel.tracepoint(each) })));
  return { functions, file: '', systemCall: false };
}

async function functionsOfFile({ kind, name, module }: ProbeRequest, catalogue: Catalogue, tgids: readonly number[]): Promise<Found | NotFound> {
  const file = await catalogue.file(module, tgids);
  if (!file) return { why: NOT_MAPPED(module), unmapped: module };
  const functions = kind === 'usdt' ? markersIn(file, name) : functionsIn(file, name, catalogue);
  if (typeof functions === 'string') return { why: functions };
  return { functions, file: file.path, systemCall: false };
}

function functionsIn(file: FileNames, name: string, catalogue: Catalogue): PlannedFunction[] | string {
  const wild = /[*?]/.test(name);
  const matches = file.functions.filter((each) => (wild ? wildcard(name, each.name) : each.symbol === name || each.name === name));
  // A symbol is one function; a demangled name may be several, of which all are meant.
  const exact = wild ? undefined : matches.find((each) => each.symbol === name);
  const found = (exact ? [exact] : matches).filter(({ offset, symbol }) => offset >= 0 && /^[A-Za-z0-9_.:$@-]+$/.test(symbol));
  if (found.length > 0) return found.map((each) => ({ name: each.name, symbol: each.symbol, prototype: catalogue.user.prototype(file.path, each.symbol) }));
  if (matches.length > 0) return `Only a separate debug file names ${name}: ${file.path} itself does not, so that no probe can find it. Choose a function that calls it.`;
  const near = nearIn(file, name);
  return `${file.path} has no function ${JSON.stringify(name.slice(0, 80))}: it is inlined everywhere, stripped, or spelled differently.${near.length > 0 ? ` Is it ${near.join(', or ')}?` : ''}`;
}

function markersIn(file: FileNames, name: string): PlannedFunction[] | string {
  const all = file.markers.map((each) => ({ spoken: `${each.provider}:${each.name}`, locations: each.locations }));
  const found = all.filter(({ spoken }) => wildcard(name, spoken));
  if (found.length > 0) return found.map(({ spoken, locations }) => ({ name: spoken, symbol: spoken, prototype: parseLocations(locations) }));
  return `${file.path} has no marker ${JSON.stringify(name.slice(0, 80))}.`;
}

async function ready(name: string, catalogue: Catalogue, tgids: readonly number[]): Promise<Found | { why: string }> {
  const question = readyQuestion(name);
  if (!question) return { why: `There is no ready question ${JSON.stringify(name.slice(0, 80))}.` };
  const functions = [{ name: question.name, symbol: question.name, prototype: null }];
  if (!question.needsTarget) return { functions, file: '', systemCall: false };
  const file = await catalogue.file('libc', tgids);
  if (!file) return { why: 'No C library was found in the process, so its allocations cannot be watched.' };
  return { functions, file: file.path, systemCall: false };
}

function wireOf(request: ProbeRequest, functions: readonly PlannedFunction[], systemCall: boolean): ProbePlan['wire'] {
  const { kind, measure, filter, events, leastNs, budget = DEFAULT_BUDGET, cgroup } = request;
  // Of several functions the types of one hold for all only where they are the same; widths are then those of a register.
  const prototype = functions.length === 1 ? functions[0]!.prototype : null;
  const text = events && prototype ? textArgument(prototype) : 0;
  const needsReturn = kind === 'ready' || measure.kind === 'latency' || measure.kind === 'returned' || leastNs > 0 || filter?.argument === 0;
  const flags =
    (needsReturn || isMoment(kind) ? 0 : ProbeFlag.entryOnly) |
    (request.byThread ? ProbeFlag.byThread : 0) |
    (request.byStack ? ProbeFlag.byStack : 0) |
    (events ? ProbeFlag.events | (request.byStack ? ProbeFlag.eventStacks : 0) : 0) |
    (events && needsReturn && kind !== 'ready' ? ProbeFlag.pairEvents : 0) |
    (systemCall ? ProbeFlag.syscall : 0) |
    (text > 0 && isOfKernel(request, systemCall) ? ProbeFlag.textOfKernel : 0);
  return {
    kind: kinds[kind],
    mechanism: Mechanism.best,
    flags,
    measure: measureOf(request),
    argument: measure.kind === 'argument' ? measure.argument : 0,
    filterArgument: filter ? filter.argument || RETURN_VALUE : 0,
    filterTest: filter ? tests[filter.test]! : FilterTest.none,
    filterValue: filter ? BigInt(filter.value) : 0n,
    leastNs,
    textArgument: text,
    budgetPermille: Math.min(MOST_BUDGET_PERMILLE, Math.round(budget * 10)),
    mostEvents: events ? WIRE_MOST_EVENTS : 0,
    widths: widthsOf(prototype),
    names: functions.map(({ symbol }) => symbol),
    cgroup: cgroup === undefined ? 0n : cgroupNumber(cgroup),
  };
}

/** Where the text is to which an argument points. */
function isOfKernel({ kind, name }: ProbeRequest, systemCall: boolean): boolean {
  return (kind === 'kernel' && !systemCall) || (kind === 'tracepoint' && !name.startsWith('syscalls:'));
}

function measureOf({ measure }: ProbeRequest): WireMeasure {
  switch (measure.kind) {
    case 'count':
      return WireMeasure.count;
    case 'latency':
      return WireMeasure.latency;
    case 'argument':
      return WireMeasure.argument;
    case 'returned':
      return WireMeasure.return;
    default:
      return measure satisfies never;
  }
}

/** The first that points to a text rather than to a buffer; 0: none. */
function textArgument({ arguments: list }: Prototype): number {
  const isText = ({ name, type, form }: Prototype['arguments'][number]): boolean => form === 'text' && (/\bconst\b/.test(type) || type.endsWith(']')) && !/buf|data/.test(name);
  return list.slice(0, WIRE_PROBE_ARGUMENTS).findIndex(isText) + 1;
}

function widthsOf(prototype: Prototype | null): number[] {
  const width = (value: ValueType | null | undefined): number => (value ? value.bytes | (value.signed ? SIGNED : 0) : 0);
  const list = Array.from({ length: WIRE_PROBE_ARGUMENTS }, (_, i) => width(prototype?.arguments[i]));
  // A value that nobody describes is taken as signed: errors are negative.
  return [...list, prototype ? width(prototype.returns) : 8 | SIGNED];
}
