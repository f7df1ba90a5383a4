// SPDX-License-Identifier: Apache-2.0
/** What kind of module and of code it is, by what perf and pprof call the file. */
import { FrameCategory, ModuleKind } from '../../profile/schema.ts';
import { NONE, type ModuleIndex } from '../../profile/units.ts';
import type { ProfileBuilder } from './profile-builder.ts';

export interface CodePlace {
  module: ModuleIndex;
  category: FrameCategory;
}

interface Known {
  /** Its address is the kernel's. */
  isKernel: boolean;
  /** Its function is known. */
  isNamed: boolean;
  buildId?: string;
}

/** @param name a path or a name in brackets; empty: not known */
export function codePlace(builder: ProfileBuilder, name: string, { isKernel, isNamed, buildId = '' }: Known): CodePlace {
  const place = (path: string, kind: ModuleKind, category: FrameCategory): CodePlace => ({ module: builder.module(path, kind, buildId), category });
  if (/^\[(kernel|guest\.kernel)[.\]]/.test(name) || name === '[k]') return place('[kernel]', ModuleKind.kernel, FrameCategory.kernel);
  if (/\.ko(\.\w+)?$/.test(name) || (isKernel && name !== '' && name !== '[unknown]')) return place(name, ModuleKind.kernelModule, FrameCategory.kernel);
  if (isKernel) return place('[kernel]', ModuleKind.kernel, FrameCategory.kernel);
  if (name === '' || name === '[unknown]') return { module: NONE, category: isNamed ? FrameCategory.user : FrameCategory.unresolved };
  if (name === '[vdso]' || name === '[vsyscall]') return place('[vdso]', ModuleKind.vdso, FrameCategory.library);
  if (/perf-\d+\.map$|^\[JIT\]|\/jitted-\d+-\d+\.so$|jit-\d+\.dump$/.test(name)) return place('[anonymous]', ModuleKind.anonymous, FrameCategory.jit);
  if (/^\/\/anon|^\[(anon|heap|stack)/.test(name)) return place('[anonymous]', ModuleKind.anonymous, FrameCategory.user);
  const isLibrary = /\.so(\.|$| )/.test(name.slice(name.lastIndexOf('/') + 1));
  return isLibrary ? place(name, ModuleKind.library, FrameCategory.library) : place(name, ModuleKind.executable, FrameCategory.user);
}
