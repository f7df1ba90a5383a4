// SPDX-License-Identifier: Apache-2.0
/** On which source lines a function's samples lie, under the filter that counts now. */
import type { CallTree } from '../../profile/call-tree.ts';
import { keyRow, type Key } from '../../profile/frame-keys.ts';
import type { Tables } from '../../profile/tables.ts';
import { NONE, type FrameIndex, type FunctionIndex, type StackIndex, type StringIndex } from '../../profile/units.ts';
import type { NodeDetails } from './protocol.ts';

type Line = NonNullable<NodeDetails['place']>['lines'][number];

/** Rows looked at in a step: some milliseconds. */
const ROWS_AT_ONCE = 65_536;
/** A call of the same line is looked for among so many frames below; deeper recursion counts as one. */
const RECURSION_LOOKED_THROUGH = 256;
const MOST_LINES = 200;

/** Where a frame is in a function. */
interface Location {
  file: StringIndex;
  line: number;
  /** No function is inlined here: samples that end in the frame ended on this line. */
  isInnermost: boolean;
}

/** Null: no line is known of it. */
export function* placeOf(tree: CallTree, tables: Tables, key: Key): Generator<void, NodeDetails['place'], void> {
  const locations = yield* locationsOf(tables, keyRow(key));
  const definition = definitionOf(tables, keyRow(key));
  const byFile = yield* weigh(tree, tables, locations);
  let file = definition?.file ?? 0;
  let most = 0;
  for (const [each, lines] of byFile) {
    let total = 0;
    for (const line of lines.values()) total += line.total;
    if (total > most) [file, most] = [each, total];
  }
  if (file === 0) return null;
  const lines = [...(byFile.get(file)?.values() ?? [])].sort((a, b) => b.total - a.total || b.self - a.self || a.line - b.line).slice(0, MOST_LINES);
  const first = lines[0]?.line ?? definition?.line ?? 0;
  const path = tables.strings.columns.text[file]!;
  return first === 0 ? null : { file, path, line: first, lines: lines.sort((a, b) => a.line - b.line) };
}

function definitionOf({ functions }: Tables, row: FunctionIndex): { file: StringIndex; line: number } | null {
  const [file, line] = [functions.columns.file[row]!, functions.columns.line[row]!];
  return file === 0 ? null : { file, line };
}

/** Frames of a function whose line is known. A later row of the same frame and depth replaces an earlier one. */
function* locationsOf({ symbols }: Tables, row: FunctionIndex): Generator<void, Map<FrameIndex, Location>, void> {
  const { frame, depth, function: named, file, line } = symbols.columns;
  const found = new Map<FrameIndex, { depth: number; file: StringIndex; line: number }>();
  for (let at = 0; at < symbols.length; at++) {
    if (at % ROWS_AT_ONCE === ROWS_AT_ONCE - 1) yield;
    if (named[at] === row) found.set(frame[at]!, { depth: depth[at]!, file: file[at]!, line: line[at]! });
    else if (found.get(frame[at]!)?.depth === depth[at]) found.delete(frame[at]!);
  }
  const inlined = new Map<FrameIndex, number>();
  for (let at = 0; at < symbols.length; at++) {
    if (at % ROWS_AT_ONCE === ROWS_AT_ONCE - 1) yield;
    if (named[at] !== NONE && found.has(frame[at]!)) inlined.set(frame[at]!, Math.max(depth[at]!, inlined.get(frame[at]!) ?? 0));
  }
  const locations = new Map<FrameIndex, Location>();
  for (const [each, { depth: at, file: of, line: number }] of found) {
    if (of !== 0 && number !== 0) locations.set(each, { file: of, line: number, isInnermost: inlined.get(each) === at });
  }
  return locations;
}

/** By file and line. `self`: samples that ended there; `total`: those with the line anywhere in their stack, once each. */
function* weigh(tree: CallTree, { stacks }: Tables, locations: ReadonlyMap<FrameIndex, Location>): Generator<void, Map<StringIndex, Map<number, Line>>, void> {
  const byFile = new Map<StringIndex, Map<number, Line>>();
  if (locations.size === 0) return byFile;
  const self = yield* tree.stackWeights();
  const totals = self.slice();
  const { prefix, frame } = stacks.columns;
  for (let stack = totals.length - 1; stack >= 0; stack--) {
    if (stack % ROWS_AT_ONCE === 0) yield;
    const caller = prefix[stack]!;
    if (caller !== NONE && caller < stack) totals[caller]! += totals[stack]!;
  }
  for (let stack = 0; stack < totals.length; stack++) {
    if (stack % ROWS_AT_ONCE === ROWS_AT_ONCE - 1) yield;
    const location = totals[stack]! > 0 ? locations.get(frame[stack]!) : undefined;
    if (location === undefined) continue;
    let lines = byFile.get(location.file);
    if (!lines) byFile.set(location.file, (lines = new Map()));
    let line = lines.get(location.line);
    if (!line) lines.set(location.line, (line = { line: location.line, self: 0, total: 0 }));
    if (location.isInnermost) line.self += self[stack]!;
    if (!isNested(stack, location)) line.total += totals[stack]!;
  }
  return byFile;

  /** Does the same line stand further out in this stack? */
  function isNested(stack: StackIndex, { file, line }: Location): boolean {
    let at = stack;
    for (let looked = 0; looked < RECURSION_LOOKED_THROUGH; looked++) {
      const below = prefix[at]!;
      if (below === NONE || below >= at) return false;
      at = below;
      const other = locations.get(frame[at]!);
      if (other?.file === file && other.line === line) return true;
    }
    return true;
  }
}
