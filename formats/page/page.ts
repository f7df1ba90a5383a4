// SPDX-License-Identifier: Apache-2.0
/**
 * The script of an exported page: d3-flame-graph draws, everything around it is here.
 *
 * What d3-flame-graph would do otherwise: it throws at a pattern that is none, counts matches by weights that a zoom has
 * changed, and shades by the first characters of a name. No name is ever markup: text is set by textContent only.
 */
import flamegraph, { type ChartNode } from 'd3-flame-graph';
import { select } from 'd3-selection';
import type { Theme } from '../../profile/colours.ts';
import { compilePattern } from '../../profile/pattern.ts';
import { fillOf, legendOf } from './fills.ts';
import { MERGED_NAME, type PageData } from './page-data.ts';
import { detailLines, frameWords, nameOf, percent } from './words.ts';
import './page.css';

/** A node as d3-flame-graph reads it; it adds `hide` and `fade`. */
interface Datum {
  frame: number;
  name: string;
  value: number;
  children: Datum[];
}
type Node = ChartNode<Datum>;

const CELL = 18;
const part = (id: string): HTMLElement => document.getElementById(id)!;
const data = JSON.parse(part('data').textContent) as PageData;
const chartElement = part('chart');
const details = part('details');
const tip = part('tip');
const search = part('search') as HTMLInputElement;
const ignoreCase = part('ignore-case') as HTMLInputElement;
const reset = part('reset') as HTMLButtonElement;
const dark = matchMedia('(prefers-color-scheme: dark)');
const theme = (): Theme => (dark.matches ? 'dark' : 'light');

const rows: Datum[] = data.parent.map((_, frame) => ({ frame, name: nameOf(data, frame), value: data.total[frame]!, children: [] }));
for (let frame = 1; frame < rows.length; frame++) rows[data.parent[frame]!]!.children.push(rows[frame]!);

let zoomed = 0;
/** By row of names. */
let matches: readonly boolean[] = [];

const width = (): number => Math.max(300, chartElement.clientWidth);
const chart = flamegraph<Datum>()
  .width(width())
  .cellHeight(CELL)
  .minFrameSize(1)
  .inverted(data.icicle)
  .transitionDuration(matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 150)
  .setLabelHandler((node) => frameWords(data, node.data.frame, zoomed))
  .setColorMapper((node) => fillOf(data, node.data.frame, node.highlight === true, theme()))
  .setSearchMatch((node) => matches[data.name[node.data.frame]!] === true)
  .setSearchHandler((found) => showMatched(found.map((node) => node.data.frame)))
  .setDetailsHandler((label) => (details.textContent = label ?? zoomWords()))
  .tooltip(Object.assign(() => undefined, { show: showTip, hide: () => (tip.hidden = true) }))
  .onClick((node) => {
    zoomed = node.data.frame;
    reset.hidden = zoomed === 0;
    tip.hidden = true;
    details.textContent = zoomWords();
    writeAddress();
    if (search.value !== '') showMatched(matchingFrames());
  });

const zoomWords = (): string => (zoomed === 0 ? '' : `Zoomed: ${frameWords(data, zoomed, 0)}`);

function showTip(event: MouseEvent, node: Node): void {
  const lines = [frameWords(data, node.data.frame, zoomed), ...detailLines(data, node.data.frame)];
  tip.replaceChildren(
    ...lines.map((line) => {
      const element = document.createElement('div');
      element.textContent = line;
      return element;
    }),
  );
  tip.hidden = false;
  const { clientWidth, clientHeight } = document.documentElement;
  tip.style.left = `${Math.max(4, Math.min(event.clientX + 12, clientWidth - tip.offsetWidth - 4))}px`;
  tip.style.top = `${event.clientY + 16 + tip.offsetHeight > clientHeight ? Math.max(4, event.clientY - tip.offsetHeight - 8) : event.clientY + 16}px`;
}

function isWithin(frame: number, outer: number): boolean {
  for (let at = frame; ; at = data.parent[at]!) {
    if (at === outer) return true;
    if (at === 0) return false;
  }
}

const matchingFrames = (): number[] => rows.flatMap(({ frame }) => (matches[data.name[frame]!] ? [frame] : []));

/** Of the zoomed frame, nested matches once. */
function showMatched(found: readonly number[]): void {
  const all = new Set(found);
  let sum = 0;
  for (const frame of found) {
    if (!isWithin(frame, zoomed)) continue;
    let isNested = false;
    for (let at = frame; at !== zoomed && !isNested; ) isNested = all.has((at = data.parent[at]!));
    if (!isNested) sum += data.total[frame]!;
  }
  part('matched').textContent = `Matched: ${percent(sum, data.total[zoomed]!)}`;
}

function applySearch(): void {
  const text = search.value;
  writeAddress();
  const pattern = text === '' ? null : compilePattern(text, ignoreCase.checked);
  const problem = pattern !== null && 'error' in pattern ? pattern.error : '';
  search.setAttribute('aria-invalid', String(problem !== ''));
  matches = pattern === null || 'error' in pattern ? [] : data.names.map((name, row) => row !== MERGED_NAME && pattern.test(name));
  if (pattern === null || problem !== '') {
    chart.clear();
    part('matched').textContent = problem;
  } else chart.search(text);
}

/** So that a link or a reload shows the same. */
function writeAddress(): void {
  const state = new URLSearchParams();
  if (zoomed > 0) state.set('zoom', String(zoomed));
  if (search.value !== '') state.set('search', search.value);
  if (ignoreCase.checked) state.set('case', 'ignore');
  history.replaceState(null, '', `#${state.toString()}`);
}

const selection = select<HTMLElement, Datum>(chartElement).datum(rows[0]!);
selection.call(chart as unknown as (of: typeof selection) => void);
/** d3-flame-graph has put its own nodes in place of the data. */
const nodes = new Map((selection.datum() as unknown as Node).descendants().map((node) => [node.data.frame, node]));
const zoomTo = (frame: number): void => chart.zoomTo(nodes.get(frame)!);

function showLegend(): void {
  const entries = legendOf(data, theme()).map(({ name, colour }) => {
    const entry = document.createElement('span');
    entry.textContent = name;
    entry.style.setProperty('--colour', colour);
    return entry;
  });
  part('legend').replaceChildren(...entries);
}
showLegend();
reset.addEventListener('click', () => zoomTo(0));
search.addEventListener('input', applySearch);
ignoreCase.addEventListener('change', applySearch);
dark.addEventListener('change', () => {
  chart.update();
  showLegend();
});
addEventListener('resize', () => chart.width(width()).update());
addEventListener('keydown', (event) => {
  if ((event.ctrlKey && event.key === 'f') || event.key === 'F3') {
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.ctrlKey && event.key === 'i') {
    event.preventDefault();
    ignoreCase.click();
  } else if (event.key === 'Escape') {
    if (search.value !== '' && document.activeElement === search) {
      search.value = '';
      applySearch();
    } else zoomTo(0);
  }
});

const state = new URLSearchParams(location.hash.slice(1));
search.value = state.get('search') ?? '';
ignoreCase.checked = state.get('case') === 'ignore';
const wanted = Number(state.get('zoom') ?? 0);
if (Number.isInteger(wanted) && wanted > 0 && wanted < rows.length) zoomTo(wanted);
if (search.value !== '') applySearch();
if (!data.icicle) scrollTo(0, document.documentElement.scrollHeight);
document.documentElement.dataset['drawn'] = String(Math.round(performance.now()));
