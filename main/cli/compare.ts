// SPDX-License-Identifier: Apache-2.0
/** `emberscope compare`: what changed between recordings, and how sure that is. */
import { differenceHtml, differenceSvg } from '../../formats/difference.ts';
import { compare, ComparisonError, type Comparison } from '../../profile/comparison/comparison.ts';
import { TOTAL, testCondition, type Condition, type ConditionResult } from '../../profile/comparison/conditions.ts';
import { sureOf, type DifferencePalette } from '../../profile/comparison/difference-colours.ts';
import { DifferenceTree } from '../../profile/comparison/difference-tree.ts';
import type { Width } from '../../profile/comparison/difference-width.ts';
import type { Normalisation } from '../../profile/comparison/normalisation.ts';
import type { Side } from '../../profile/comparison/sides.ts';
import { FailureError } from '../engine/failures.ts';
import type { COMPARISON_FORMATS } from './compare-command.ts';
import { openSides, type SideOptions } from './compare-sides.ts';
import { comparisonJson, comparisonText, normalisationWords } from './compare-text.ts';
import { ExitCode } from './exit-code.ts';
import { writeOut, writeWhole } from './result-output.ts';
import type { Surroundings } from './surroundings.ts';
import { printable } from './terminal.ts';
import { checkOutput, usage } from './values.ts';

export interface CompareOptions extends SideOptions {
  normalize: Normalisation;
  format: (typeof COMPARISON_FORMATS)[number];
  inverted?: boolean;
  width: Width;
  palette: DifferencePalette;
  noise?: boolean;
  failIf?: Condition[];
  output?: string;
  force?: boolean;
}

/** @throws FailureError where they cannot be compared */
function compareSides(a: Side, b: Side, normalisation: Normalisation): Comparison {
  try {
    return compare(a, b, { normalisation });
  } catch (error) {
    if (!(error instanceof ComparisonError)) throw error;
    throw new FailureError({ code: error.code, message: error.message, remedy: error.remedy });
  }
}

function contentOf(comparison: Comparison, { a, b }: { a: Side; b: Side }, results: readonly ConditionResult[], options: CompareOptions, coloured: boolean): string {
  const { format, palette, width, noise = false, inverted = false } = options;
  if (format === 'table') return comparisonText(comparison, a, b, results, coloured);
  if (format === 'json') return comparisonJson(comparison, a, b, results);
  const tree = new DifferenceTree(a, b, comparison, { inverted, width });
  const names = ({ runs }: Side): string => runs.map(({ label }) => label).join(', ');
  const picture = { title: 'What changed', subtitle: normalisationWords[comparison.normalisation], a: names(a), b: names(b), palette, sure: noise ? null : sureOf(comparison) };
  if (format === 'svg') return differenceSvg(tree, picture);
  const { unit, weights } = comparison;
  return differenceHtml(tree, picture, unit === 'nanoseconds' ? { all: weights.a / 1000, unit: 'µs' } : { all: weights.a, unit });
}

export async function compareRecordings(
  files: readonly string[],
  options: CompareOptions,
  { terminal, openEngine }: Surroundings,
): Promise<ExitCode> {
  const conditions = options.failIf ?? [];
  if (options.normalize === 'total' && conditions.some(({ of }) => of === TOTAL)) {
    throw usage('By total, the total is 100 % on both sides and never grows.', 'Choose --normalize none, duration or cpu.');
  }
  const output = options.output !== undefined && options.output !== '-' ? checkOutput(options.output, options.force ?? false) : null;
  const warn = (text: string): unknown => terminal.errors.write(printable(`emberscope: ${text}`) + '\n');
  const engine = await openEngine();
  try {
    const { a, b } = await openSides(files, options, engine, warn);
    const comparison = compareSides(a, b, options.normalize);
    const results = conditions.map((condition) => testCondition(condition, comparison));
    for (const { condition, isUnknown } of results) {
      if (isUnknown) warn(`no function ${condition.of} was seen on either side, so "${condition.text}" says nothing.`);
    }
    const coloured = output === null && (terminal.output as { isTTY?: boolean }).isTTY === true && !process.env['NO_COLOR'];
    const content = contentOf(comparison, { a, b }, results, options, coloured);
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
