// SPDX-License-Identifier: Apache-2.0
/** `npm run bench`: every figure that the documents quote, as ratios against a peer in the same run. */
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';

const parts: Readonly<Record<string, string>> = {
  sampling: 'slowdown of the target, CPU and bytes of the profiler (root; about 5 minutes)',
  unwinding: 'what a walk by unwind tables costs, and its bytes and tables, against perf (root)',
  'kernel-probes': 'what a probed call of the kernel costs, against bpftrace in guests with kprobes and fentry (about 6 minutes)',
  probes: 'what a probed call costs, against bpftrace (root; about 4 minutes)',
  events: 'events a second without loss, to text and to the file, against bpftrace printf (root; about 5 minutes)',
  'events-window': '100,000 events a second in the Events table of a real browser (root)',
  'off-cpu': 'what measuring waits costs at every switch, against bpftrace (root)',
  symbols: 'names against llvm-symbolizer and addr2line',
  lines: 'lines and inlined functions against llvm-symbolizer, addr2line and perf script --inline',
  'unwind-rows': 'unwind tables against libdw',
  tree: 'folding, culling and search against a tree of objects',
  comparing: 'verdicts and the picture of two recordings of 100,000 stacks, against pprof -diff_base (5 minutes)',
  picture: 'the worker’s time for one update of the picture',
  histograms: 'a probe’s histogram and heat map with an hour of data: counting, making, drawing; events a second (a browser)',
  library: 'listing and searching 5,000 recordings, against reading their folder alone',
  opening: '100,000 stacks opened in the window and in speedscope: time to the picture, memory (a browser; about 10 minutes)',
  importing: 'files of other tools imported, against speedscope’s importer, and files of 1 GB (a browser, 3 GB of disk; about 15 minutes)',
  window: 'sample to pixel, frames a second and main-thread time in a real browser (root)',
};

const HELP = `Usage: npm run bench [-- PART...]

Parts:
${Object.entries(parts).map(([name, what]) => `  ${name.padEnd(13)} ${what}`).join('\n')}

Figures are ratios within one run: the machines are noisy, so compare nothing across runs.`;

function main(wanted: readonly string[]): number {
  const unknown = wanted.filter((name) => !(name in parts));
  if (unknown.length > 0 || wanted.includes('--help')) {
    console.log(HELP);
    return wanted.includes('--help') ? 0 : 2;
  }
  process.chdir(dirname(import.meta.dirname));
  let failed = 0;
  for (const part of wanted.length > 0 ? wanted : Object.keys(parts)) {
    console.log(`\n=== ${part}: ${parts[part]}`);
    const needsRoot = ['sampling', 'unwinding', 'probes', 'events', 'events-window', 'off-cpu', 'window'].includes(part);
    if (needsRoot && process.getuid?.() !== 0) {
      console.log('skipped: it samples other processes, which needs root');
      continue;
    }
    if (spawnSync(process.execPath, [`bench/${part}.ts`], { stdio: 'inherit' }).status !== 0) failed++;
  }
  return failed === 0 ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
