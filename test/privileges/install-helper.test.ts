// SPDX-License-Identifier: Apache-2.0
/** What install-helper says and refuses; that it installs is in pkexec.test.ts. */
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const TOP = join(import.meta.dirname, '../..');
const BUILT = join(TOP, 'build/native/emberscope-helper');
const INSTALLED = '/usr/libexec/emberscope/emberscope-helper';

const installHelper = (...args: string[]): SpawnSyncReturns<string> =>
  // stdin is a pipe: there is nobody to ask.
  spawnSync(process.execPath, [join(TOP, 'scripts/install-helper.ts'), ...args], { encoding: 'utf8', input: '' });

describe('install-helper', () => {
  it('explains itself', () => {
    const { status, stdout } = installHelper('--help');
    expect(status).toBe(0);
    expect(stdout).toContain('--uninstall');
  });

  it.each([['--prefix=/tmp'], ['/tmp/other-helper']])('does not take %s', (argument) => {
    const { status, stderr } = installHelper(argument);
    expect(status).toBe(2);
    expect(stderr).toContain('usage:');
  });

  it('changes nothing when it cannot ask, and has shown every path, mode and hash', (context) => {
    if (!existsSync(BUILT)) return context.skip(`${BUILT} is not built`);
    const before = existsSync(INSTALLED);
    const { status, stdout, stderr } = installHelper();
    expect(status).toBe(1);
    expect(stderr).toContain('--yes');
    expect(existsSync(INSTALLED)).toBe(before);
    expect(stdout).toContain(`${INSTALLED}\n      owner root:root, mode 0755`);
    expect(stdout).toContain(createHash('sha256').update(readFileSync(BUILT)).digest('hex'));
    for (const mode of ['profile', 'trace']) {
      expect(stdout).toContain(
        `/usr/share/polkit-1/actions/org.emberscope.${mode}.policy\n      owner root:root, mode 0644`,
      );
    }
  });
});
