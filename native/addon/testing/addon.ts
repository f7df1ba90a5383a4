// SPDX-License-Identifier: Apache-2.0
/** The built addon, for this room's tests. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Addon } from '../addon.d.ts';

export const addonFile = fileURLToPath(new URL('../../../build/native/emberscope.node', import.meta.url));

export function loadAddon(): Addon {
  if (!existsSync(addonFile)) throw new Error(`${addonFile} is missing: run "npm run setup" or "make -C native/addon".`);
  return createRequire(import.meta.url)(addonFile) as Addon;
}
