// SPDX-License-Identifier: Apache-2.0
/** The matrix for a terminal, and as docs/kernels.md. */
import type { Tried, Verdict } from './feature.ts';
import type { Outcome } from './matrix.ts';

type Ran = Extract<Outcome, { kind: 'ran' }>;

const WORDS: Readonly<Record<Verdict['kind'], string>> = { works: 'works', unavailable: 'not available', failed: 'FAILED' };

function detail(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'works':
      return verdict.figures;
    case 'unavailable':
      return verdict.reason;
    case 'failed':
      return verdict.problem;
    default:
      return verdict satisfies never;
  }
}

export function lineOf({ feature, verdict, seconds }: Tried): string {
  return `${feature.name} (${seconds.toFixed(0)} s): ${WORDS[verdict.kind]}${detail(verdict) === '' ? '' : `: ${detail(verdict)}`}`;
}

function ranOf(outcomes: readonly Outcome[]): Ran[] {
  return outcomes.filter((outcome): outcome is Ran => outcome.kind === 'ran');
}

/** Every feature with what each kernel said of it. */
function rows(outcomes: readonly Ran[]): { feature: string; tried: (Tried | undefined)[] }[] {
  const names = new Set(outcomes.flatMap(({ tried }) => tried.map(({ feature }) => feature.name)));
  return [...names].map((feature) => ({ feature, tried: outcomes.map(({ tried }) => tried.find((one) => one.feature.name === feature)) }));
}

/** A table of all outcomes, and below it the figures, the reasons and what is wrong. */
export function textTable(outcomes: readonly Outcome[]): string {
  const ran = ranOf(outcomes);
  const lines = outcomes.flatMap((outcome) => (outcome.kind === 'skipped' ? [`${outcome.series.kernel}  skipped: ${outcome.reason}`] : []));
  const all = rows(ran);
  const width = Math.max(0, ...all.map(({ feature }) => feature.length));
  const line = (name: string, cells: readonly string[]): string => [name.padEnd(width), ...cells.map((cell) => cell.padEnd(13))].join('  ').trimEnd();
  lines.push(line('', ran.map(({ series }) => series.kernel)));
  for (const { feature, tried } of all) lines.push(line(feature, tried.map((one) => (one ? WORDS[one.verdict.kind] : '-'))));
  for (const { series, tried, bootSeconds } of ran) {
    lines.push('', `${series.kernel}, booted in ${bootSeconds.toFixed(0)} s`);
    lines.push(...tried.map((one) => `  ${lineOf(one)}`));
  }
  return lines.join('\n');
}

const HEAD = `# Which kernel can what

Debian's cloud kernels under qemu, with the real helper in them; programs whose calls, times and stacks are known say what
should have been seen. \`npm run test:kernels\` writes this page, and [test/kernels](../test/kernels/README.md) says how.
"Not available" means that the helper said why, before or instead of attaching; the reasons stand below the table.
`;

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/** docs/kernels.md. Without times of this machine: it changes only when a kernel, or what works on it, does. */
export function page(outcomes: readonly Outcome[]): string {
  const ran = ranOf(outcomes);
  const lines = [HEAD, `| | ${ran.map(({ series }) => series.kernel).join(' | ')} |`, `|---|${ran.map(() => '---|').join('')}`];
  for (const { feature, tried } of rows(ran)) lines.push(`| ${feature} | ${tried.map((one) => (one ? WORDS[one.verdict.kind] : '')).join(' | ')} |`);
  for (const { release, tried } of ran) {
    lines.push('', `## ${release}`, '', '| | | |', '|---|---|---|');
    for (const { feature, verdict } of tried) if (detail(verdict) !== '') lines.push(`| ${feature.name} | ${WORDS[verdict.kind]} | ${cell(detail(verdict))} |`);
  }
  for (const outcome of outcomes) if (outcome.kind === 'skipped') lines.push('', `${outcome.series.kernel} was not tried: ${outcome.reason}.`);
  return `${lines.join('\n')}\n`;
}
