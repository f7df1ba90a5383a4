// SPDX-License-Identifier: Apache-2.0
/** What of the stacks is not shown frame by frame. No sample is left out: it counts to what is shown below it. */
export interface Collapse {
  /** Functions that were inlined: what they took counts to the function into which they were. */
  readonly inlined: boolean;
  /** A function that calls itself directly is one node. */
  readonly recursion: boolean;
  /** Frames of one library that follow each other are one node with the library's name. */
  readonly libraries: boolean;
  /** Frames of the kernel: what they took counts to the code that entered it. */
  readonly kernel: boolean;
}

export const NOTHING_COLLAPSED: Collapse = { inlined: false, recursion: false, libraries: false, kernel: false };

export function isSameCollapse(a: Collapse, b: Collapse): boolean {
  return a.inlined === b.inlined && a.recursion === b.recursion && a.libraries === b.libraries && a.kernel === b.kernel;
}

/** In words, for what is exported: "inlined functions hidden, recursion collapsed"; empty: everything is shown. */
export function collapseWords({ inlined, recursion, libraries, kernel }: Collapse): string {
  const words = [
    inlined && 'inlined functions hidden',
    recursion && 'recursion collapsed',
    libraries && 'libraries collapsed',
    kernel && 'kernel hidden',
  ];
  return words.filter((word) => word !== false).join(', ');
}
