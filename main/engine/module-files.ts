// SPDX-License-Identifier: Apache-2.0
/** Tells the symbolizer where a module's symbols may be found on this machine. */
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import type { SymbolListener } from './live-session.ts';
import type { Symbolizer } from './symbolication/symbolizer.ts';
import { MappingFlag } from './wire-layout.gen.ts';
import type { MappingFrame } from './wire-frames.ts';

export function moduleFiles(symbolizer: Symbolizer): SymbolListener {
  return {
    file: (module, mapping) => symbolizer.addModule(module, { candidates: candidatesOf(mapping), buildId: mapping.buildId }),
    vdso(module) {
      const image = ownVdso();
      if (image) symbolizer.addImage(module, image);
    },
    kernelSymbols: (module, offsets, names) => symbolizer.addKernelSymbols(module, offsets, names),
  };
}

/**
 * Best first: the very file that is mapped (whatever lies at its path now), the path as the process sees it,
 * the path as we see it. With a build id the symbolizer checks it; without one the inode must be the mapped one.
 */
export function candidatesOf(mapping: MappingFrame): string[] {
  const { tgid, path, start, end } = mapping;
  const mapped = `/proc/${tgid}/map_files/${start.toString(16)}-${end.toString(16)}`;
  const places = mapping.flags & MappingFlag.deleted ? [mapped] : [mapped, `/proc/${tgid}/root${path}`, path];
  if (mapping.buildId !== '') return places;
  return places.filter((place) => {
    try {
      return statSync(place, { bigint: true }).ino === mapping.inode;
    } catch {
      return false;
    }
  });
}

let vdso: Uint8Array | null | undefined;

/** The vdso is the kernel's and the same for all 64-bit processes. null where there is none. */
function ownVdso(): Uint8Array | null {
  if (vdso === undefined) vdso = readOwnVdso();
  return vdso;
}

function readOwnVdso(): Uint8Array | null {
  try {
    const range = /^([0-9a-f]+)-([0-9a-f]+) .*\[vdso\]$/m.exec(readFileSync('/proc/self/maps', 'utf8'));
    if (!range) return null;
    const start = BigInt(`0x${range[1]}`);
    const image = new Uint8Array(Number(BigInt(`0x${range[2]}`) - start));
    const memory = openSync('/proc/self/mem', 'r');
    try {
      const read = readSync(memory, image, 0, image.length, start);
      return read === image.length ? image : null;
    } finally {
      closeSync(memory);
    }
  } catch {
    return null;
  }
}
