// SPDX-License-Identifier: Apache-2.0
/** What is asked of a frame's function; or why nothing can be. */
import type { ProbeRequest } from '../../ipc/contract.ts';
import { FrameCategory } from '../../profile/schema.ts';
import type { NodeDetails } from '../worker/protocol.ts';
import type { FrameQuestion } from './probing.ts';

/** @returns the request, or in words why the frame cannot be measured. */
export function frameProbe(details: NodeDetails, question: FrameQuestion): ProbeRequest | string {
  const function_ = functionOf(details);
  if (typeof function_ === 'string') return function_;
  const isCount = question === 'count';
  return {
    ...function_,
    measure: { kind: isCount ? 'count' : 'latency' },
    byThread: true,
    byStack: question === 'callers',
    events: question === 'trace',
    leastNs: 0,
    filter: null,
  };
}

function functionOf({ node, name, category, module, isProcess, isLibrary, unnamedReason, inlinedInto }: NodeDetails): Pick<ProbeRequest, 'kind' | 'name' | 'module'> | string {
  if (node === 0 || isProcess === true) return 'It is no function.';
  if (isLibrary === true) return 'It stands for a whole library: show its functions first, under Collapse.';
  if (unnamedReason !== '') return 'It has no name, and probes are attached by name.';
  switch (category) {
    case FrameCategory.kernel:
      return { kind: 'kernel', name, module: '' };
    case FrameCategory.user:
    case FrameCategory.library:
      if (!module.startsWith('/')) return `Its code lies in ${module === '' ? 'no file' : module}, where nothing can be attached.`;
      return { kind: 'user', name, module };
    case FrameCategory.inlined:
      return inlinedInto === '' ? 'It was inlined: it has no entry of its own.' : `It was inlined into ${inlinedInto}: it has no entry of its own. Measure that one.`;
    case FrameCategory.jit:
      return 'It was compiled at run time: its code moves, and lies in no file.';
    case FrameCategory.interpreted:
      return 'It is interpreted: the kernel sees the interpreter, not the function.';
    case FrameCategory.unresolved:
      return 'It has no name, and probes are attached by name.';
    default:
      return category satisfies never;
  }
}
