// SPDX-License-Identifier: Apache-2.0
/** Why there is no flame graph of a recording of probes, and what to do. */

interface Known {
  /** Some probe asks for stacks. */
  hasStacks: boolean;
  /** Calls were measured, and none of them has a stack. */
  stackless: boolean;
  /** From a file. */
  opened: boolean;
  isOver: boolean;
}

export function noStacks({ hasStacks, stackless, opened, isOver }: Known): { title: string; hint: string } {
  if (!hasStacks && (opened || isOver)) {
    return { title: 'This recording has no stacks', hint: 'Its probes did not ask for them. Record again with “Stacks” chosen: who calls a function slowly appears here then.' };
  }
  if (!hasStacks) return { title: 'No probe asks for stacks', hint: 'Choose “Stacks” above and attach a function: who calls it slowly appears here.' };
  if (stackless) {
    return {
      title: 'These calls have no stacks',
      hint: 'They were measured, but where they came from is not known: the kernel’s own threads and interrupts have no callers in a program. How long they took is under Latency; to see callers, ask a function that the program itself calls.',
    };
  }
  if (isOver) return { title: 'No call with a stack was measured', hint: 'Record again, and longer: the function has to be called meanwhile.' };
  return { title: 'No call with a stack yet', hint: 'They come with the first calls that are measured.' };
}
