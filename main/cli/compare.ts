// SPDX-License-Identifier: Apache-2.0
/** `emberscope compare`: what changed between recordings, and how sure that is. */
import { differenceHtml, differenceSvg } from '../../formats/difference.ts';
import { compare, ComparisonError, type Comparison } from '../../profile/comparison/comparison.ts';
import { TOTAL, testCondition, type Condition } from '../../profile/comparison/conditions.ts';
import { sureOf, type DifferencePalette } from '../../profile/comparison/difference-colours.ts';
import { DifferenceTree } from '../../profile/comparison/difference-tree.ts';
import type { Width } from '../../profile/comparison/difference-width.ts';
import type { Latencies } from '../../profile/comparison/latencies.ts';
import { testLatencyCondition, type LatencyCondition } from '../../profile/comparison/latency-conditions.ts';
import { latencyNotes, sideNotes } from '../../profile/comparison/latency-words.ts';
import type { Normalisation } from '../../profile/comparison/normalisation.ts';
import type { Side } from '../../profile/comparison/sides.ts';
import type { Failure } from '../../ipc/contract.ts';
import { FailureError } from '../engine/failures.ts';
import type { COMPARISON_FORMATS } from './compare-command.ts';
import { latenciesOf } from './compare-probes.ts';
import { openSides, type SideOptions } from './compare-sides.ts';
import { comparisonJson, comparisonText, normalisationWords, type Compared, type TestedCondition } from './compare-text.ts';
import { ExitCode } from './exit-code.ts';
import { checkResult, writeOut, writeWhole } from './result-output.ts';
import type { Surroundings } from './surroundings.ts';
import { printable } from './terminal.ts';
import { usage } from './values.ts';

export interface CompareOptions extends SideOptions {
  normalize: Normalisation;
  format: (typeof COMPARISON_FORMATS)[number];
  inverted?: boolean;
  width: Width;
  palette: DifferencePalette;
  noise?: boolean;
  failIf?: (Condition | LatencyCondition)[];
  output?: string;
  force?: boolean;
}

/** @returns null: nothing was sampled, and there are latencies instead
 * @throws FailureError where they cannot be compared */
function compareSides(a: Side, b: Side, normalisation: Normalisation, latencies: Latencies): Comparison | null {
  try {
    return compare(a, b, { normalisation });
  } catch (error) {
    if (!(error instanceof ComparisonError)) throw error;
    const { code, message, remedy } = error;
    const isProbed = [...a.runs, ...b.runs].every(({ question }) => question === 'probes');
    if (code !== 'nothingToCompare' || !isProbed) throw new FailureError({ code, message, remedy });
    if (latencies.compared.length > 0) return null;
    throw new FailureError(nothingInCommon(latencies));
  }
}

function nothingInCommon({ onlyA, onlyB }: Latencies): Failure {
  const named = (probes: Latencies['onlyA']): string => probes.slice(0, 5).map(({ title }) => title).join(', ') || 'nothing';
  return {
    code: 'nothingToCompare',
    message: `The two sides have no probe in common: A asked ${named(onlyA)}, B asked ${named(onlyB)}.`,
    remedy: 'Ask the same function the same on both sides: emberscope latency FUNCTION --output FILE.',
  };
}

function compareAll(a: Side, b: Side, normalisation: Normalisation): Compared {
  const latencies = latenciesOf(a, b);
  const comparison = compareSides(a, b, normalisation, latencies);
  // Without functions nothing else tells of hosts and kernels.
  const notes = [...(comparison?.notes ?? sideNotes(a, b)), ...latencyNotes(latencies, a, b)];
  return { a, b, comparison, latencies, notes };
}

function contentOf(compared: Compared, results: readonly TestedCondition[], options: CompareOptions, coloured: boolean): string {
  const { format, palette, width, noise = false, inverted = false } = options;
  if (format === 'table') return comparisonText(compared, results, coloured);
  if (format === 'json') return comparisonJson(compared, results);
  const { a, b, comparison } = compared;
  if (!comparison) throw usage('Of probes without stacks there is no flame graph.', 'Choose --format table or json, or probe with --by-stack.');
  const tree = new DifferenceTree(comparison, { inverted, width });
  const names = ({ runs }: Side): string => runs.map(({ label }) => label).join(', ');
  const picture = { title: 'What changed', subtitle: normalisationWords[comparison.normalisation], a: names(a), b: names(b), palette, sure: noise ? null : sureOf(comparison) };
  if (format === 'svg') return differenceSvg(tree, picture);
  const { unit, weights } = comparison;
  return differenceHtml(tree, picture, unit === 'nanoseconds' ? { all: weights.a / 1000, unit: 'µs' } : { all: weights.a, unit });
}

function test(condition: Condition | LatencyCondition, { comparison, latencies }: Compared): TestedCondition {
  if ('share' in condition) return { condition, ...testLatencyCondition(condition, latencies) };
  return comparison ? testCondition(condition, comparison) : { condition, isMet: false, isUnknown: true };
}

export async function compareRecordings(
  files: readonly string[],
  options: CompareOptions,
  { terminal, openEngine }: Surroundings,
): Promise<ExitCode> {
  const conditions = options.failIf ?? [];
  if (options.normalize === 'total' && conditions.some((condition) => !('share' in condition) && condition.of === TOTAL)) {
    throw usage('By total, the total is 100 % on both sides and never grows.', 'Choose --normalize none, duration or cpu.');
  }
  const output = options.output !== undefined && options.output !== '-' ? checkResult(options.output, options.force ?? false) : null;
  const warn = (text: string): unknown => terminal.errors.write(printable(`emberscope: ${text}`) + '\n');
  const engine = await openEngine();
  try {
    const { a, b } = await openSides(files, options, engine, warn);
    const compared = compareAll(a, b, options.normalize);
    const results = conditions.map((condition) => test(condition, compared));
    for (const { condition, isUnknown } of results) {
      const missing = 'share' in condition ? `no probe of ${condition.of} measured anything on both sides` : `no function ${condition.of} was seen on either side`;
      if (isUnknown) warn(`${missing}, so "${condition.text}" says nothing.`);
    }
    const coloured = output === null && (terminal.output as { isTTY?: boolean }).isTTY === true && !process.env['NO_COLOR'];
    const content = contentOf(compared, results, options, coloured);
    if (output === null) await writeOut(terminal.output, content);
    else {
      writeWhole(output, content);
      terminal.errors.write(printable(output) + '\n');
    }
    return results.some(({ isMet }) => isMet) ? ExitCode.conditionMet : ExitCode.ok;
  } finally {
    await engine.close();
  }
}
