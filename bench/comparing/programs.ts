// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run comparing:programs`: how often runs of the same real program are said to differ, where the CPUs are free and
 * where others want them, too; prints a table and puts it into docs/comparing.md.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { count, markdownTable, replaceBlock } from '../accuracy/markdown.ts';

const root = join(import.meta.dirname, '..', '..');
const CLI = join(root, 'main/cli/bin.mjs');
const FREQUENCY = 499;

/** Some two seconds of CPU time each, and phases of their own: sizes of blocks, parse and sort, passes of a compiler. */
const PYTHON = `
import json, random, re
random.seed(7)
rows = [{"id": i, "name": "row %d" % random.randrange(10**6), "values": [random.random() for _ in range(8)]} for i in range(30_000)]
def encode(rows): return [json.dumps(row) for row in rows]
def decode(lines): return [json.loads(line) for line in lines]
def total(rows): return sum(sum(row["values"]) for row in rows)
def words(rows): return sorted(re.sub(r"\\D", "", row["name"]) for row in rows)
for _ in range(3):
    lines = encode(rows)
    rows = decode(lines)
    total(rows), words(rows)
`;
const SQL = `create table t(a integer, b text);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 1600000) insert into t select i, hex(i * 7919 % 100003) from n;
create index ti on t(b);
select count(*), max(length(b)) from t where b like '%33%';
select b, count(*) from t group by b order by 2 desc, 1 limit 5;`;
/** Many functions that are alike, which is what a compiler sees most. */
const C = Array.from({ length: 600 }, (_, at) => `int f${at}(int *x, int n) { int s = ${at}; for (int i = 0; i < n; i++) { if (x[i] % ${(at % 7) + 2} == 0) s += x[i] * ${at}; else s ^= x[i] << ${at % 5}; } return s; }`).join('\n');

function programs(folder: string): { name: string; command: string[] }[] {
  const [script, statements, source] = [join(folder, 'rows.py'), join(folder, 'table.sql'), join(folder, 'functions.c')];
  writeFileSync(script, PYTHON);
  writeFileSync(statements, SQL);
  writeFileSync(source, C);
  return [
    { name: 'openssl speed, by the clock', command: ['openssl', 'speed', '-seconds', '1', 'sha256'] },
    { name: 'a Python script', command: ['python3', script] },
    { name: 'sqlite3', command: ['sqlite3', ':memory:', `.read ${statements}`] },
    { name: 'gcc -O2', command: ['gcc', '-O2', '-c', '-o', join(folder, 'functions.o'), source] },
  ].filter(({ name, command }) => {
    if (spawnSync('sh', ['-c', 'command -v "$1"', 'sh', command[0]!]).status === 0) return true;
    console.error(`${name}: skipped, there is no ${command[0]}`);
    return false;
  });
}

interface Row {
  name: string;
  delta: number;
  verdict: string;
}

/** @throws Error with what it said */
function emberscope(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`emberscope ${args[0]} ended with ${status}: ${stderr.trim()}`);
  return stdout;
}

interface Judged {
  samples: number;
  pairs: number;
  /** Pairs in which something is said to have changed, and what that was. */
  alarms: string[];
}

function judge(command: string[], runs: number, folder: string): Judged {
  const files = Array.from({ length: runs }, (_, run) => join(folder, `${run}.ember`));
  for (const file of files) emberscope('record', '--force', '--frequency', `${FREQUENCY}`, '--output', file, '--', ...command);
  const alarms: string[] = [];
  let samples = 0;
  for (let pair = 0; pair + 1 < runs; pair++) {
    const { functions, weights } = JSON.parse(emberscope('compare', files[pair]!, files[pair + 1]!, '--format', 'json')) as { functions: Row[]; weights: { a: number } };
    samples += weights.a;
    const accused = functions.filter(({ verdict }) => verdict !== 'unchanged' && verdict !== 'unclear').sort((a, b) => Math.abs(b.delta) - Math.abs(a.delta));
    if (accused[0] !== undefined) alarms.push(`${accused[0].name}, ${accused[0].delta > 0 ? '+' : ''}${accused[0].delta.toFixed(1)} points`);
  }
  return { samples: samples / (runs - 1), pairs: runs - 1, alarms };
}

/** Processes that want a CPU all of the time. */
function crowd(size: number): ChildProcess[] {
  return Array.from({ length: size }, () => spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }));
}

const { values } = parseArgs({ options: { runs: { type: 'string', default: '6' }, print: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
if (values.help) {
  console.log('comparing:programs [--runs N] [--print]\nN runs of each program, on free CPUs and where four times as many processes want them; six take some six minutes. --print leaves docs/comparing.md as it is.');
  process.exit();
}
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 2) throw new Error('--runs: two or more are needed');
const folder = mkdtempSync(join(tmpdir(), 'emberscope-programs-'));
const rows: string[][] = [];
try {
  for (const size of [0, 4 * cpus().length]) {
    const others = crowd(size);
    try {
      for (const { name, command } of programs(folder)) {
        const { samples, pairs, alarms } = judge(command, runs, folder);
        rows.push([name, size === 0 ? 'free' : `wanted by ${size} others`, count(samples), `${alarms.length} of ${pairs}`, alarms.join('; ')]);
        console.error(rows.at(-1)!.join(' | '));
      }
    } finally {
      for (const other of others) other.kill('SIGKILL');
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const text = markdownTable(['program, run again', `${cpus().length} CPUs`, 'samples a run', 'pairs with a false alarm', 'the largest of each'], rows);
console.log(`\n${text}`);
if (!values.print) replaceBlock(join(root, 'docs', 'comparing.md'), 'programs', text);
