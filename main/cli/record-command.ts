// SPDX-License-Identifier: Apache-2.0
/** How `emberscope record` is asked. */
import { Option, type Command } from 'commander';
import { exitCodeHelp, type ExitCode } from './exit-code.ts';
import type { RecordOptions } from './record.ts';
import { interruptible, type Surroundings } from './surroundings.ts';
import { parseCgroup, parseDuration, parseFrequency, parsePids, parseSeconds, parseStackDepth } from './values.ts';

export function addRecordCommand(program: Command, around: Surroundings, finish: (code: ExitCode) => void): void {
  const name = program.name();
  program
    .command('record')
    .description('Record where processes, a command or the whole system spend CPU time, or where they wait.')
    .argument('[command...]', 'behind "--": the command to start and record, with its arguments')
    .usage('(--pid PID… | --cgroup GROUP | --system | --again FILE | -- COMMAND…) [options] --output FILE.ember')
    .addOption(
      new Option('-p, --pid <pid>', 'a process to record; repeat it or separate with commas').argParser(parsePids),
    )
    .addOption(new Option('-g, --cgroup <group>', 'the processes that are in this cgroup (version 2) or come to be, or in that of this process, and their children: a container').argParser(parseCgroup))
    .option('-a, --system', 'record the whole system')
    .addOption(
      new Option('--again <file>', 'the processes, the cgroup or the system that this recording was made of, with its settings')
        .conflicts(['frequency', 'stackDepth', 'children', 'kernel', 'event', 'question', 'minWait']),
    )
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
  ${name} record --pid 4121,4122 --seconds 30 --output servers.ember
  ${name} record --system --frequency 49 --seconds 10 --output everything.ember
  ${name} record --output build.ember -- make -j4
  ${name} record --pid 4121 --question off-cpu --min-wait 50us --seconds 10 --output waits.ember
  ${name} record --again before.ember --seconds 10 --output after.ember
${exitCodeHelp}`,
    )
    .action(async (command: string[], options: RecordOptions) => {
      const { record } = await import('./record.ts');
      finish(await interruptible(around, (withInterrupts) => record(command, options, withInterrupts)));
    });
}
