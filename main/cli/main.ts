// SPDX-License-Identifier: Apache-2.0
/** The command line: what can be asked, and how what goes wrong is told. */
import { Command, CommanderError, Option } from 'commander';
import { formatWords, WRITTEN_FORMATS } from '../../formats/write/format-names.ts';
import { FORMAT_NAMES } from '../../formats/read/format.ts';
import { FailureError, failureOf } from '../engine/failures.ts';
import { places } from '../engine/places.ts';
import type { EngineApi } from '../engine/recording-api.ts';
import { addCompareCommand } from './compare-command.ts';
import { ExitCode, exitCodeHelp, exitCodeOf } from './exit-code.ts';
import type { ExportOptions } from './export.ts';
import type { FunctionsOptions } from './functions.ts';
import type { ImportOptions } from './import.ts';
import { listenForInterrupts } from './interrupt.ts';
import type { LatencyOptions } from './latency.ts';
import { addLibraryCommand } from './library-command.ts';
import { targetHelp } from './probe-target.ts';
import type { RecordOptions } from './record.ts';
import { formatFailure, printable, type Terminal } from './terminal.ts';
import type { TraceOptions } from './trace.ts';
import { parseBudget, parseCgroup, parseDuration, parseFrequency, parseFunctions, parseMost, parsePid, parsePids, parseSeconds, parseStackDepth } from './values.ts';

async function openEngine(): Promise<EngineApi> {
  const { createEngine } = await import('../engine/engine.ts');
  return createEngine({ shell: 'chromium', shellReason: '' });
}

const NAME = 'emberscope';

interface Run {
  terminal: Terminal;
  finish: (code: ExitCode) => void;
}

export function createProgram({ terminal, finish }: Run): Command {
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

  program
    .command('record')
    .description('Record where processes, a command or the whole system spend CPU time, or where they wait.')
    .argument('[command...]', 'behind "--": the command to start and record, with its arguments')
    .usage('(--pid PID… | --cgroup GROUP | --system | -- COMMAND…) [options] --output FILE.ember')
    .addOption(
      new Option('-p, --pid <pid>', 'a process to record; repeat it or separate with commas').argParser(parsePids),
    )
    .addOption(new Option('-g, --cgroup <group>', 'the processes of this cgroup (version 2), or of that of this process, and their children: a container').argParser(parseCgroup))
    .option('-a, --system', 'record the whole system')
    .addOption(
      new Option(
        '-s, --seconds <n>',
        'stop after so many seconds (default: until Ctrl-C or the target ends)',
      ).argParser(parseSeconds),
    )
    .addOption(
      new Option('-F, --frequency <hz>', 'samples a second of CPU time, 1 to 9,999')
        .default(99)
        .argParser(parseFrequency),
    )
    .addOption(
      new Option('-d, --stack-depth <frames>', 'frames of a stack that are kept, from the inside, 1 to 1,023')
        .default(127)
        .argParser(parseStackDepth),
    )
    .option('--no-children', 'leave out the processes that the target starts')
    .option('--no-kernel', "leave out the kernel's part of the stacks")
    .addOption(
      new Option('-e, --event <event>', 'what fires the samples: a timer, or the processor’s own counter')
        .choices(['cpu-clock', 'cycles'])
        .default('cpu-clock'),
    )
    .addOption(
      new Option('-q, --question <question>', 'what is asked: where CPU time goes, where threads wait, who wakes them, all of the time, or who allocates memory')
        .choices(['on-cpu', 'off-cpu', 'wakeups', 'wall', 'memory'])
        .default('on-cpu'),
    )
    .addOption(
      new Option('--min-wait <time>', 'leave shorter waits out, like 1us (the default), 50us, 2ms or 1s').argParser(parseDuration),
    )
    .option('-o, --output <file>', 'the recording to write (.ember)')
    .option('-f, --force', 'write over an existing recording')
    .option('--debuginfod', 'fetch missing debug symbols from the servers of DEBUGINFOD_URLS before it is complete')
    .addHelpText(
      'after',
      `
The command is started as you, talks to this terminal, and runs from its first instruction under the sampling.
Ctrl-C stops and keeps the recording; a second Ctrl-C ends at once. The summary goes to standard error.

Examples:
  ${NAME} record --pid 4121,4122 --seconds 30 --output servers.ember
  ${NAME} record --system --frequency 49 --seconds 10 --output everything.ember
  ${NAME} record --output build.ember -- make -j4
  ${NAME} record --pid 4121 --question off-cpu --min-wait 50us --seconds 10 --output waits.ember
${exitCodeHelp}`,
    )
    .action(async (command: string[], options: RecordOptions) => {
      const { record } = await import('./record.ts');
      const interrupts = listenForInterrupts(process, (code) => {
        terminal.errors.write('\n');
        process.exit(code);
      });
      try {
        finish(await record(command, options, { ...around, interrupts }));
      } finally {
        interrupts.release();
      }
    });

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
  ${NAME} export busy.ember --output busy.svg
  ${NAME} export busy.ember --output busy.pb.gz && go tool pprof -top busy.pb.gz
  ${NAME} export busy.ember --format folded | sort -k2 -n -r | head
${exitCodeHelp}`,
    )
    .action(async (file: string, options: ExportOptions) => {
      const { exportRecording } = await import('./export.ts');
      finish(await exportRecording(file, options, around));
    });

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

  const probing = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .argument('<target...>', 'what to probe')
      .addOption(new Option('-p, --pid <pid>', 'only calls of these processes (default: the whole system)').argParser(parsePids))
      .addOption(new Option('-s, --seconds <n>', 'stop after so many seconds (default: until Ctrl-C or the target ends)').argParser(parseSeconds))
      .option('-r, --return', name === 'trace' ? 'a line at the return, with the value and how long it took' : 'of the value that is returned')
      .addOption(new Option('-m, --min <time>', 'leave out calls that took less: 250us, 1.5ms').argParser(parseDuration))
      .addOption(new Option('-n, --most <n>', 'functions that a pattern may match (default: 200)').argParser(parseFunctions))
      .addOption(new Option('-g, --cgroup <group>', 'only calls within this cgroup (version 2), or that of this process: a container').argParser(parseCgroup))
      .addOption(new Option('-b, --budget <percent>', 'of one CPU: a probe that costs more is detached; 0: no limit (default: 5)').argParser(parseBudget))
      .option('-o, --output <file>', 'keep it as a recording (.ember)')
      .option('-f, --force', 'write over an existing recording');

  /** While `action` runs Ctrl-C ends it properly. */
  const interruptible = async (action: (interrupts: ReturnType<typeof listenForInterrupts>) => Promise<ExitCode>): Promise<void> => {
    const interrupts = listenForInterrupts(process, (code) => {
      terminal.errors.write('\n');
      process.exit(code);
    });
    try {
      finish(await action(interrupts));
    } finally {
      interrupts.release();
    }
  };

  probing('latency', 'How long functions take: a histogram that grows while you look, with p50, p90, p99 and max.')
    .option('-k, --by-stack', 'tell the callers apart, and print those that spend the most')
    .option('-a, --argument <n>', 'of an argument instead, by number or name')
    .option('-c, --count', 'only count the calls')
    .option('--json', 'as JSON, with stable keys')
    .addHelpText(
      'after',
      `${targetHelp}

Examples:
  ${NAME} latency vfs_read --seconds 10
  ${NAME} latency libc:malloc --pid 4121 --argument size
  ${NAME} latency question:run-queue --json --seconds 5
${exitCodeHelp}`,
    )
    .action(async (targets: string[], options: LatencyOptions) => {
      const { latency } = await import('./latency.ts');
      await interruptible((interrupts) => latency(targets, options, { ...around, interrupts }));
    });

  probing('trace', 'Print a line a hit: task, pid, cpu, flags, time, and a message with the arguments.')
    .addHelpText(
      'after',
      `${targetHelp}

FLAGS are ftrace's: interrupts off, reschedule needed, in an interrupt, depth of disabled preemption; "." where not known.

Examples:
  ${NAME} trace sys_clone
  ${NAME} trace libc:open64 --pid 4121 --return
  ${NAME} trace sched:sched_process_exec --output execs.ember
${exitCodeHelp}`,
    )
    .action(async (targets: string[], options: TraceOptions) => {
      const { trace } = await import('./trace.ts');
      await interruptible((interrupts) => trace(targets, options, { ...around, interrupts }));
    });

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
  ${NAME} import out.folded --output out.ember
  perf script > out.txt && ${NAME} import out.txt --output out.ember
  ${NAME} import heap.pb.gz --event inuse_space --output heap.ember
${exitCodeHelp}`,
    )
    .action(async (files: string[], options: ImportOptions) => {
      const { importRecordings } = await import('./import.ts');
      await interruptible((interrupts) => importRecordings(files, options, { terminal, interrupts }));
    });

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
  const program = createProgram({ terminal, finish: (found) => (code = found) });
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
