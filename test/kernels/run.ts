// SPDX-License-Identifier: Apache-2.0
/** The matrix from the command line: `node test/kernels/run.ts [--kernel 5.10] [--console]`. */
import { parseArgs } from 'node:util';
import { prepareMatrix, SERIES, table, whyNot, type Outcome } from './matrix.ts';

const USAGE = `usage: node test/kernels/run.ts [--kernel ${SERIES.map(({ kernel }) => kernel).join('|')}]... [--console]

Boots Debian's kernels under qemu, samples a known program in each, and prints a table.
  --kernel VERSION  only this kernel; may be given several times
  --console         print the guests' serial lines as well
Exit status: 0 all passed or skipped, 1 a kernel failed, 2 wrong usage.`;

function selected(): { kernels: readonly string[]; console: boolean } {
  const { values } = parseArgs({
    options: {
      kernel: { type: 'string', multiple: true },
      console: { type: 'boolean', default: false },
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
  return { kernels, console: values.console };
}

async function main(): Promise<number> {
  let choice: ReturnType<typeof selected>;
  try {
    choice = selected();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
    return 2;
  }
  const reason = await whyNot();
  if (reason !== undefined) {
    process.stdout.write(`skipped: ${reason}\n`);
    return 0;
  }
  await using matrix = await prepareMatrix();
  const outcomes: Outcome[] = [];
  for (const series of SERIES.filter(({ kernel }) => choice.kernels.includes(kernel))) {
    const outcome = await matrix.runKernel(series);
    outcomes.push(outcome);
    const broken = outcome.kind === 'ran' && outcome.problems.length > 0;
    if (outcome.kind === 'ran' && (choice.console || broken)) {
      process.stdout.write(`--- ${series.kernel} ---\n${outcome.boot.console}\n`);
    }
  }
  process.stdout.write(`${table(outcomes)}\n`);
  return outcomes.some((outcome) => outcome.kind === 'ran' && outcome.problems.length > 0) ? 1 : 0;
}

process.exitCode = await main();
