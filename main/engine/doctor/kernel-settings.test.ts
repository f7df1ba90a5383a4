// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lockdownIn, memlockIn, optionsIn } from './kernel-settings.ts';
import { installedActions, ownContainer } from './surroundings.ts';
import { lookAtTarget } from './target-files.ts';

test('options of a configuration are those that are built in or modules', () => {
  const options = optionsIn('# Linux/x86\nCONFIG_KPROBES=y\n# CONFIG_FPROBE is not set\nCONFIG_NF=m\nCONFIG_HZ=250\nCONFIG_LSM="a,b"\n');
  expect([...options]).toEqual(['CONFIG_KPROBES', 'CONFIG_NF']);
});

test('lockdown is the word in brackets', () => {
  expect(lockdownIn('none [integrity] confidentiality\n')).toBe('integrity');
  expect(lockdownIn('[none] integrity confidentiality\n')).toBe('none');
  expect(lockdownIn(null)).toBeNull();
  expect(lockdownIn('[something]')).toBeNull();
});

test('the limit of locked memory', () => {
  const limits = (soft: string) => `Limit                     Soft Limit           Hard Limit           Units     \nMax locked memory         ${soft}              unlimited            bytes     \n`;
  expect(memlockIn(limits('8388608'))).toBe(8388608);
  expect(memlockIn(limits('unlimited'))).toBeNull();
});

test('an action is installed when its file defines it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'emberscope-actions-'));
  try {
    expect(installedActions(folder)).toEqual({ profile: false, trace: false });
    writeFileSync(join(folder, 'org.emberscope.profile.policy'), '<policyconfig><action id="org.emberscope.profile">');
    writeFileSync(join(folder, 'org.emberscope.trace.policy'), '<policyconfig><action id="org.other">');
    expect(installedActions(folder)).toEqual({ profile: true, trace: false });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a container has a name or none', () => {
  expect([null, expect.any(String)]).toContainEqual(ownContainer());
});

test('the files of this process are found, with what they hold', async () => {
  const target = await lookAtTarget(process.pid);
  if (target.kind !== 'files') throw new Error(target.kind);
  expect(target.files.map(({ path }) => path)).toContain(process.execPath);
  const libc = target.files.find(({ path }) => /\/libc\.so/.test(path));
  if (libc) expect(libc.names).not.toBe('unreadable');
  expect(await lookAtTarget(2 ** 22 + 1)).toEqual({ tgid: 2 ** 22 + 1, kind: 'gone' });
});
