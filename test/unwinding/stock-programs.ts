// SPDX-License-Identifier: Apache-2.0
/** Programs as the distribution serves them, each at work that leads through many of its functions, until killed. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

export interface StockProgram {
  name: string;
  command: readonly string[];
  /** Seconds until it does what it is there for. */
  settle: number;
  /** How a share of its stacks may break, and why; null: its code has unwind information. */
  without: string | null;
}

const PYTHON = `
import json, re
def tree(depth): return [tree(depth - 1), depth, {"a": str(depth)}] if depth else []
def words(text): return sorted(set(re.findall(r"[a-z]+", text)), key=lambda word: (len(word), word))
while True:
    text = json.dumps([tree(12) for _ in range(3)])
    json.loads(text)
    words("the quick brown fox jumps over the lazy dog " * 2000)
`;
const PERL = `
sub tree { my $d = shift; return $d ? [tree($d - 1), tree($d - 1), "n$d"] : [] }
while (1) {
  my %seen; $seen{$_ % 1000} .= "x" for 1 .. 50000;
  my @sorted = sort { $seen{$a} cmp $seen{$b} || $a <=> $b } keys %seen;
  (my $text = "the quick brown fox " x 2000) =~ s/(\\w+) (\\w+)/$2 $1/g;
  tree(12);
}
`;
const SQL = `
with recursive c(x) as (select 1 union all select x + 1 from c where x < 1000000000)
select count(distinct substr(hex(x * 7919), 1, 3)), max(printf('%08d', x)) from c where x like '%7%';
`;
const NODE = `
const tree = (d) => (d ? { left: tree(d - 1), right: tree(d - 1), name: 'n' + d } : null);
for (;;) {
  const text = JSON.stringify(tree(12));
  JSON.parse(text);
  text.replace(/n(\\d+)/g, (_, d) => d * 2).split(',').sort();
}
`;
const javaClass = resolve(import.meta.dirname, '..', 'programs', 'run-time', 'Busy.java');
const HOUR = '3600';

const known: readonly StockProgram[] = [
  { name: 'python3', command: ['/usr/bin/python3', '-c', PYTHON], settle: 0.5, without: null },
  { name: 'perl', command: ['perl', '-e', PERL], settle: 0.5, without: null },
  { name: 'sqlite3', command: ['sqlite3', ':memory:', SQL], settle: 0.5, without: null },
  { name: 'openssl', command: ['openssl', 'speed', '-seconds', '5', 'rsa2048', 'ecdsap256', 'ed25519'], settle: 0.2, without: 'assembly by hand, without unwind information' },
  { name: 'xz', command: ['sh', '-c', 'exec xz -6 -T1 -c < /dev/urandom > /dev/null'], settle: 0.5, without: null },
  { name: 'node', command: ['/usr/bin/node', '-e', NODE], settle: 2, without: null },
  { name: 'java', command: ['java', '-XX:+PreserveFramePointer', javaClass, HOUR], settle: 4, without: null },
  { name: 'java, no frame pointers', command: ['java', javaClass, HOUR], settle: 4, without: 'code made at run time, without frame pointers' },
];

function isInstalled(program: string): boolean {
  if (program.startsWith('/')) return existsSync(program);
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, program)));
}

/** What is installed, and the names of what is not. */
export function stockPrograms(): { programs: StockProgram[]; absent: string[] } {
  const programs = known.filter(({ name, command }) => isInstalled(name === 'xz' ? 'xz' : command[0]!));
  return { programs, absent: known.filter((each) => !programs.includes(each)).map(({ name }) => name) };
}

/** At a low priority: who looks at it is not to wait for it. */
export function startStock({ command }: StockProgram): ChildProcess {
  return spawn('nice', ['-n', '19', ...command], { stdio: 'ignore' });
}

/** "openssl 3.0.15-1~deb12u1": the package that a program's file is of, and its version. */
export function packageOf(path: string): string {
  const owner = spawnSync('dpkg', ['-S', path], { encoding: 'utf8' }).stdout.split(':')[0]!;
  const version = spawnSync('dpkg-query', ['-W', '-f', '${Version}', owner], { encoding: 'utf8' }).stdout;
  return owner ? `${owner} ${version}` : '';
}
