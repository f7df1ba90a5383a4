// SPDX-License-Identifier: Apache-2.0
/** What the messages about single functions must look like when they arrive (probe-contract.ts). */
import type {
  DoctorCheck,
  DoctorGroup,
  DoctorReport,
  FunctionList,
  FunctionQuery,
  ProbeFilter,
  ProbeInfo,
  ProbeMeasureRequest,
  ProbeRequest,
  ProbeUnit,
  ReadyQuestion,
  ReadyTopic,
  TraceableFunction,
  TraceableKind,
} from './probe-contract.ts';
import { constant, count, flag, list, nullable, number, record, text, variant, type Shape } from './shapes.ts';

const kind = constant<TraceableKind>({ kernel: true, user: true, tracepoint: true, usdt: true, ready: true });
const unit = constant<ProbeUnit>({ nanoseconds: true, bytes: true, count: true, value: true });
const empty = record({});

const traceableFunction = record({
  name: text,
  symbol: text,
  kind,
  module: text,
  available: flag,
  why: text,
  arguments: nullable(list(record({ name: text, type: text }))),
  returns: nullable(text),
}) satisfies Shape<TraceableFunction>;

export const functionQuery = record({ pattern: text, tgids: list(count), most: count }) satisfies Shape<FunctionQuery>;
export const functionList = record({ functions: list(traceableFunction), matched: count, incomplete: text }) satisfies Shape<FunctionList>;
const measure = variant<ProbeMeasureRequest>({ count: empty, latency: empty, argument: record({ argument: count }), returned: empty });

export const readyQuestion = record({
  name: text,
  title: text,
  reading: text,
  bcc: text,
  unit,
  groups: text,
  needsTarget: flag,
  topic: constant<ReadyTopic>({ cpu: true, files: true, memory: true, network: true, programs: true }),
  asks: record({ kind, name: text, module: text, measure, events: flag }, { byStack: flag }),
  why: text,
}) satisfies Shape<ReadyQuestion>;

const filter = record({
  argument: count,
  test: constant<ProbeFilter['test']>({ equal: true, other: true, above: true, below: true }),
  value: text,
}) satisfies Shape<ProbeFilter>;

export const probeRequest = record(
  {
    kind,
    name: text,
    module: text,
    measure,
    byThread: flag,
    byStack: flag,
    events: flag,
    leastNs: count,
    filter: nullable(filter),
  },
  { most: count, budget: number, cgroup: text },
) satisfies Shape<ProbeRequest>;

export const probeInfo = record({
  probe: count,
  request: probeRequest,
  title: text,
  mechanism: text,
  state: constant<ProbeInfo['state']>({ attaching: true, attached: true, refused: true, detached: true }),
  why: text,
  unit,
  functions: count,
  figures: record({
    calls: count,
    callsPerSecond: number,
    measured: count,
    filtered: count,
    missed: count,
    recursed: count,
    dropped: count,
    aboveRate: count,
    unsent: count,
    lost: count,
    callNs: number,
    cost: number,
  }),
}) satisfies Shape<ProbeInfo>;

export const doctorReport = record({
  kernel: text,
  checks: list(
    record({
      name: text,
      group: constant<DoctorGroup>({ sampling: true, tracing: true, permission: true, names: true, computer: true }),
      title: text,
      state: constant<DoctorCheck['state']>({ available: true, limited: true, unavailable: true, unknown: true }),
      detail: text,
      remedy: text,
      use: text,
    }),
  ),
}) satisfies Shape<DoctorReport>;
