// SPDX-License-Identifier: Apache-2.0
/** Files that only the helper could read hold names, too: tells the symbolizer of them. */
import type { ModuleIndex } from '../../profile/units.ts';
import type { SymbolListener } from './live-session.ts';
import type { Symbolizer } from './symbolication/symbolizer.ts';
import type { MappingFrame, ModuleFrame } from './wire-frames.ts';

export class FetchedFiles {
  readonly #symbolizer: Symbolizer;
  readonly #modules = new Map<string, ModuleIndex>();
  readonly #paths = new Map<string, string>();

  constructor(symbolizer: Symbolizer) {
    this.#symbolizer = symbolizer;
  }

  /** A listener that does the same, and lets us know the modules. */
  watch(listener: SymbolListener): SymbolListener {
    return {
      ...listener,
      file: (module, mapping) => {
        listener.file(module, mapping);
        for (const key of keysOf(mapping)) {
          this.#modules.set(key, module);
          const path = this.#paths.get(key);
          if (path !== undefined) this.#symbolizer.addModule(module, { candidates: [path], buildId: mapping.buildId });
        }
      },
    };
  }

  /** @param path of a copy of the module's file */
  add(frame: ModuleFrame, path: string): void {
    for (const key of keysOf(frame)) {
      this.#paths.set(key, path);
      const module = this.#modules.get(key);
      if (module !== undefined) this.#symbolizer.addModule(module, { candidates: [path], buildId: frame.buildId });
    }
  }
}

function keysOf({ buildId, inode, deviceMajor, deviceMinor }: MappingFrame | ModuleFrame): string[] {
  const keys = buildId === '' ? [] : [`build ${buildId}`];
  return inode === 0n ? keys : [...keys, `inode ${deviceMajor}:${deviceMinor} ${inode}`];
}
