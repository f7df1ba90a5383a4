// SPDX-License-Identifier: Apache-2.0
/** Tells the symbolizer where a module's symbols may be found on this machine. */
import type { SymbolListener } from './live-session.ts';
import type { RunTimeListener } from './normalizer.ts';
import { objectCandidates, readVdso } from './symbolication/object-source.ts';
import type { Symbolizer } from './symbolication/symbolizer.ts';
import { MappingFlag } from './wire-layout.gen.ts';
import type { MappingFrame, ModuleFrame } from './wire-frames.ts';

/** @param runTime what names code that is made at run time; null: nothing does */
export function moduleFiles(symbolizer: Symbolizer, runTime: RunTimeListener | null): SymbolListener {
  return {
    runTime,
    file: (module, mapping) => symbolizer.addModule(module, { candidates: candidatesOf(mapping), buildId: mapping.buildId }),
    vdso(module) {
      const image = ownVdso();
      if (image) symbolizer.addImage(module, image);
    },
    kernelSymbols: (module, offsets, names) => symbolizer.addKernelSymbols(module, offsets, names),
  };
}

export function candidatesOf(mapping: MappingFrame | ModuleFrame): string[] {
  return objectCandidates({ ...mapping, deleted: (mapping.flags & MappingFlag.deleted) !== 0 });
}

let vdso: Uint8Array | null | undefined;

/** Read once; null where there is none. */
export function ownVdso(): Uint8Array | null {
  if (vdso !== undefined) return vdso;
  try {
    vdso = readVdso();
  } catch {
    vdso = null;
  }
  return vdso;
}
