// SPDX-License-Identifier: Apache-2.0
/** What a person who types something wrong gets: a sentence, a remedy, an exit code, and no stack trace. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { places } from '../engine/places.ts';
import { ExitCode } from './exit-code.ts';
import { bundleCli, runCli, type Result } from './testing.ts';

// Each test starts processes, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const folder = mkdtempSync(join(tmpdir(), 'emberscope-cli-'));
const at = (name: string) => join(folder, name);
const environment = { XDG_STATE_HOME: at('state'), XDG_DATA_HOME: at('data'), XDG_CACHE_HOME: at('cache') };
const installed = mkdtempSync(join(tmpdir(), 'emberscope-installed-'));
let file: string;
const run = (...args: string[]) => runCli(args, environment, file);

beforeAll(() => {
  file = bundleCli(installed);
  mkdirSync(at('folder.ember'));
  writeFileSync(at('there.ember'), 'precious');
  writeFileSync(at('there.pb.gz'), 'precious');
  writeFileSync(
    at('text.ember'),
    'this is no recording, but long enough to look like a file of some kind\n'.repeat(40),
  );
  writeFileSync(at('empty.ember'), '');
  // The head of a SQLite file and nothing behind it.
  writeFileSync(at('cut.ember'), Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(84)]));
});
afterAll(() => {
  for (const each of [folder, installed]) rmSync(each, { recursive: true });
});

function expectFailure(result: Result, code: number, words: RegExp): void {
  expect(result.errors).toMatch(words);
  expect(result.code).toBe(code);
  expect(result.output).toBe('');
  expect(result.errors).toMatch(/^emberscope: \S/);
  // What happened, then what to do: two lines at least, and nothing of the program's insides.
  expect(result.errors.trimEnd().split('\n').length).toBeGreaterThanOrEqual(2);
  expect(result.errors).not.toMatch(/^\s+at |node:internal|\.ts:\d|Error:|ExperimentalWarning|Something unforeseen/m);
}

const output = ['--output', at('new.ember')];

describe('record', () => {
  test.each<[string, string[], number, RegExp]>([
    ['nothing to record', [...output], ExitCode.usage, /Nothing was named to record.*\n.*--pid/],
    ['two kinds', ['--pid', '1', '--system', ...output], ExitCode.usage, /More than one kind/],
    ['a process and a command', ['--pid', '1', ...output, '--', 'true'], ExitCode.usage, /More than one kind/],
    ['again, and a process', ['--again', at('text.ember'), '--pid', '1', ...output], ExitCode.usage, /More than one kind/],
    ['again, at another rate', ['--again', at('text.ember'), '-F', '999', ...output], ExitCode.usage, /'--again <file>' cannot be used with option '-F/],
    ['again what is no recording', ['--again', at('text.ember'), ...output], ExitCode.badFile, /not an Emberscope recording/],
    ['no output', ['--system'], ExitCode.usage, /where the recording should go.*\n.*--output/],
    ['a name for a number', ['--pid', 'python3', ...output], ExitCode.usage, /Give whole numbers/],
    ['a negative number', ['--pid=-5', ...output], ExitCode.usage, /Give whole numbers/],
    ['process 0', ['--pid', '0', ...output], ExitCode.usage, /Give whole numbers/],
    ['a process twice', ['--pid', '1,1', ...output], ExitCode.usage, /named twice/],
    ['a process twice, apart', ['--pid', '1', '--pid', '1', ...output], ExitCode.usage, /named twice/],
    ['an empty list', ['--pid', ',', ...output], ExitCode.usage, /Give whole numbers/],
    ['frequency 0', ['--pid', '1', '--frequency', '0', ...output], ExitCode.usage, /1 to 9,999/],
    ['frequency too high', ['--pid', '1', '--frequency', '10000', ...output], ExitCode.usage, /1 to 9,999/],
    ['an unknown event', ['--pid', '1', '--event', 'instructions', ...output], ExitCode.usage, /cpu-clock, cycles/],
    ['half a frequency', ['--pid', '1', '--frequency', '99.5', ...output], ExitCode.usage, /1 to 9,999/],
    ['no frequency', ['--pid', '1', '--frequency', '', ...output], ExitCode.usage, /1 to 9,999/],
    ['a word for a frequency', ['--pid', '1', '--frequency', 'fast', ...output], ExitCode.usage, /1 to 9,999/],
    ['a frequency in another notation', ['--pid', '1', '--frequency', '1e3', ...output], ExitCode.usage, /1 to 9,999/],
    ['seconds in another notation', ['--pid', '1', '--seconds', '0x10', ...output], ExitCode.usage, /a week/],
    ['no seconds', ['--pid', '1', '--seconds', '0', ...output], ExitCode.usage, /above 0/],
    ['endless seconds', ['--pid', '1', '--seconds', 'Infinity', ...output], ExitCode.usage, /a week/],
    ['seconds beyond a timer', ['--pid', '1', '--seconds', '9999999', ...output], ExitCode.usage, /a week/],
    ['an unknown option', ['--pids', '1', ...output], ExitCode.usage, /'--pids'.*--pid/],
    [
      'a missing folder',
      ['--pid', '1', '--output', at('no/such/x.ember')],
      ExitCode.usage,
      /folder .*no\/such is not there.*\n.*Create it/,
    ],
    ['a file for a folder', ['--pid', '1', '--output', at('there.ember/x.ember')], ExitCode.usage, /is not there/],
    ['an existing file', ['--pid', '1', '--output', at('there.ember')], ExitCode.usage, /there already.*\n.*--force/],
    ['a folder for a file', ['--pid', '1', '--force', '--output', at('folder.ember')], ExitCode.usage, /is a folder/],
    ['no such process', ['--pid', '4194304', ...output], ExitCode.targetGone, /no process 4194304/],
    ['a number beyond all processes', ['--pid', '9999999999', ...output], ExitCode.targetGone, /no process/],
  ])('%s', async (_, args, code, words) => {
    expectFailure(await run('record', ...args), code, words);
    expect(existsSync(at('new.ember'))).toBe(false);
    expect(readFileSync(at('there.ember'), 'utf8')).toBe('precious');
  });

  test('--force does not write over what is no recording', async () => {
    expectFailure(
      await run('record', '--pid', String(process.pid), '--force', '--output', at('there.ember')),
      ExitCode.usage,
      /left alone/,
    );
    expect(readFileSync(at('there.ember'), 'utf8')).toBe('precious');
  });

  test.each([
    ['there is none', '/no/such/command', /no command "\/no\/such\/command"/],
    ['there is none in PATH', 'no-such-command-here', /no command "no-such-command-here"/],
    ['it cannot be executed', at('there.ember'), /cannot be executed/],
  ])('a command: %s', async (_, command, words) => {
    expectFailure(await run('record', ...output, '--', command), ExitCode.targetGone, words);
    expect(existsSync(at('new.ember'))).toBe(false);
  });
});

describe.each(['info', 'export'])('%s', (command) => {
  const args = command === 'export' ? ['--format', 'folded'] : [];
  test.each<[string, string, number, RegExp]>([
    ['no such file', 'absent.ember', ExitCode.badFile, /no file .*absent\.ember/],
    ['a folder', 'folder.ember', ExitCode.badFile, /folder\.ember/],
    ['a text', 'text.ember', ExitCode.badFile, /not an Emberscope recording/],
    ['an empty file', 'empty.ember', ExitCode.badFile, /not an Emberscope recording|damaged/],
    ['a cut file', 'cut.ember', ExitCode.badFile, /damaged|not an Emberscope recording/],
  ])('%s', async (_, name, code, words) => {
    expectFailure(await run(command, at(name), ...args), code, words);
  });

  test('no file named', async () => {
    expectFailure(await run(command, ...args), ExitCode.usage, /'file'/);
  });
});

describe('export', () => {
  test.each<[string, string[], RegExp]>([
    ['no format', [at('text.ember')], /no file whose name would say the format[^]*folded, svg/],
    ['a name that says none', [at('text.ember'), '--output', at('x.pdf')], /does not say in which format[^]*\.pb\.gz/],
    ['an unknown format', [at('text.ember'), '--format', 'pdf'], /folded, svg/],
    ['an existing file', [at('text.ember'), '--format', 'svg', '--output', at('there.ember')], /there already/],
    ['an existing file of another format', [at('text.ember'), '--output', at('there.pb.gz')], /there already/],
    ['a missing folder', [at('text.ember'), '--format', 'svg', '--output', at('no/x.svg')], /is not there/],
  ])('%s', async (_, args, words) => {
    expectFailure(await run('export', ...args), ExitCode.usage, words);
  });
});

test('names that steer a terminal are shown harmlessly', async () => {
  const { errors } = await run('info', at('\u001b[31mred\u0007.ember'));
  expect(errors).not.toContain('\u001b');
  expect(errors).toContain('\ufffd[31mred\ufffd.ember');
});

describe('help', () => {
  test('the version is the package’s', async () => {
    expect(await run('--version')).toEqual({ code: 0, output: `${places().version}\n`, errors: '' });
  });

  test.each([[['--help']], [['record', '--help']], [['export', '-h']], [['info', '--help']], [['help', 'record']]])(
    '%j has examples and the exit codes',
    async (args) => {
      const { code, output, errors } = await run(...args);
      expect(code).toBe(0);
      expect(errors).toBe('');
      expect(output).toContain('Usage: emberscope');
      expect(output).toContain('Examples:');
      for (const each of Object.values(ExitCode)) expect(output).toMatch(new RegExp(`^ {2}${each} `, 'm'));
    },
  );

  test('nothing asked: the help, and 2', async () => {
    const { code, output, errors } = await run();
    expect(code).toBe(ExitCode.usage);
    expect(output).toBe('');
    expect(errors).toContain('Usage: emberscope');
  });

  test('an unknown command', async () => {
    expectFailure(await run('recrod'), ExitCode.usage, /'recrod'.*record/);
  });

  test('docs/CLI.md names every exit code', () => {
    const text = readFileSync(join(places().root, 'docs/CLI.md'), 'utf8');
    for (const code of Object.values(ExitCode)) expect(text).toMatch(new RegExp(`^\\| ${code} \\|`, 'm'));
  });
});

test('nothing of all this left anything behind', () => {
  expect(
    readdirSync(folder)
      .filter((name) => !['state', 'data'].includes(name))
      .sort(),
  ).toEqual(['cut.ember', 'empty.ember', 'folder.ember', 'text.ember', 'there.ember', 'there.pb.gz'].sort());
});

describe('functions, latency and trace', () => {
  test.each<[string, string[], number, RegExp]>([
    ['a name that nothing has', ['functions', 'vfs_raed'], ExitCode.targetGone, /called "vfs_raed"/],
    ['no such process', ['functions', 'malloc', '--pid', '4194304'], ExitCode.targetGone, /no process/],
    ['too many', ['functions', 'x', '--most', '5000'], ExitCode.usage, /1 to 1,000/],
    ['no target', ['latency'], ExitCode.usage, /target/i],
    ['two measures', ['latency', 'vfs_read', '--return', '--count'], ExitCode.usage, /More than one thing/],
    ['a time without sense', ['latency', 'vfs_read', '--min', 'soon'], ExitCode.usage, /Give a time/],
    ['a process that is not there', ['latency', 'libc:malloc', '--pid', '4194304'], ExitCode.targetGone, /no process/],
    ['an output that is there', ['trace', 'vfs_read', '--output', at('there.ember')], ExitCode.usage, /there already/],
    ['a marker of nobody', ['trace', 'usdt:no:such'], ExitCode.targetGone, /no:such/],
  ])('%s', async (_, args, code, words) => {
    expectFailure(await run(...args), code, words);
  });
});
