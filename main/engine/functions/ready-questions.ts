// SPDX-License-Identifier: Apache-2.0
/** The questions that are one click away, and what their groups are called. native/helper/wire_probes.h lists their names. */
import { readFileSync } from 'node:fs';
import type { ReadyQuestion } from '../../../ipc/contract.ts';
import { systemCallNames } from './system-calls.ts';

const gallery: readonly ReadyQuestion[] = [
  {
    name: 'run-queue',
    title: 'Run-queue latency',
    reading: 'How long threads that could run waited for a CPU: tens of microseconds are usual, a hump of milliseconds means that there are more runnable threads than CPUs.',
    bcc: 'runqlat',
    unit: 'nanoseconds',
    groups: '',
    needsTarget: false,
  },
  {
    name: 'block-io',
    title: 'Disk latency by device',
    reading: 'From handing a request to the device until it is done: two humps are mostly a cache and the medium behind it, a long tail is a queue.',
    bcc: 'biolatency',
    unit: 'nanoseconds',
    groups: 'device',
    needsTarget: false,
  },
  {
    name: 'syscalls',
    title: 'System calls by count and time',
    reading: 'What the program asks the kernel for: many short calls cost their entry each, long ones mostly wait, so look at their time and at off-CPU.',
    bcc: 'syscount',
    unit: 'nanoseconds',
    groups: 'system call',
    needsTarget: false,
  },
  {
    name: 'page-faults',
    title: 'Page faults',
    reading: 'Where memory is touched for the first time, or again after it was taken away: by stack it shows who makes the process grow.',
    bcc: 'stackcount',
    unit: 'count',
    groups: '',
    needsTarget: false,
  },
  {
    name: 'futex',
    title: 'Waiting for locks',
    reading: 'Time in futex(2), on which locks and condition variables wait: long waits of worker threads are idleness, of a thread with work to do contention.',
    bcc: 'futexctn',
    unit: 'nanoseconds',
    groups: '',
    needsTarget: false,
  },
  {
    name: 'file-reads',
    title: 'Reads by latency',
    reading: 'Time in read(2) and its like: microseconds come from the page cache, milliseconds from a disk, more from a peer that has nothing to say.',
    bcc: 'fileslower',
    unit: 'nanoseconds',
    groups: '',
    needsTarget: false,
  },
  {
    name: 'file-writes',
    title: 'Writes by latency',
    reading: 'Time in write(2) and its like: most only copy to memory; the slow ones wait for the disk, a full pipe or a full socket.',
    bcc: 'fileslower',
    unit: 'nanoseconds',
    groups: '',
    needsTarget: false,
  },
  {
    name: 'tcp-connects',
    title: 'TCP connects',
    reading: 'From SYN until the connection stands: one round trip to the peer, or a second and more where the first packet was lost.',
    bcc: 'tcpconnlat',
    unit: 'nanoseconds',
    groups: '',
    needsTarget: false,
  },
  {
    name: 'switches',
    title: 'Context switches',
    reading: 'How often threads gave up the CPU of their own will (they wait) and how often they were put aside for others (there is too little CPU).',
    bcc: 'cpudist',
    unit: 'count',
    groups: 'kind',
    needsTarget: false,
  },
  {
    name: 'allocations',
    title: 'Memory not yet freed, by stack',
    reading: 'Bytes that were allocated and not freed since it began: what keeps growing is a leak or a cache, what grows and shrinks is at work.',
    bcc: 'memleak',
    unit: 'bytes',
    groups: '',
    needsTarget: true,
  },
  {
    name: 'heap-growth',
    title: 'Growth of the heap',
    reading: 'Bytes by which brk(2) and mmap(2) made the process larger, and who asked: large steps come from allocators, few are usual after the start.',
    bcc: 'stackcount',
    unit: 'bytes',
    groups: '',
    needsTarget: false,
  },
];

export function readyQuestions(): ReadyQuestion[] {
  return gallery.map((question) => ({ ...question }));
}

export function readyQuestion(name: string): ReadyQuestion | null {
  return gallery.find((question) => question.name === name) ?? null;
}

const PARTITIONS = '/proc/partitions';

/** Device numbers as struct wire_bucket.group has them -> "sda". */
function deviceNames(): Map<number, string> {
  const found = new Map<number, string>();
  let text = '';
  try {
    text = readFileSync(PARTITIONS, 'latin1');
  } catch {
    // Without it devices go by their numbers.
  }
  for (const line of text.split('\n')) {
    const [major, minor, , name] = line.trim().split(/\s+/);
    if (name !== undefined && /^\d+$/.test(major!)) found.set(Number(major) * 2 ** 20 + Number(minor), name);
  }
  return found;
}

/** Its bytes were given back; the stack is that which had allocated them. */
export function isFreed(question: string, group: number): boolean {
  return question === 'allocations' && group === 1;
}

/** What a group of a ready question is called: "openat", "sda1", "involuntary". */
export function groupName(question: string, group: number): string {
  switch (question) {
    case 'syscalls':
      return systemCallNames.get(group) ?? `system call ${group}`;
    case 'block-io':
      return deviceNames().get(group) ?? `${Math.floor(group / 2 ** 20)}:${group % 2 ** 20}`;
    case 'switches':
      return group === 0 ? 'voluntary' : 'involuntary';
    case 'allocations':
      return isFreed(question, group) ? 'freed' : 'allocated';
    default:
      return '';
  }
}
