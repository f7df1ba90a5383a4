// SPDX-License-Identifier: Apache-2.0
/** How `emberscope export` is asked. */
import { Option, type Command } from 'commander';
import { formatWords, WRITTEN_FORMATS } from '../../formats/write/format-names.ts';
import { exitCodeHelp, type ExitCode } from './exit-code.ts';
import type { ExportOptions } from './export.ts';
import type { Surroundings } from './surroundings.ts';

export function addExportCommand(program: Command, around: Surroundings, finish: (code: ExitCode) => void): void {
  const name = program.name();
  program
    .command('export')
    .description("Write a recording as a picture, or in another tool's format.")
    .argument('<file>', 'the recording (.ember)')
    .addOption(
      new Option('--format <format>', 'how to write it (default: by the ending of --output)').choices(WRITTEN_FORMATS),
    )
    .option('-o, --output <file>', 'where to write (default: standard output)')
    .option('-f, --force', 'write over an existing file')
    .option('--title <text>', 'title of the picture (default: the target)')
    .addHelpText(
      'after',
      `
Formats, and the endings that choose them:
${WRITTEN_FORMATS.map((format) => `  ${format.padEnd(12)}${formatWords[format].title}: ${formatWords[format].what} (.${formatWords[format].endings.join(', .')})`).join('\n')}

Examples:
  ${name} export busy.ember --output busy.svg
  ${name} export busy.ember --output busy.pb.gz && go tool pprof -top busy.pb.gz
  ${name} export busy.ember --format folded | sort -k2 -n -r | head
${exitCodeHelp}`,
    )
    .action(async (file: string, options: ExportOptions) => {
      const { exportRecording } = await import('./export.ts');
      finish(await exportRecording(file, options, around));
    });
}
