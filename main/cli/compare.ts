// SPDX-License-Identifier: Apache-2.0
/** `emberscope compare`: what changed between recordings, and how sure that is. */
import { compare, ComparisonError, type Comparison } from '../../profile/comparison/comparison.ts';
import { TOTAL, testCondition, type Condition } from '../../profile/comparison/conditions.ts';
import type { Normalisation } from '../../profile/comparison/normalisation.ts';
import type { Side } from '../../profile/comparison/sides.ts';
import { FailureError } from '../engine/failures.ts';
import type { EngineApi } from '../engine/recording-api.ts';
import type { COMPARISON_FORMATS } from './compare-command.ts';
import { openSides, type SideOptions } from './compare-sides.ts';
import { comparisonJson, comparisonText } from './compare-text.ts';
import { ExitCode } from './exit-code.ts';
import { writeOut, writeWhole } from './result-output.ts';
import { printable, type Terminal } from './terminal.ts';
import { checkOutput, usage } from './values.ts';

export interface CompareOptions extends SideOptions {
  normalize: Normalisation;
  format: (typeof COMPARISON_FORMATS)[number];
  failIf?: Condition[];
  output?: string;
  force?: boolean;
}

export interface CompareSurroundings {
  terminal: Terminal;
  openEngine: () => Promise<EngineApi>;
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

export async function compareRecordings(
  files: readonly string[],
  options: CompareOptions,
  { terminal, openEngine }: CompareSurroundings,
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
    const content = options.format === 'json' ? comparisonJson(comparison, a, b, results) : comparisonText(comparison, a, b, results, coloured);
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
