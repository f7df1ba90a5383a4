// SPDX-License-Identifier: Apache-2.0
/** The questions that are one click away, and what their groups are called. */
import { readFileSync } from 'node:fs';
import type { ReadyAsk, ReadyQuestion } from '../../../ipc/contract.ts';
import { pairQuestions } from './gallery-pairs.ts';
import { singleQuestions } from './gallery-single.ts';
import { systemCallNames } from './system-calls.ts';

/** One that was not asked yet. */
export interface GalleryQuestion extends Omit<ReadyQuestion, 'asks' | 'why' | 'needsTarget'> {
  needsTarget?: true;
  /** The first that this kernel has; none: the helper knows it by its name. */
  asks?: readonly ReadyAsk[];
  /** Tracepoints or functions of the kernel of which one must be there; it is found out when it is attached where nobody knows. */
  needs?: readonly string[];
}

const gallery: readonly GalleryQuestion[] = [...pairQuestions, ...singleQuestions];

function pairOf({ name, unit }: GalleryQuestion): ReadyAsk {
  return { kind: 'ready', name, module: '', measure: { kind: unit === 'nanoseconds' ? 'latency' : unit === 'value' ? 'returned' : 'count' }, events: false };
}

/** @param whyNot of one way to ask; empty: nothing speaks against it, as far as is known */
export function readyQuestions(whyNot: (ask: ReadyAsk) => string = () => ''): ReadyQuestion[] {
  return gallery.map((question) => {
    const { name, title, reading, bcc, unit, groups, topic } = question;
    const ways = question.asks ?? [pairOf(question)];
    const asks = ways.find((ask) => whyNot(ask) === '') ?? ways.at(-1)!;
    const needed = question.needs?.map((need) => whyNot({ kind: need.includes(':') ? 'tracepoint' : 'kernel', name: need, module: '', measure: { kind: 'count' }, events: false })) ?? [];
    const why = whyNot(asks) || (needed.every((reason) => reason !== '') ? (needed[0] ?? '') : '');
    return { name, title, reading, bcc, unit, groups, topic, asks, why, needsTarget: question.needsTarget ?? false };
  });
}

/** One that the helper answers by its name. */
export function readyQuestion(name: string): ReadyQuestion | null {
  return readyQuestions().find((question) => question.asks.kind === 'ready' && question.name === name) ?? null;
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

/** Of /proc/interrupts: "virtio1-input.0", by what the line ends with. */
function interruptName(number: number): string {
  let text = '';
  try {
    text = readFileSync('/proc/interrupts', 'latin1');
  } catch {
    // Then they go by their numbers.
  }
  const line = text.split('\n').find((each) => each.trimStart().startsWith(`${number}:`));
  const device = line?.trim().split(/\s{2,}/).at(-1);
  return device === undefined || /^\d*$/.test(device) ? `interrupt ${number}` : `${number} ${device}`;
}

/** The kernel's, which have been the same since 2.6; so have their numbers. */
const SOFT_INTERRUPTS = ['HI', 'TIMER', 'NET_TX', 'NET_RX', 'BLOCK', 'IRQ_POLL', 'TASKLET', 'SCHED', 'HRTIMER', 'RCU'];
const PAGE_CACHE = ['found', 'missed', 'pages accessed', 'pages added'];

/** Its bytes were given back; the stack is that which had allocated them. */
export function isFreed(question: string, group: number): boolean {
  return question === 'allocations' && group === 1;
}

/** What a group of a ready question is called: "openat", "sda1", "involuntary". */
export function groupName(question: string, group: number): string {
  switch (question) {
    case 'syscalls':
    case 'syncs':
    case 'file-status':
      return systemCallNames.get(group) ?? `system call ${group}`;
    case 'block-io':
      return deviceNames().get(group) ?? `${Math.floor(group / 2 ** 20)}:${group % 2 ** 20}`;
    case 'run-queue-length':
      return `CPU ${group}`;
    case 'interrupts':
      return interruptName(group);
    case 'soft-interrupts':
      return SOFT_INTERRUPTS[group] ?? `vector ${group}`;
    case 'page-cache':
      return PAGE_CACHE[group] ?? '';
    case 'switches':
      return group === 0 ? 'voluntary' : 'involuntary';
    case 'allocations':
      return isFreed(question, group) ? 'freed' : 'allocated';
    default:
      return '';
  }
}
