// SPDX-License-Identifier: Apache-2.0
/** The matrix from the command line: `node test/kernels/run.ts [--kernel 5.10] [--feature WORD] [--console] [--write]`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FEATURES } from './features.ts';
import { whyNoGuest } from './guest-helper.ts';
import { SERIES } from './images.ts';
import { problemsOf, runMatrix } from './matrix.ts';
import { lineOf, page, textTable } from './report.ts';

const PAGE = join(import.meta.dirname, '../../docs/kernels.md');

const USAGE = `usage: node test/kernels/run.ts [--kernel ${SERIES.map(({ kernel }) => kernel).join('|')}]... [--feature WORD]... [--console] [--write]

Boots Debian's kernels under qemu, tries every feature in each, and prints a table.
  --kernel VERSION  only this kernel; may be given several times
  --feature WORD    only features whose name holds it; may be given several times
  --console         print the guests' serial lines as well
  --write           write docs/kernels.md, too
Exit status: 0 all passed or skipped, 1 a kernel failed, 2 wrong usage.`;

interface Choice {
  readonly kernels: readonly string[];
  readonly words: readonly string[];
  readonly console: boolean;
  readonly write: boolean;
}

/** @throws TypeError for a wrong command line */
function selected(): Choice {
  const { values } = parseArgs({
    options: {
      kernel: { type: 'string', multiple: true },
      feature: { type: 'string', multiple: true },
      console: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    process.exit(0);
  }
  const kernels = values.kernel ?? SERIES.map(({ kernel }) => kernel);
  const unknown = kernels.find((kernel) => !SERIES.some((series) => series.kernel === kernel));
  if (unknown !== undefined) throw new TypeError(`no kernel ${unknown} in the matrix`);
  const words = values.feature ?? [''];
  const useless = words.find((word) => !FEATURES.some(({ name }) => name.includes(word)));
  if (useless !== undefined) throw new TypeError(`no feature ${useless} in the matrix`);
  if (values.write && (values.kernel ?? values.feature)) throw new TypeError('docs/kernels.md is written of the whole matrix');
  return { kernels, words, console: values.console, write: values.write };
}

async function main(): Promise<number> {
  let choice: Choice;
  try {
    choice = selected();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
    return 2;
  }
  const reason = await whyNoGuest();
  if (reason !== undefined) {
    process.stdout.write(`skipped: ${reason}\n`);
    return 0;
  }
  const outcomes = await runMatrix(
    SERIES.filter(({ kernel }) => choice.kernels.includes(kernel)),
    FEATURES.filter(({ name }) => choice.words.some((word) => name.includes(word))),
    ({ kernel }, tried) => process.stderr.write(`${kernel}  ${lineOf(tried)}\n`),
  );
  for (const outcome of outcomes) {
    if (outcome.kind === 'ran' && choice.console) process.stdout.write(`--- ${outcome.series.kernel} ---\n${outcome.console}\n`);
  }
  process.stdout.write(`${textTable(outcomes)}\n`);
  if (choice.write) await writeFile(PAGE, page(outcomes));
  return problemsOf(outcomes).length > 0 ? 1 : 0;
}

process.exitCode = await main();
