// SPDX-License-Identifier: Apache-2.0
/** What is compared, and how it is looked at: pure. */
import type { Failure, RecordingInfo } from '../../ipc/contract.ts';
import type { Verdict } from '../../profile/comparison/comparison.ts';
import { functionSearch } from '../../profile/comparison/function-search.ts';
import { DEFAULT_NORMALISATION, type Normalisation } from '../../profile/comparison/normalisation.ts';
import type { Latencies } from '../../profile/comparison/latencies.ts';
import type { DifferencePalette } from '../../profile/comparison/difference-colours.ts';
import type { Width } from '../../profile/comparison/difference-tree.ts';
import { MERGED, type ComparedRun, type ComparisonResult, type CompareView, type DifferenceView, type NodeIndex, type Picture } from '../worker/protocol.ts';
import type { KnownParts, ShownPart } from './latency-view.ts';

export type SideName = 'a' | 'b';

export interface ChosenRun extends ComparedRun {
  info: RecordingInfo;
  /** It lies in a file of its own: nobody has to keep it. */
  isFile: boolean;
}

export interface Comparing {
  a: readonly ChosenRun[];
  b: readonly ChosenRun[];
  normalisation: Normalisation;
  /** total: with all that it called; self: alone. */
  measure: 'total' | 'self';
  result: ComparisonResult | null;
  failure: Failure | null;
  /** Recordings are being opened. */
  busy: boolean;
  query: string;
  /** Verdicts whose functions are listed. */
  verdicts: readonly Verdict[];
  tab: CompareTab;
  widths: Width;
  inverted: boolean;
  palette: DifferencePalette;
  /** Functions that may not have changed are coloured as well. */
  noise: boolean;
  /** Node of the merged tree that fills the width; 0: everything. */
  zoom: NodeIndex;
  /** Before, for going back. */
  zoomed: readonly NodeIndex[];
  path: Picture['path'];
  /** Node that is selected; null: none. */
  node: NodeIndex | null;
  /** Identity of the chosen function; null: none. */
  selected: number | null;
  /** null: not compared yet. */
  latencies: Latencies | null;
  latencyNotes: readonly string[];
  /** Key of the chosen probe (latency-view.ts); null: the first. */
  probe: string | null;
  /** One of its parts; null: all calls. */
  part: ShownPart | null;
  parts: KnownParts | null;
  /** Of histograms: the part of a side's calls, or calls a second. */
  heights: 'share' | 'rate';
  /** Heat maps of both sides above each other, or their difference. */
  heats: 'above' | 'difference';
}

export const VERDICTS: readonly Verdict[] = ['grew', 'shrank', 'new', 'vanished', 'unclear', 'unchanged'];

export type CompareTab = 'difference' | 'sides' | 'latencies';

const wholeTree: Pick<Comparing, 'zoom' | 'zoomed' | 'path' | 'node'> = { zoom: 0, zoomed: [], path: [], node: null };

const noLatencies: Pick<Comparing, 'latencies' | 'latencyNotes' | 'probe' | 'part' | 'parts'> = { latencies: null, latencyNotes: [], probe: null, part: null, parts: null };

export const startComparing: Comparing = {
  a: [],
  b: [],
  normalisation: DEFAULT_NORMALISATION,
  measure: 'total',
  result: null,
  failure: null,
  busy: false,
  query: '',
  verdicts: VERDICTS,
  selected: null,
  tab: 'difference',
  widths: 'b',
  inverted: false,
  palette: 'orange-blue',
  noise: false,
  heights: 'share',
  heats: 'above',
  ...wholeTree,
  ...noLatencies,
};

/** null: a side is still to be chosen. */
export function viewOf(comparing: Comparing): CompareView | null {
  return comparing.a.length > 0 && comparing.b.length > 0 ? chosenView(comparing) : null;
}

/** A side may have no runs yet: the other is made ready meanwhile. null: neither has. */
export function chosenView({ a, b, normalisation }: Comparing): CompareView | null {
  if (a.length + b.length === 0) return null;
  const sent = (runs: readonly ChosenRun[]): ComparedRun[] => runs.map(({ recording, label, range, hiddenThreads }) => ({ recording, label, range, hiddenThreads }));
  return { a: sent(a), b: sent(b), normalisation };
}

/** What was compared is out of date. */
export function chosen(comparing: Comparing, side: SideName, runs: readonly ChosenRun[]): Comparing {
  return { ...comparing, [side]: runs, result: null, failure: null, selected: null, ...wholeTree, ...noLatencies };
}

export function swapped(comparing: Comparing): Comparing {
  return { ...comparing, a: comparing.b, b: comparing.a, result: null, failure: null, ...wholeTree, ...noLatencies };
}

/** null: nothing is drawn. @param width CSS pixels of one picture */
export function drawnView({ result, tab, widths, inverted, noise, zoom, query }: Comparing, width: number): DifferenceView | null {
  if (result === null || !(width > 0)) return null;
  return { widths: tab === 'sides' ? ['a', 'b'] : [widths], inverted, noise, zoom, query: query.trim(), width };
}

export function zoomedTo(comparing: Comparing, zoom: NodeIndex): Comparing {
  return zoom === comparing.zoom ? comparing : { ...comparing, zoom, zoomed: [...comparing.zoomed, comparing.zoom] };
}

/** Back by one zoom. */
export function unzoomed(comparing: Comparing): Comparing {
  return { ...comparing, zoom: comparing.zoomed.at(-1) ?? 0, zoomed: comparing.zoomed.slice(0, -1) };
}

/** What Esc does: takes back the search, else the zoom, else the selection. */
export function backedOut(comparing: Comparing): Comparing {
  if (comparing.query !== '') return { ...comparing, query: '' };
  return comparing.zoom !== 0 ? zoomedTo(comparing, 0) : { ...comparing, node: null, selected: null };
}

export function turned(comparing: Comparing, inverted: boolean): Comparing {
  return { ...comparing, inverted, ...wholeTree };
}

export type ShownFunction = ComparisonResult['functions'][number];

/** The function of a frame; undefined: it is none, or is not in the picture. */
export function functionAt(result: ComparisonResult | null, { node: nodes, name, module, names, count }: Picture, node: NodeIndex): ShownFunction | undefined {
  const frame = nodes.subarray(0, count).indexOf(node);
  if (frame < 0 || name[frame]! < 0 || !module || module[frame]! < 0) return undefined;
  return result?.functions.find((one) => one.name === names[name[frame]!] && one.module === names[module[frame]!]);
}

/** The widest frame of a function; null: there is none in the picture. */
export function widestFrame({ node, name, module, names, count, width }: Picture, one: Pick<ShownFunction, 'name' | 'module'>): NodeIndex | null {
  let widest = -1;
  for (let frame = 0; frame < count; frame++) {
    if (name[frame] === MERGED || names[name[frame]!] !== one.name || names[module?.[frame] ?? -1] !== one.module) continue;
    if (widest < 0 || width[frame]! > width[widest]!) widest = frame;
  }
  return widest < 0 ? null : node[widest]!;
}

/** As listed: of the verdicts that are wanted, and what the query finds. */
export function shownFunctions({ result, query, verdicts, measure }: Pick<Comparing, 'result' | 'query' | 'verdicts' | 'measure'>): ShownFunction[] {
  if (result === null) return [];
  const search = functionSearch(query);
  const wanted = new Set(verdicts);
  const found = result.functions.filter((one) => wanted.has(one[measure].verdict) && (search === null || search(one.name, one.module)));
  // The comparison's order is by whichever of total and self says more.
  const sure = (verdict: Verdict) => (verdict === 'unclear' || verdict === 'unchanged' ? 1 : 0);
  return found.sort((one, other) => sure(one[measure].verdict) - sure(other[measure].verdict) || Math.abs(other[measure].delta) - Math.abs(one[measure].delta));
}

/** How many functions have each verdict, and the points that they changed together. */
export function tally({ result, measure }: Pick<Comparing, 'result' | 'measure'>): Record<Verdict, { functions: number; points: number }> {
  const counts = Object.fromEntries(VERDICTS.map((verdict) => [verdict, { functions: 0, points: 0 }])) as Record<Verdict, { functions: number; points: number }>;
  for (const one of result?.functions ?? []) {
    const { verdict, delta } = one[measure];
    counts[verdict].functions++;
    counts[verdict].points += delta;
  }
  return counts;
}

export function toggledVerdict(verdicts: readonly Verdict[], verdict: Verdict): Verdict[] {
  return VERDICTS.filter((one) => (one === verdict ? !verdicts.includes(one) : verdicts.includes(one)));
}
