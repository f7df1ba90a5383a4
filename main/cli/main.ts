// SPDX-License-Identifier: Apache-2.0
/** The command line: what can be asked, and how what goes wrong is told. */
import { Command, CommanderError, Option } from 'commander';
import { FailureError, failureOf } from '../engine/failures.ts';
import { places } from '../engine/places.ts';
import type { EngineApi } from '../engine/recording-api.ts';
import { addCompareCommand } from './compare-command.ts';
import { ExitCode, exitCodeHelp, exitCodeOf } from './exit-code.ts';
import { addExportCommand } from './export-command.ts';
import type { FunctionsOptions } from './functions.ts';
import { addImportCommand } from './import-command.ts';
import { addLibraryCommand } from './library-command.ts';
import { addProbingCommands } from './probing-commands.ts';
import { addRecordCommand } from './record-command.ts';
import { formatFailure, printable, type Terminal } from './terminal.ts';
import { parseMost, parsePid, parsePids } from './values.ts';

async function openEngine(): Promise<EngineApi> {
  const { createEngine } = await import('../engine/engine.ts');
  return createEngine({ shell: 'chromium', shellReason: '' });
}

const NAME = 'emberscope';

interface Run {
  /** As they were typed. */
  args: readonly string[];
  terminal: Terminal;
  finish: (code: ExitCode) => void;
}

function createProgram({ args, terminal, finish }: Run): Command {
  const around = { terminal, openEngine };
  const program = new Command(NAME)
    .description('Profile running programs: record samples from the kernel, look at them, export the picture.')
    .version(places().version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .configureOutput({
      writeOut: (text) => terminal.output.write(text),
      writeErr: (text) => terminal.errors.write(text),
      // Errors are worded and written in one place, below.
      outputError: () => undefined,
    })
    .showSuggestionAfterError(true)
    .exitOverride()
    .addHelpText(
      'after',
      `
Examples:
  ${NAME} record --pid 4121 --seconds 10 --output busy.ember
  ${NAME} export busy.ember --format svg --output busy.svg
  ${NAME} info busy.ember
From a checkout: npm run -s emberscope -- record --pid 4121 --output busy.ember
${exitCodeHelp}`,
    );

  addRecordCommand(program, around, finish);
  addExportCommand(program, around, finish);
  addLibraryCommand(program, around, finish);

  program
    .command('info')
    .description('Print what a recording holds, what was lost, and how many names were found.')
    .argument('<file>', 'the recording (.ember)')
    .option('--json', 'as JSON, with stable keys')
    .addHelpText(
      'after',
      `
samples, stacks and frames are weighted by samples. "expected" is the target's CPU time by the kernel's own
accounting times the frequency. A stack is complete when its walk ended at the outermost frame.

Examples:
  ${NAME} info busy.ember
  ${NAME} info busy.ember --json
${exitCodeHelp}`,
    )
    .action(async (file: string, options: { json?: boolean }) => {
      const { info } = await import('./info.ts');
      finish(await info(file, options, around));
    });

  program
    .command('functions')
    .description('List what can be traced, and why not: functions, tracepoints, ready questions.')
    .argument('[pattern]', 'part of a name, or a pattern with * and ?', '')
    .addOption(new Option('-p, --pid <pid>', "a process whose files' functions are listed, too").argParser(parsePids))
    .addOption(new Option('-n, --most <n>', 'at most so many of each kind, 1 to 1,000').default(25).argParser(parseMost))
    .option('--json', 'as JSON, with stable keys')
    .addHelpText(
      'after',
      `
Examples:
  ${NAME} functions 'vfs_*'
  ${NAME} functions malloc --pid 4121
  ${NAME} functions sys_clone --json
${exitCodeHelp}`,
    )
    .action(async (pattern: string, options: FunctionsOptions) => {
      const { functions } = await import('./functions.ts');
      finish(await functions(pattern, options, around));
    });

  addCompareCommand(program, around, finish);
  addProbingCommands(program, args, around, finish);
  addImportCommand(program, around, finish);

  program
    .command('doctor')
    .description('Print what this computer can do for Emberscope, and what to do about the rest.')
    .addOption(new Option('-p, --pid <pid>', 'look for the debug files of this process, too').argParser(parsePid))
    .option('--json', 'as JSON, with stable keys')
    .addHelpText(
      'after',
      `
Each thing is tried by the helper where that needs no password (as root, or while an earlier authentication counts);
otherwise what only a helper can find out is "unknown".

Examples:
  ${NAME} doctor
  ${NAME} doctor --pid 4121
  ${NAME} doctor --json
${exitCodeHelp}`,
    )
    .action(async (options: { pid?: number; json?: boolean }) => {
      const { doctor } = await import('./doctor.ts');
      finish(await doctor(options, around));
    });

  return program;
}

/** Commander's own refusals: "error: unknown option '--x'\n(Did you mean --y?)" */
function wordedUsage(error: CommanderError, asked: string): string {
  const [first = '', ...more] = error.message.replace(/^error: /, '').split('\n');
  const sentence = first.charAt(0).toUpperCase() + first.slice(1).replace(/([^.!?])$/, '$1.');
  const suggestion = more
    .join(' ')
    .trim()
    .replace(/^\((.*)\)$/, '$1');
  const said = suggestion ? `${sentence} ${suggestion}` : sentence;
  return `${NAME}: ${said}\nRun \`${NAME} ${asked}--help\` for what is possible.\n`;
}

/** @param args without the interpreter and the program; @returns the exit code, which it also sets */
export async function run(
  args: readonly string[],
  terminal: Terminal = { output: process.stdout, errors: process.stderr },
): Promise<ExitCode> {
  let code: ExitCode = ExitCode.ok;
  // A reader that has enough (`| head`), or a terminal that went away: nothing more to say to it.
  terminal.output.on('error', () => undefined);
  terminal.errors.on('error', () => undefined);
  const program = createProgram({ args, terminal, finish: (found) => (code = found) });
  try {
    if (args.length === 0) {
      program.outputHelp({ error: true });
      code = ExitCode.usage;
    } else {
      await program.parseAsync(args, { from: 'user' });
    }
  } catch (error) {
    if (error instanceof CommanderError) {
      code = error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
      const known = program.commands.some((command) => command.name() === args[0]);
      if (code !== ExitCode.ok && error.code !== 'commander.help')
        terminal.errors.write(printable(wordedUsage(error, known ? `${args[0]} ` : '')));
    } else {
      const failure = failureOf(error);
      code = error instanceof FailureError || failure.code !== 'internal' ? exitCodeOf(failure) : ExitCode.failure;
      terminal.errors.write(formatFailure(failure));
    }
  }
  process.exitCode = code;
  return code;
}

if (import.meta.main) await run(process.argv.slice(2));
