// SPDX-License-Identifier: Apache-2.0
/** The causes of loss, the ends of stacks and what the accounting says, in plain words. */
import type { Accounting } from '../../profile/accounting.ts';
import { LossCause, StackEnd } from '../../profile/schema.ts';
import { formatCount } from './format.ts';

interface Sentence {
  name: string;
  sentence: string;
}

/** `records`: what it counts is missing in another way than as a sample, so it is not in the sum of lost samples. */
export const lossSentences: Record<LossCause, Sentence & { records: boolean }> = {
  [LossCause.countMapFull]: {
    name: 'no room to count',
    sentence: 'More different stacks came between two drains than the kernel’s table holds. A lower rate helps.',
    records: false,
  },
  [LossCause.stackRingFull]: {
    name: 'new stack not handed over',
    sentence: 'Too many stacks were new at once, and the ring to the helper was full. It passes as stacks become known.',
    records: false,
  },
  [LossCause.recursion]: {
    name: 'interrupted itself',
    sentence: 'The sampling program was already running on that CPU; the kernel does not let it nest.',
    records: false,
  },
  [LossCause.sendQueueFull]: {
    name: 'engine too slow',
    sentence: 'Emberscope did not read fast enough, because the computer is busy. A lower rate helps.',
    records: false,
  },
  [LossCause.fault]: {
    name: 'failed in the kernel',
    sentence: 'A look-up or a helper function of the kernel failed while the sample was taken.',
    records: false,
  },
  [LossCause.sidebandRecords]: {
    name: 'records about mappings and threads',
    sentence: 'These are not samples; some frames may lack a name because the mapping that names them was missed.',
    records: true,
  },
  [LossCause.shortLivedThreads]: {
    name: 'short-lived threads',
    sentence: 'Above 400 Hz every new thread begins its own period, so threads that end soon are seen too rarely. At 400 Hz or less they are not.',
    records: false,
  },
  [LossCause.unknownStack]: {
    name: 'counted without a stack',
    sentence: 'The sample is counted, but its stack never came; it stands at the root of the picture.',
    records: true,
  },
  [LossCause.pythonFrames]: {
    name: 'without all Python functions',
    sentence: 'The sample is counted, but some functions of the Python program are missing from its stack: the interpreter was changing them, or they lay in memory that was not loaded.',
    records: true,
  },
  [LossCause.waitMapFull]: {
    name: 'no room for waits',
    sentence: 'More different waits came between two drains than the kernel’s table holds. Leaving out short ones helps.',
    records: true,
  },
  [LossCause.waitStack]: {
    name: 'waits without a stack',
    sentence: 'The time is counted, but too many stacks were new at once; it stands at the root of the picture.',
    records: true,
  },
  [LossCause.shortWaits]: {
    name: 'short waits',
    sentence: 'Waits shorter than was asked for are left out, as settings say.',
    records: true,
  },
  [LossCause.untoldEnds]: {
    name: 'waits without an end',
    sentence: 'The kernel did not tell when the thread ran again. The wait is counted until the thread was woken, without what it then waited for a CPU.',
    records: true,
  },
};

/** `help`: what would bring the missing frames. */
export const endSentences: Record<StackEnd, Sentence & { help: string }> = {
  [StackEnd.outermost]: { name: 'complete', sentence: 'The walk reached the outermost frame.', help: '' },
  [StackEnd.depthLimit]: {
    name: 'too deep',
    sentence: 'The stack has more frames than are recorded; the outermost ones are missing.',
    help: 'Recording it again with “Deep stacks” keeps up to 1,023 frames.',
  },
  [StackEnd.noMapping]: {
    name: 'left known code',
    sentence: 'The next address lies in no mapped code: the frame before it keeps no frame pointer, or its code was unloaded.',
    help: 'Building it with -fno-omit-frame-pointer helps, or having a JIT keep frame pointers (java: -XX:+PreserveFramePointer).',
  },
  [StackEnd.noRow]: {
    name: 'no unwind information',
    sentence: 'The module has no table (.eh_frame) that says how to find the caller of this code; hand-written assembly often has none.',
    help: 'Building it with -fasynchronous-unwind-tables or -fno-omit-frame-pointer helps.',
  },
  [StackEnd.readFault]: {
    name: 'stack not readable',
    sentence: 'The memory of the stack could not be read at that moment, as where it was moved out to disk.',
    help: 'It passes by itself where there is memory enough.',
  },
  [StackEnd.badFrame]: {
    name: 'frame pointer astray',
    sentence: 'The saved frame pointer does not lead outwards: the function uses that register for something else.',
    help: 'Building it with -fno-omit-frame-pointer or with unwind tables helps.',
  },
};

export const noStack = {
  name: 'without a stack',
  sentence: 'Neither a user nor a kernel stack came with the sample; it stands at the root of the picture.',
};

/** What the kernel's accounting says of the samples that are not there. The figures are whole samples. */
export function verdictSentence({ verdict, rest, noise }: Accounting, throttled: boolean, isOfFile: boolean): string {
  const [difference, within] = [formatCount(Math.abs(rest)), `±\u00a0${formatCount(noise)}`];
  switch (verdict) {
    case 'noAccounting':
      return isOfFile ? 'The file does not say how much CPU time the target took.' : 'The kernel has not said yet how much CPU time the target took.';
    case 'withinNoise':
      return `The difference of ${difference} is within sampling noise (${within}).`;
    case 'missing':
      return `${difference} more were due (noise is ${within}): throttled, or never fired. ${throttled ? 'The kernel said that it throttled sampling; a' : 'A'} lower rate helps.`;
    case 'surplus':
      return `${difference} more came than were due (noise is ${within}).`;
    default:
      return verdict satisfies never;
  }
}
