// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

/** The package brings no types. */
const { PNG } = createRequire(import.meta.url)('pngjs') as {
  PNG: { sync: { read: (file: Buffer) => { width: number; height: number; data: Buffer } } };
};

const run = promisify(execFile);
const ASSETS = join(import.meta.dirname, '../../assets');
const read = (name: string): string => readFileSync(join(ASSETS, name), 'utf8');

const noXmllint = existsSync('/usr/bin/xmllint') ? undefined : 'xmllint is not here (package libxml2-utils)';
const noAppstream = existsSync('/usr/bin/appstreamcli') ? undefined : 'appstreamcli is not here (package appstream)';
for (const reason of [noXmllint, noAppstream])
  if (reason !== undefined) console.log(`skipped: an asset's validation: ${reason}`);

describe.each(['profile', 'trace'])('the polkit policy of %s', (mode) => {
  const policy = read(`org.emberscope.${mode}.policy`);

  it('is one action, bound to the installed helper and its argument', () => {
    expect(policy.match(/<action id="[^"]*"/g)).toEqual([`<action id="org.emberscope.${mode}"`]);
    expect(policy).toContain(
      '<annotate key="org.freedesktop.policykit.exec.path">/usr/libexec/emberscope/emberscope-helper</annotate>',
    );
    expect(policy).toContain(`<annotate key="org.freedesktop.policykit.exec.argv1">${mode}</annotate>`);
    expect(policy).not.toContain('allow_gui');
  });

  it('asks for an administrator: to profile, once for the active session; to trace, there only, and each time', () => {
    const defaults = [...policy.matchAll(/<allow_(\w+)>(\w+)</g)].map(([, who, what]) => [who, what]);
    const [away, here] = mode === 'profile' ? ['auth_admin', 'auth_admin_keep'] : ['no', 'auth_admin'];
    expect(defaults).toEqual([
      ['any', away],
      ['inactive', away],
      ['active', here],
    ]);
  });

  it('says what becomes visible', () => {
    expect(policy).toMatch(/<message>.*[Oo]ther users' p.*kernel.*<\/message>/);
    if (mode === 'trace') expect(policy).toMatch(/<message>.*with their arguments.*<\/message>/);
  });
});

it
  .skipIf(noXmllint !== undefined)
  .each(['org.emberscope.profile.policy', 'org.emberscope.trace.policy', 'org.emberscope.Emberscope.metainfo.xml', 'icon.svg'])(
  '%s is well-formed',
  async (name) => void (await run('xmllint', ['--noout', '--nonet', join(ASSETS, name)])),
);

it.skipIf(noAppstream !== undefined)('the metainfo is valid', async () => {
  await run('appstreamcli', ['validate', '--no-net', join(ASSETS, 'org.emberscope.Emberscope.metainfo.xml')]);
});

it('the release in the metainfo is the version of the package', () => {
  const { version } = JSON.parse(readFileSync(join(ASSETS, '../package.json'), 'utf8')) as { version: string };
  expect(read('org.emberscope.Emberscope.metainfo.xml')).toContain(`<release version="${version}"`);
});

describe('the icons', () => {
  it.each(readdirSync(join(ASSETS, 'icons')))('%s has the size of its name, and a picture in it', (name) => {
    const image = PNG.sync.read(readFileSync(join(ASSETS, 'icons', name)));
    expect(`${image.width}x${image.height}.png`).toBe(name);
    // Outside of the rounded corner, and the diamond's left half.
    expect(image.data[3]).toBeLessThan(128);
    const left = (image.width * Math.floor(image.height / 2) + Math.floor(image.width * 0.2)) * 4;
    expect(image.data[left]).toBeGreaterThan(0xe0);
    expect(image.data[left + 2]).toBeLessThan(0x80);
  });
});
