// SPDX-License-Identifier: Apache-2.0
/** `npm run accuracy`: how true the picture is, against other sources; prints tables and puts them into docs/accuracy.md. */
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureAccounting } from './accounting.ts';
import { replaceBlock } from './markdown.ts';
import { measureNames } from './names.ts';
import { measureStacks } from './stacks.ts';

const PROGRAM_SECONDS = 12;
const ACCOUNTING_SECONDS = 60;

const HELP = `Usage: npm run accuracy [-- PART...] [-- --seconds N] [-- --print]

Parts (all, where none is named):
  stacks      complete stacks of the distribution's programs, and their caller edges against perf (root)
  names       functions, inlined functions and lines against llvm-symbolizer and addr2line
  accounting  what was due, what fired and what was stored (root)

  --seconds N  of each measurement; default ${PROGRAM_SECONDS} a program and ${ACCOUNTING_SECONDS} for the accounting
  --print      leave docs/accuracy.md as it is`;

const parts: Readonly<Record<string, (seconds: number | null) => Promise<string>>> = {
  stacks: (seconds) => measureStacks(seconds ?? PROGRAM_SECONDS),
  names: () => measureNames(),
  accounting: (seconds) => measureAccounting(seconds ?? ACCOUNTING_SECONDS),
};

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { seconds: { type: 'string' }, print: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  const seconds = values.seconds === undefined ? null : Number(values.seconds);
  const wanted = positionals.length > 0 ? positionals : Object.keys(parts);
  const isWrong = wanted.some((name) => !(name in parts)) || (seconds !== null && !(seconds >= 1));
  if (values.help || isWrong) {
    console.log(HELP);
    return isWrong ? 2 : 0;
  }
  const root = dirname(dirname(import.meta.dirname));
  process.chdir(root);
  for (const name of wanted) {
    if (name !== 'names' && process.getuid?.() !== 0) {
      console.log(`skipped: ${name} samples other processes, which needs root`);
      continue;
    }
    console.error(`=== ${name}`);
    const text = await parts[name]!(seconds);
    console.log(`\n${text}`);
    if (!values.print) replaceBlock(join(root, 'docs', 'accuracy.md'), name, text);
  }
  return 0;
}

process.exitCode = await main();
