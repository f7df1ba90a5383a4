// SPDX-License-Identifier: Apache-2.0
/** The causes of loss and the ends of stacks, in plain words. */
import { LossCause, StackEnd } from '../../profile/schema.ts';

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
};

export const endSentences: Record<StackEnd, Sentence> = {
  [StackEnd.outermost]: { name: 'complete', sentence: 'The walk reached the outermost frame.' },
  [StackEnd.depthLimit]: { name: 'too deep', sentence: 'The stack has more frames than are recorded; the outermost ones are missing.' },
  [StackEnd.noMapping]: { name: 'left known code', sentence: 'The next address lies in no mapped code, as when a function was built without frame pointers.' },
  [StackEnd.noRow]: { name: 'no unwind information', sentence: 'The code has no table that says how to find its caller.' },
  [StackEnd.readFault]: { name: 'stack not readable', sentence: 'The memory of the stack could not be read at that moment.' },
  [StackEnd.badFrame]: { name: 'frame pointer astray', sentence: 'The saved frame pointer does not lead outwards: the function uses that register for something else.' },
};
