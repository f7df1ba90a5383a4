// SPDX-License-Identifier: Apache-2.0
/** How `emberscope latency` and `emberscope trace` are asked: both of the same targets. */
import { Option, type Command } from 'commander';
import { exitCodeHelp, type ExitCode } from './exit-code.ts';
import type { LatencyOptions } from './latency.ts';
import { targetHelp } from './probe-target.ts';
import { interruptible, type Surroundings } from './surroundings.ts';
import type { TraceOptions } from './trace.ts';
import { parseBudget, parseCgroup, parseDuration, parseFunctions, parsePids, parseSeconds } from './values.ts';

const commandHelp = `
A command is started as you, and held until all is attached: no call is missed. It talks to this terminal. What it is neither
linked with nor found by the loader is attached when it is mapped.`;

/** @param args as they were typed: what is behind "--" is the command to start */
export function addProbingCommands(program: Command, args: readonly string[], around: Surroundings, finish: (code: ExitCode) => void): void {
  const name = program.name();
  const behind = args.indexOf('--');
  const command = behind < 0 ? [] : args.slice(behind + 1);
  const before = (targets: readonly string[]): readonly string[] => targets.slice(0, targets.length - command.length);
  const probing = (asked: string, description: string): Command =>
    program
      .command(asked)
      .description(description)
      .argument('<target...>', 'what to probe; behind "--": the command to start and probe, with its arguments')
      .usage('TARGET… [options] [-- COMMAND…]')
      .addOption(new Option('-p, --pid <pid>', 'only calls of these processes (default: the whole system)').argParser(parsePids))
      .addOption(new Option('-s, --seconds <n>', 'stop after so many seconds (default: until Ctrl-C or the target ends)').argParser(parseSeconds))
      .option('-r, --return', asked === 'trace' ? 'a line at the return, with the value and how long it took' : 'of the value that is returned')
      .addOption(new Option('-m, --min <time>', 'leave out calls that took less: 250us, 1.5ms').argParser(parseDuration))
      .addOption(new Option('-n, --most <n>', 'functions that a pattern may match (default: 200)').argParser(parseFunctions))
      .addOption(new Option('-g, --cgroup <group>', 'only calls within this cgroup (version 2), or that of this process: a container').argParser(parseCgroup))
      .addOption(new Option('-b, --budget <percent>', 'of one CPU: a probe that costs more is detached; 0: no limit (default: 5)').argParser(parseBudget))
      .option('-o, --output <file>', 'keep it as a recording (.ember)')
      .option('-f, --force', 'write over an existing recording');

  probing('latency', 'How long functions take: a histogram that grows while you look, with p50, p90, p99 and max.')
    .option('-k, --by-stack', 'tell the callers apart, and print those that spend the most')
    .option('-a, --argument <n>', 'of an argument instead, by number or name')
    .option('-c, --count', 'only count the calls')
    .option('--json', 'as JSON, with stable keys')
    .addHelpText(
      'after',
      `${targetHelp}
${commandHelp}

Examples:
  ${name} latency vfs_read --seconds 10
  ${name} latency libc:malloc --pid 4121 --argument size
  ${name} latency question:run-queue --json --seconds 5
  ${name} latency libsqlite3:sqlite3_step -- sqlite3 shop.db 'select count(*) from orders'
${exitCodeHelp}`,
    )
    .action(async (targets: string[], options: LatencyOptions) => {
      const { latency } = await import('./latency.ts');
      finish(await interruptible(around, (withInterrupts) => latency({ targets: before(targets), command }, options, withInterrupts)));
    });

  probing('trace', 'Print a line a hit: task, pid, cpu, flags, time, and a message with the arguments.')
    .addHelpText(
      'after',
      `${targetHelp}

FLAGS are ftrace's: interrupts off, reschedule needed, in an interrupt, depth of disabled preemption; "." where not known.
${commandHelp}

Examples:
  ${name} trace sys_clone
  ${name} trace libc:open64 --pid 4121 --return
  ${name} trace sched:sched_process_exec --output execs.ember
  ${name} trace libc:open64 -- python3 -c pass
${exitCodeHelp}`,
    )
    .action(async (targets: string[], options: TraceOptions) => {
      const { trace } = await import('./trace.ts');
      finish(await interruptible(around, (withInterrupts) => trace({ targets: before(targets), command }, options, withInterrupts)));
    });
}
