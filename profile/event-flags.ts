// SPDX-License-Identifier: Apache-2.0
/** Flags of an event as ftrace and bcc write them: four letters, `.` where there is nothing, or nothing is known. */
import { EventFlag } from './schema.ts';

/** Bits above the flags: the depth of disabled preemption. */
const DEPTH_SHIFT = 16;

/**
 * "d.h1": interrupts off, needs rescheduling, in an interrupt (h hard, s soft, H a hard one within a soft one), depth
 * of disabled preemption.
 */
export function eventFlagLetters(flags: number): string {
  const has = (flag: EventFlag) => (flags & flag) !== 0;
  const irqs = has(EventFlag.irqsKnown) && has(EventFlag.irqsOff) ? 'd' : '.';
  const resched = has(EventFlag.reschedKnown) && has(EventFlag.needResched) ? 'N' : '.';
  if (!has(EventFlag.preemptKnown)) return `${irqs}${resched}..`;
  const [hard, soft] = [has(EventFlag.hardirq), has(EventFlag.softirq)];
  const interrupt = hard && soft ? 'H' : hard ? 'h' : soft ? 's' : '.';
  const depth = (flags >>> DEPTH_SHIFT) & 0xff;
  return `${irqs}${resched}${interrupt}${depth === 0 ? '.' : Math.min(depth, 15).toString(16)}`;
}
