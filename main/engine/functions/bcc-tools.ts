// SPDX-License-Identifier: Apache-2.0
/** The tools of bcc, and where each of their questions is answered here: docs/bcc.md is written from it. */
import { readyQuestions } from './ready-questions.ts';

/** ready: one click in the gallery. functions: what to search in the list. live: a question of a recording that samples. */
export type BccPlace = 'ready' | 'functions' | 'live' | 'not';

export interface BccTool {
  tool: string;
  place: BccPlace;
  /** What to do, or why not. */
  answer: string;
}

const anyFunction = (how: string): string => `Any function, or a pattern such as vfs_*: search it, and choose ${how}.`;
const markers = (what: string): string => `The markers of ${what} (USDT) are in the list of the process's functions, where it was built with them.`;
const fileSystem = (name: string): string => `Search ${name}_file_read_iter, ${name}_file_write_iter or ${name}_sync_file of the kernel, and choose “How long”, with “Only slower than” for single slow ones.`;

/** Of a run time: what its tools of bcc are called behind its name. */
const languages: Readonly<Record<string, string>> = {
  Java: 'calls flow gc objnew stat threads',
  'Node.js': 'gc stat',
  Perl: 'calls flow stat',
  PHP: 'calls flow stat',
  Python: 'calls flow gc stat',
  Ruby: 'calls flow gc objnew stat',
  Tcl: 'calls flow objnew stat',
  'a run time': 'calls flow gc objnew stat threads',
};

function shortName(language: string): string {
  return language === 'a run time' ? 'u' : language.toLowerCase().replace('.js', '');
}

const functions: Readonly<Record<string, string>> = {
  argdist: anyFunction('an argument or the return value on the tab Arguments'),
  bindsnoop: 'Search syscalls:sys_enter_bind, or inet_bind of the kernel, and trace it. The address is not taken apart.',
  biostacks: 'Search block:block_rq_issue, and attach it with “Stacks”: who asks the disk.',
  btrfsdist: fileSystem('btrfs'),
  btrfsslower: fileSystem('btrfs'),
  cobjnew: markers('a run time'),
  criticalstat: 'Search preemptirq:*, where the kernel was built with these tracepoints.',
  dbslower: markers('MySQL and PostgreSQL'),
  dbstat: markers('MySQL and PostgreSQL'),
  dcsnoop: 'Search lookup_fast or d_lookup of the kernel, and trace it.',
  dcstat: 'Search lookup_fast and d_lookup of the kernel, and count both: what the second is asked the first did not have.',
  ext4dist: fileSystem('ext4'),
  ext4slower: fileSystem('ext4'),
  fsdist: fileSystem('ext4'),
  fsslower: fileSystem('ext4'),
  funccount: anyFunction('“How often”'),
  funcinterval: 'Any function: its heat map shows when it is called, and the events the time of each call.',
  funclatency: anyFunction('“How long”'),
  funcslower: anyFunction('“How long”, with “Only slower than”'),
  ksnoop: 'Any function of the kernel: on the tab Events each call has its arguments by name and what it returned.',
  kvmexit: 'Search kvm:kvm_exit, and measure its argument exit_reason.',
  mdflush: 'Search md_flush_request of the kernel, and trace it.',
  mysqld_qslower: markers('MySQL'),
  netqtop: 'Search net:net_dev_start_xmit and net:netif_receive_skb, and measure the argument len.',
  nfsdist: 'Search nfs_file_read, nfs_file_write or nfs_getattr of the kernel, and choose “How long”.',
  nfsslower: 'Search nfs_file_read, nfs_file_write or nfs_getattr of the kernel, and choose “How long” with “Only slower than”.',
  numamove: 'Search migrate_misplaced_page or migrate_misplaced_folio of the kernel, and choose “How long”.',
  readahead: 'Search page_cache_ra_unbounded of the kernel, and measure its argument nr_to_read; what was found and missed is a ready question.',
  slabratetop: 'Search kmem:kmem_cache_alloc, and attach it with “Stacks”, or measure its argument bytes_alloc.',
  solisten: 'Search inet_listen of the kernel, and trace it.',
  sslsniff: 'Search SSL_read and SSL_write of the process’s libssl: how long and how much. What is said is never recorded.',
  stackcount: anyFunction('“How often”, with “Stacks”'),
  swapin: 'Search swap_read* or swap_readpage of the kernel, and count it by thread.',
  tcpcong: 'Search tcp:tcp_cong_state_set, and trace it.',
  tcprtt: 'Search tcp:tcp_probe, and measure its fields.',
  tcpsynbl: 'Search tcp_v4_syn_recv_sock of the kernel, and count it; the length of the backlog is a field that is not read.',
  tplist: 'The list itself: tracepoints by category:name, markers by provider:name, each with its arguments.',
  trace: anyFunction('the tab Events: every call with its arguments'),
  ttysnoop: 'Search tty_write of the kernel, and trace it. What is written there is not recorded.',
  vfscount: 'Search vfs_*: each by a probe of its own, or all together.',
  vfsstat: 'Search vfs_read, vfs_write, vfs_fsync_range, vfs_open and vfs_create of the kernel, and choose “How often” for each.',
  xfsdist: fileSystem('xfs'),
  xfsslower: fileSystem('xfs'),
  zfsdist: 'Search zpl_iter_read, zpl_iter_write or zpl_fsync of the kernel module zfs, and choose “How long”.',
  zfsslower: 'Search zpl_iter_read, zpl_iter_write or zpl_fsync of the kernel module zfs, and choose “How long” with “Only slower than”.',
  ...Object.fromEntries(Object.entries(languages).flatMap(([language, tools]) => tools.split(' ').map((what) => [`${shortName(language)}${what}`, markers(language)]))),
};

const live: Readonly<Record<string, string>> = {
  offcputime: 'The question “Off CPU” beside the picture, or `record --question off-cpu`.',
  offwaketime: 'The question “Wakeups”: the waker’s stack stands on the one that waits.',
  profile: 'The question “On CPU”: what a recording begins with.',
  wakeuptime: 'The question “Wakeups”: turn it upside down, and the wakers come first.',
};

const not: Readonly<Record<string, string>> = {
  bpflist: 'Which BPF programs there are is no question about time: `bpftool prog` lists them.',
  deadlock: 'It takes the order in which a program takes all its locks; waiting for locks is a ready question.',
  dirtop: 'Reads and writes are told apart by thread and by size, not by folder.',
  filetop: 'Reads and writes are told apart by thread and by size, not by file; “Files that are opened” has their names.',
  inject: 'It makes functions fail: Emberscope only looks.',
  llcstat: 'Misses of the CPU’s cache are counted by the hardware; only its cycles are sampled here.',
  ppchcalls: 'Calls to a hypervisor of PowerPC: Emberscope runs on x86-64 and arm64.',
  'reset-trace': 'Nothing is left behind that would have to be reset: all of a recording goes with its helper.',
  sofdsnoop: 'File descriptors that are sent through sockets are not taken apart.',
  tcppktlat: 'The time from a packet’s arrival to its reading belongs to the packet, which is not followed.',
  tcpsubnet: 'Sends are told apart by thread and by size, not by address.',
  virtiostat: 'Requests of virtio are those of its disks and network devices: block:* and net:* tell of both.',
};

/** All that are known, by their names. */
export function bccTools(): BccTool[] {
  const ready = new Map<string, string[]>();
  for (const { bcc, title } of readyQuestions()) for (const tool of namesOf(bcc)) ready.set(tool, [...(ready.get(tool) ?? []), title]);
  const answered = [...ready].map(([tool, titles]): BccTool => ({ tool, place: 'ready', answer: titles.map((title) => `“${title}”`).join(', ') }));
  const listed = (table: Readonly<Record<string, string>>, place: BccPlace): BccTool[] => Object.entries(table).filter(([tool]) => !ready.has(tool)).map(([tool, answer]) => ({ tool, place, answer }));
  return [...answered, ...listed(functions, 'functions'), ...listed(live, 'live'), ...listed(not, 'not')].sort((a, b) => (a.tool < b.tool ? -1 : 1));
}

/** "tcpstates, tcplife" */
export function namesOf(bcc: string): string[] {
  return bcc === '' ? [] : bcc.split(', ');
}

const places: Readonly<Record<BccPlace, string>> = { ready: 'ready question', functions: 'function list', live: 'question of a recording', not: 'not' };

/** As docs/bcc.md has it. */
export function bccTable(): string {
  const tools = bccTools();
  const count = (place: BccPlace): number => tools.filter((each) => each.place === place).length;
  return `# The tools of bcc, and where their questions are answered

Written by \`main/engine/functions/bcc-tools.test.ts\` (\`vitest run -u\` there writes it again), which also compares it with the
tools that Debian's package and libbpf-tools have. ${tools.length} tools: ${count('ready')} are ready questions (one click on the Functions screen), ${count('functions')} are
answered by a function, tracepoint or marker of the list there, ${count('live')} by a recording that samples, and ${count('not')} are not, for the reason
that stands beside them. The names can be typed into the search of the Functions screen. Which kernel can what is in
[kernels.md](kernels.md); what needs a function of the kernel needs kprobes or fentry.

| tool | where | how, or why not |
|---|---|---|
${tools.map(({ tool, place, answer }) => `| ${tool} | ${places[place]} | ${answer} |`).join('\n')}
`;
}
