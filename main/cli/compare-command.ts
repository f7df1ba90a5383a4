// SPDX-License-Identifier: Apache-2.0
/** How `emberscope compare` is asked. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { DIFFERENCE_PALETTES } from '../../profile/comparison/difference-colours.ts';
import { WIDTHS } from '../../profile/comparison/difference-width.ts';
import { DEFAULT_NORMALISATION, NORMALISATIONS } from '../../profile/comparison/normalisation.ts';
import { parseCondition, type Condition } from '../../profile/comparison/conditions.ts';
import { parseLatencyCondition, type LatencyCondition } from '../../profile/comparison/latency-conditions.ts';
import type { CompareOptions } from './compare.ts';
import { parseFiles, parseRange } from './compare-sides.ts';
import { ExitCode, exitCodeHelp } from './exit-code.ts';
import type { Surroundings } from './surroundings.ts';

export const COMPARISON_FORMATS = ['table', 'json', 'svg', 'html'] as const;

/** Repeated options add up. */
function parseFailIf(value: string, earlier: readonly (Condition | LatencyCondition)[] = []): (Condition | LatencyCondition)[] {
  const condition = parseLatencyCondition(value) ?? parseCondition(value);
  if (!condition) throw new InvalidArgumentError("Say it like 'parse_line grows by 5%', 'total grows by 10%', 'compress shrinks by 2 points' or 'vfs_read p99 grows by 20%'.");
  return [...earlier, condition];
}

export function addCompareCommand(program: Command, around: Surroundings, finish: (code: ExitCode) => void): void {
  const name = program.name();
  const ofSide = (side: 'a' | 'b'): Option[] => [
    new Option(`--${side} <file>`, `a recording of side ${side.toUpperCase()}; repeat it or separate with commas for several runs`).argParser(parseFiles),
    new Option(`--${side}-range <range>`, `only this time of side ${side.toUpperCase()}, like 2s-5s`).argParser(parseRange),
    new Option(`--${side}-thread <thread>`, `only this thread of side ${side.toUpperCase()}, by number or name`),
  ];
  const command = program
    .command('compare')
    .description('What changed between recordings, by how much, and how sure that is.')
    .argument('[file...]', 'A and B (.ember); one alone with two ranges or threads')
    .addOption(
      new Option('-n, --normalize <by>', 'what weights are divided by: total (shares), duration, cpu (time), or none')
        .choices(NORMALISATIONS)
        .default(DEFAULT_NORMALISATION),
    )
    .addOption(new Option('--format <format>', 'a table, JSON with stable keys, or a differential flame graph: svg, html').choices(COMPARISON_FORMATS).default('table'))
    .addOption(new Option('--fail-if <condition>', `exit with ${ExitCode.conditionMet} where this is sure; may be repeated`).argParser(parseFailIf))
    .option('--inverted', 'svg, html: what worked itself at the root, its callers above')
    .addOption(new Option('--width <side>', 'svg, html: frames are as wide as in A, in B, or as the larger of both').choices(WIDTHS).default('larger'))
    .addOption(new Option('--palette <colours>', 'svg, html: what grew and what shrank').choices(DIFFERENCE_PALETTES).default('orange-blue'))
    .option('--noise', 'svg, html: colour what may be noise, too')
    .option('-o, --output <file>', 'where to write (default: standard output)')
    .option('-f, --force', 'write over an existing file');
  for (const option of [...ofSide('a'), ...ofSide('b')]) command.addOption(option);
  command
    .addHelpText(
      'after',
      `
Functions are matched by name and module, whatever the build. A change is told as one only where it is sure: corrected
for all functions that were compared, and beyond what varied within the recordings or, with three runs a side and more,
between them. Everything else is grey: surely no change that matters, or too few samples to tell. A condition of
--fail-if is met when the whole 95 % interval lies beyond it.

Recordings of probes (latency --output) are compared probe by probe: how often, and how each decile of their values moved.
A condition may name one: 'vfs_read p99 grows by 20%', with p10 to p90 or p99.

Examples:
  ${name} compare before.ember after.ember
  ${name} compare before.ember after.ember --normalize cpu --fail-if 'parse_line grows by 5%'
  ${name} compare --a b1.ember,b2.ember,b3.ember --b a1.ember,a2.ember,a3.ember --format json
  ${name} compare before.ember after.ember --format html --output difference.html
  ${name} compare disk1.ember disk2.ember --fail-if 'vfs_read p99 grows by 20%'
  ${name} compare day.ember --a-range 0s-30s --b-range 300s-330s
${exitCodeHelp}`,
    )
    .action(async (files: string[], options: CompareOptions) => {
      const { compareRecordings } = await import('./compare.ts');
      finish(await compareRecordings(files, options, around));
    });
}
