// SPDX-License-Identifier: Apache-2.0
/** How `emberscope import` is asked. */
import { Option, type Command } from 'commander';
import { FORMAT_NAMES } from '../../formats/read/format.ts';
import { exitCodeHelp, type ExitCode } from './exit-code.ts';
import type { ImportOptions } from './import.ts';
import { interruptible, type Surroundings } from './surroundings.ts';

export function addImportCommand(program: Command, around: Surroundings, finish: (code: ExitCode) => void): void {
  const name = program.name();
  program
    .command('import')
    .description("Make a recording of another tool's file: folded stacks, perf script text, pprof, speedscope, .cpuprofile.")
    .argument('<file...>', 'what the other tool wrote, also compressed with gzip')
    .option('-o, --output <file>', 'the recording to write (.ember); a folder for several files')
    .addOption(new Option('--format <format>', 'what the files are (default: they say it themselves)').choices(FORMAT_NAMES))
    .addOption(
      new Option('--unit <unit>', 'what the counts of folded stacks are: samples (the default), microseconds of waiting as offcputime writes them, or bytes of memory')
        .choices(['samples', 'microseconds', 'bytes']),
    )
    .option('--event <name>', 'of a file with several: the event, or the type of samples, that is read')
    .option('-f, --force', 'write over an existing recording')
    .addHelpText(
      'after',
      `
What is not in the file is not made up: host, times and frequency stay unknown where it does not say them.

Examples:
  ${name} import out.folded --output out.ember
  perf script > out.txt && ${name} import out.txt --output out.ember
  ${name} import heap.pb.gz --event inuse_space --output heap.ember
${exitCodeHelp}`,
    )
    .action(async (files: string[], options: ImportOptions) => {
      const { importRecordings } = await import('./import.ts');
      finish(await interruptible(around, (withInterrupts) => importRecordings(files, options, withInterrupts)));
    });
}
