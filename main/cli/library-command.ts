// SPDX-License-Identifier: Apache-2.0
/** How `emberscope library` is asked. */
import { Option, type Command } from 'commander';
import { LIBRARY_ORDERS } from '../../ipc/library-search.ts';
import { exitCodeHelp, type ExitCode } from './exit-code.ts';
import type { LibraryOptions } from './library.ts';
import type { Surroundings } from './surroundings.ts';

export function addLibraryCommand(program: Command, around: Surroundings, finish: (code: ExitCode) => void): void {
  const name = program.name();
  const folder = program
    .command('library')
    .description('List and search the recordings that were saved.')
    .addHelpText(
      'after',
      `
Examples:
  ${name} library list --sort duration
  ${name} library search postgres off-cpu
  ${name} library search '#before' --json
${exitCodeHelp}`,
    );
  const inLibrary = (command: string, description: string): Command =>
    folder
      .command(command)
      .description(description)
      .addOption(new Option('--sort <order>', 'what comes first').choices([...LIBRARY_ORDERS]).default('newest'))
      .option('-r, --reverse', 'the other way round')
      .option('--json', 'as JSON, with stable keys');
  inLibrary('list', 'Print every recording of the folder, and why one cannot be read.').action(async (options: LibraryOptions) => {
    const { library } = await import('./library.ts');
    finish(await library('', options, around));
  });
  inLibrary('search', 'Print the recordings in which all words are found: name, target, command, host, question, tags (#word), notes, day.')
    .argument('<words...>', 'what to look for, in any case')
    .action(async (words: string[], options: LibraryOptions) => {
      const { library } = await import('./library.ts');
      finish(await library(words.join(' '), options, around));
    });
}
