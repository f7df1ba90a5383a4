// SPDX-License-Identifier: Apache-2.0
/** Rows from a file that nobody vouches for: every index within its table, every enum known, every number sane. */
import { FrameCategory, LossCause, ModuleKind, NoteKind, ProbeKind, ProbeMeasure, ProbeMechanism, SampleKind, StackEnd, type TableName } from '../../../profile/schema.ts';
import type { Table, Tables } from '../../../profile/tables.ts';
import { BUCKETS } from '../../../profile/histogram.ts';
import { NONE } from '../../../profile/units.ts';

/** What a column may hold. `earlier`: a row of the same table above it, or NONE, so that there are no cycles. `weight`: a count, but
 * memory that is freed weighs less than nothing. */
type Rule =
  | { row: TableName; none?: true }
  | { earlier: true }
  | { oneOf: Record<string, number> }
  | { least: number; most: number }
  | { weight: true }
  | null;

/** 100 days of slices: past it nanoseconds are not exact any more, and timelines would need too much memory. */
const slice: Rule = { least: 0, most: 432_000_000 };
const count: Rule = { least: 0, most: Number.MAX_SAFE_INTEGER };
const text: Rule = { row: 'strings' };

const rules: Readonly<Record<TableName, Record<string, Rule>>> = {
  strings: { text: null },
  modules: { path: text, buildId: text, kind: { oneOf: ModuleKind } },
  processes: {
    tgid: null,
    parent: { earlier: true },
    name: text,
    start: { least: -Number.MAX_SAFE_INTEGER, most: Number.MAX_SAFE_INTEGER },
  },
  threads: { process: { row: 'processes' }, tid: null, name: text },
  functions: { name: text, module: { row: 'modules', none: true }, file: text, line: null },
  // Addresses without a mapping are above 2^53 and rounded.
  frames: { module: { row: 'modules', none: true }, offset: { least: 0, most: 2 ** 64 }, category: { oneOf: FrameCategory } },
  symbols: { frame: { row: 'frames' }, depth: null, function: { row: 'functions', none: true }, file: text, line: null },
  stacks: { prefix: { earlier: true }, frame: { row: 'frames' }, end: { oneOf: StackEnd } },
  samples: { slice, thread: { row: 'threads' }, stack: { row: 'stacks', none: true }, kind: { oneOf: SampleKind }, weight: { weight: true } },
  expected: { slice, thread: { row: 'threads', none: true }, cpuTime: count },
  losses: { slice, cause: { oneOf: LossCause }, count },
  probes: {
    name: text,
    kind: { oneOf: ProbeKind },
    mechanism: { oneOf: ProbeMechanism },
    module: { row: 'modules', none: true },
    measure: { oneOf: ProbeMeasure },
    request: text,
  },
  buckets: {
    slice,
    probe: { row: 'probes' },
    thread: { row: 'threads', none: true },
    stack: { row: 'stacks', none: true },
    group: count,
    bucket: { least: -BUCKETS, most: BUCKETS },
    count,
    sum: { least: -(2 ** 64), most: 2 ** 64 },
  },
  groups: { probe: { row: 'probes' }, group: count, name: text },
  signatures: { name: text, types: text, textArgument: { least: 0, most: 6 } },
  events: {
    time: { least: -1e15, most: Number.MAX_SAFE_INTEGER },
    probe: { row: 'probes' },
    thread: { row: 'threads' },
    cpu: null,
    flags: null,
    duration: { least: -1, most: Number.MAX_SAFE_INTEGER },
    stack: { row: 'stacks', none: true },
    signature: { row: 'signatures', none: true },
    ...{ value: null, argument1: null, argument2: null, argument3: null, argument4: null, argument5: null, argument6: null, text: null },
  },
  notes: { slice, kind: { oneOf: NoteKind }, process: { row: 'processes', none: true }, text },
};

/**
 * The first row that breaks a rule, as "table.column, row n"; null when all are sound.
 * @param onColumn called after each column
 */
export function firstUnsoundRow(tables: Tables, onColumn: () => void = () => undefined): string | null {
  for (const [name, columns] of Object.entries(rules) as [TableName, Record<string, Rule>][]) {
    const table = tables[name] as Table<TableName>;
    for (const [column, rule] of Object.entries(columns)) {
      if (!rule) continue;
      const values = (table.columns as unknown as Record<string, ArrayLike<number>>)[column]!;
      // Rows that are not in memory were not read.
      const row = firstOutside(values, table.length - table.first, rule, tables);
      if (row >= 0) return `${name}.${column}, row ${row}`;
      onColumn();
    }
  }
  return null;
}

function firstOutside(values: ArrayLike<number>, length: number, rule: Exclude<Rule, null>, tables: Tables): number {
  if ('earlier' in rule) {
    for (let row = 0; row < length; row++) if (!(values[row]! >= NONE && values[row]! < row)) return row;
    return -1;
  }
  if ('oneOf' in rule) {
    const known = new Set(Object.values(rule.oneOf));
    for (let row = 0; row < length; row++) if (!known.has(values[row]!)) return row;
    return -1;
  }
  if ('weight' in rule) {
    const { kind } = tables.samples.columns;
    const most = Number.MAX_SAFE_INTEGER;
    for (let row = 0; row < length; row++) if (!(values[row]! >= (kind[row] === SampleKind.memory ? -most : 0) && values[row]! <= most)) return row;
    return -1;
  }
  const least = 'row' in rule ? (rule.none ? NONE : 0) : rule.least;
  const most = 'row' in rule ? tables[rule.row].length - 1 : rule.most;
  for (let row = 0; row < length; row++) if (!(values[row]! >= least && values[row]! <= most)) return row;
  return -1;
}
