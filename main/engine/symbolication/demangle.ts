// SPDX-License-Identifier: Apache-2.0
import { loadAddon } from './addon.ts';

/** C++ and Rust names as people write them, without parameters; other names, and all where the addon is missing, as they are. */
export function demangle(name: string): string {
  if (!/^_?_[ZR]/.test(name)) return name;
  try {
    return loadAddon().demangle(name);
  } catch {
    return name;
  }
}
