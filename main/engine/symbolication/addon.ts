// SPDX-License-Identifier: Apache-2.0
/** The native addon, loaded when first needed. Only this folder may use it. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Addon } from '../../../native/addon/addon.d.ts';
import { places } from '../places.ts';

let loaded: Addon | undefined;

/** @throws Error with a sentence when it is not built or does not fit this Node. */
export function loadAddon(): Addon {
  if (loaded) return loaded;
  const file = places().addon;
  if (!existsSync(file)) {
    throw new Error(`The part of Emberscope that reads symbols, ${file}, is missing. Run "npm run setup" to build it.`);
  }
  try {
    loaded = createRequire(import.meta.url)(file) as Addon;
  } catch (error) {
    throw new Error(`${file} cannot be loaded: ${(error as Error).message}. Run "npm run setup" to build it anew.`);
  }
  return loaded;
}
