// SPDX-License-Identifier: Apache-2.0
/** What the symbolizer knows of one module: where its names may be, and which frames wait for them. */
import { ModuleKind } from '../../../profile/schema.ts';
import type { FrameIndex } from '../../../profile/units.ts';
import type { CodePlace } from './jit/run-time-code.ts';
import type { KernelSymbols } from './kernel-symbols.ts';
import type { Named, NameSource } from './module-symbols.ts';

export interface ModuleState {
  candidates: string[];
  buildId: string;
  image: Uint8Array | null;
  kernel: KernelSymbols | null;
  /** What its process says of code that it makes, and the version of that which was asked last. */
  runTime: CodePlace | null;
  runTimeVersion: number;
  /** Frames not looked up yet. */
  waiting: FrameIndex[];
  /** Frames that were looked up without finding a name, and have a row that says so. */
  unnamed: Set<FrameIndex>;
  /** There is a new place to look, for those as well. */
  again: boolean;
  /** That place may say more of frames that have names, too. */
  saysMore: boolean;
  /** Frames that have a name. */
  named: number;
  source: NameSource | null;
  reason: string;
  /** Why its frames have no source lines though there is debug information. */
  linesReason: string;
  stripped: Named['stripped'];
}

export function newState(buildId: string): ModuleState {
  return {
    candidates: [],
    buildId,
    image: null,
    kernel: null,
    runTime: null,
    runTimeVersion: 0,
    waiting: [],
    unnamed: new Set(),
    again: false,
    saysMore: false,
    named: 0,
    source: null,
    reason: '',
    linesReason: '',
    stripped: false,
  };
}

/** Whether there are frames to look up; those without a name wait once more where there is a new place to look. */
export function takeWork(state: ModuleState): boolean {
  if (state.runTime && state.runTime.version !== state.runTimeVersion) {
    state.runTimeVersion = state.runTime.version;
    state.again = true;
  }
  if (state.again) for (const frame of state.unnamed) state.waiting.push(frame);
  state.again = false;
  return state.waiting.length > 0 || state.saysMore;
}

export function hasPlace({ candidates, image, kernel, runTime }: ModuleState): boolean {
  return candidates.length > 0 || image !== null || kernel !== null || runTime !== null;
}

/** Why code has no name where nobody told of a place to look: a sentence. */
export function reasonByKind(kind: ModuleKind): string {
  switch (kind) {
    case ModuleKind.anonymous:
      return 'This code lies in no file: a compiler put it into memory at run time.';
    case ModuleKind.kernel:
    case ModuleKind.kernelModule:
      return 'The kernel shows no symbol for this code. It may hide them all: see its setting kernel.kptr_restrict.';
    case ModuleKind.executable:
    case ModuleKind.library:
    case ModuleKind.vdso:
      return 'Its file was not found.';
    case ModuleKind.source:
      return '';
    default:
      return 'No file was mapped at this address.';
  }
}
