// SPDX-License-Identifier: Apache-2.0
/** Builds the harness, with the window's own page policy, to build/harness. */
import { fileURLToPath } from 'node:url';
import { mergeConfig } from 'vite';
import window from '../vite.config.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default mergeConfig(window, {
  build: { outDir: here('../../build/harness'), rollupOptions: { input: here('./harness.html') } },
});
