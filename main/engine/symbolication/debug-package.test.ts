// SPDX-License-Identifier: Apache-2.0
import { existsSync, realpathSync } from 'node:fs';
import { expect, it } from 'vitest';
import { debugPackageOf } from './debug-package.ts';

it('names the package of debug symbols', async (context) => {
  if (!existsSync('/usr/bin/dpkg-query')) {
    console.log('skipped: this is no system with dpkg');
    context.skip();
  }
  expect(await debugPackageOf(realpathSync('/bin/ls'))).toBe('coreutils-dbgsym');
  expect(await debugPackageOf(realpathSync('/usr/bin/dpkg-query'))).toBe('dpkg-dbgsym');
});

it('knows none for what no package owns, whatever its name', async () => {
  expect(await debugPackageOf('/nonexistent/file')).toBeNull();
  expect(await debugPackageOf('/usr/bin/l*')).toBeNull();
  expect(await debugPackageOf('--help')).toBeNull();
});
