// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { chmod, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runBuilder } from '../../scripts/package/builder.ts';
import { makeStandIn } from '../../scripts/package/stand-in.ts';
import { BUNDLES, makeProject, type Project } from './project.ts';

const run = promisify(execFile);
const ASAR = join(import.meta.dirname, '../../node_modules/.bin/asar');
const FPM = join(import.meta.dirname, 'fpm.mjs');

const noDpkg = existsSync('/usr/bin/dpkg-deb') ? undefined : 'dpkg-deb is not here';
if (noDpkg !== undefined) console.log(`skipped: the deb's contents: ${noDpkg}`);

describe('a package', () => {
  let project: Project;
  let unpacked: string;

  beforeAll(async () => {
    project = await makeProject();
    if (project.placeholders.length > 0)
      console.log(`not built, a line of text stands for: ${project.placeholders.join(', ')}`);
    const electronDist = join(project.folder, 'electron-dist');
    await makeStandIn(electronDist, project.electronVersion);
    await chmod(FPM, 0o755);
    const { status, text } = await runBuilder(
      {
        project: project.folder,
        targets: noDpkg === undefined ? ['dir', 'deb'] : ['dir'],
        electronVersion: project.electronVersion,
        electronDist,
        environment: { CUSTOM_FPM_PATH: FPM, PATH: `${join(process.execPath, '..')}:${process.env['PATH'] ?? ''}` },
      },
      'pipe',
    );
    expect(status, text).toBe(0);
    unpacked = join(project.folder, 'build/package/linux-unpacked');
  });
  afterAll(() => project && rm(project.folder, { recursive: true, force: true }));

  const same = async (packaged: string, source: string): Promise<void> =>
    expect(
      (await readFile(join(unpacked, packaged))).equals(await readFile(join(project.folder, source))),
      packaged,
    ).toBe(true);

  it('has its parts where places.ts looks for them', async () => {
    await same('resources/native/emberscope-helper', 'build/native/emberscope-helper');
    await same('resources/native/on_cpu.bpf.o', 'build/native/on_cpu.bpf.o');
    await same('resources/native/off_cpu.bpf.o', 'build/native/off_cpu.bpf.o');
    await same('resources/native/function.bpf.o', 'build/native/function.bpf.o');
    await same('resources/native/ready.bpf.o', 'build/native/ready.bpf.o');
    await same('resources/native/emberscope-hold', 'build/native/emberscope-hold');
    await same('resources/native/emberscope.node', 'build/native/emberscope.node');
    await same('resources/programs/demo', 'build/programs/demo');
    for (const program of ['emberscope', 'resources/native/emberscope-helper', 'resources/native/emberscope-hold', 'resources/programs/demo']) {
      expect(statSync(join(unpacked, program)).mode & 0o111, program).toBe(0o111);
    }
  });

  it('brings what install-helper and the desktop need', async () => {
    for (const action of ['profile', 'trace'])
      await same(`resources/assets/org.emberscope.${action}.policy`, `assets/org.emberscope.${action}.policy`);
    await same('resources/assets/emberscope.desktop', 'assets/emberscope.desktop');
    await same(
      'resources/assets/org.emberscope.Emberscope.metainfo.xml',
      'assets/org.emberscope.Emberscope.metainfo.xml',
    );
  });

  it('holds the bundles in its archive, and no module of npm', async () => {
    const { stdout } = await run(process.execPath, [ASAR, 'list', join(unpacked, 'resources/app.asar')]);
    const entries = stdout.trim().split('\n');
    expect(entries).toEqual(expect.arrayContaining(['/package.json', ...BUNDLES.map((name) => `/build/app/${name}`)]));
    expect(entries.filter((entry) => !/^\/(package\.json|build|build\/app(\/.*)?)$/.test(entry))).toEqual([]);
  });

  it('has its fuses set', async () => {
    const wire = await getCurrentFuseWire(join(unpacked, 'emberscope'));
    const on = (fuse: FuseV1Options): boolean => wire[fuse] === FuseState.ENABLE;
    expect({
      runAsNode: on(FuseV1Options.RunAsNode),
      nodeOptions: on(FuseV1Options.EnableNodeOptionsEnvironmentVariable),
      inspect: on(FuseV1Options.EnableNodeCliInspectArguments),
      filePrivileges: on(FuseV1Options.GrantFileProtocolExtraPrivileges),
      cookieEncryption: on(FuseV1Options.EnableCookieEncryption),
      onlyAsar: on(FuseV1Options.OnlyLoadAppFromAsar),
      wasmTrapHandlers: on(FuseV1Options.WasmTrapHandlers),
    }).toEqual({
      runAsNode: false,
      nodeOptions: false,
      inspect: false,
      filePrivileges: false,
      cookieEncryption: true,
      onlyAsar: true,
      wasmTrapHandlers: true,
    });
  });

  describe.skipIf(noDpkg !== undefined)('as a deb', () => {
    let deb: string;
    let contents: string[];

    beforeAll(async () => {
      const { version } = JSON.parse(await readFile(join(project.folder, 'package.json'), 'utf8')) as {
        version: string;
      };
      deb = join(
        project.folder,
        `build/package/emberscope_${version}_${process.arch === 'x64' ? 'amd64' : process.arch}.deb`,
      );
      contents = (await run('dpkg-deb', ['--contents', deb], { maxBuffer: 1 << 24 })).stdout.split('\n');
    });

    it.each([
      ['-rwxr-xr-x', '/usr/libexec/emberscope/emberscope-helper'],
      ['-rw-r--r--', '/usr/libexec/emberscope/on_cpu.bpf.o'],
      ['-rw-r--r--', '/usr/libexec/emberscope/off_cpu.bpf.o'],
      ['-rw-r--r--', '/usr/libexec/emberscope/function.bpf.o'],
      ['-rw-r--r--', '/usr/libexec/emberscope/ready.bpf.o'],
      ['-rw-r--r--', '/usr/share/polkit-1/actions/org.emberscope.profile.policy'],
      ['-rw-r--r--', '/usr/share/polkit-1/actions/org.emberscope.trace.policy'],
      ['-rw-r--r--', '/usr/share/metainfo/org.emberscope.Emberscope.metainfo.xml'],
      ['-rw-r--r--', '/usr/share/applications/emberscope.desktop'],
      ['-rw-r--r--', '/usr/share/mime/packages/emberscope.xml'],
      ['-rw-r--r--', '/usr/share/icons/hicolor/256x256/apps/emberscope.png'],
      ['-rwxr-xr-x', '/opt/Emberscope/emberscope'],
    ])('installs %s %s for root', (mode, path) => {
      const line = contents.find((entry) => entry.endsWith(` .${path}`));
      expect(line).toBeDefined();
      expect(line?.split(/\s+/).slice(0, 2)).toEqual([mode, 'root/root']);
    });

    it('depends on polkit, under its old name and its new ones', async () => {
      const { stdout } = await run('dpkg-deb', ['--field', deb, 'Depends']);
      expect(stdout.trim().split(', ')).toEqual(
        expect.arrayContaining(['polkitd | policykit-1', 'pkexec | policykit-1', 'libbpf1', 'libseccomp2']),
      );
    });

    it('depends on the libraries that the helper is linked with', async (context) => {
      if (project.placeholders.includes('build/native/emberscope-helper'))
        return context.skip('the helper is not built');
      const { stdout } = await run('objdump', ['-p', join(project.folder, 'build/native/emberscope-helper')]);
      const needed = [...stdout.matchAll(/NEEDED\s+lib(\w+)\.so/g)].map(([, name]) => name);
      const depends = (await run('dpkg-deb', ['--field', deb, 'Depends'])).stdout;
      const packages: Record<string, RegExp> = { bpf: /\blibbpf1\b/, seccomp: /\blibseccomp2\b/ };
      for (const name of needed)
        if (name !== undefined && name !== 'c') expect(depends, name).toMatch(packages[name] ?? /no package known/);
    });

    it('starts from a desktop entry with the class of its window', async () => {
      const { stdout } = await run('dpkg-deb', ['--fsys-tarfile', deb], { encoding: 'buffer', maxBuffer: 1 << 28 });
      const tar = run('tar', ['--extract', '--to-stdout', './usr/share/applications/emberscope.desktop']);
      tar.child.stdin?.end(stdout);
      const entry = (await tar).stdout;
      expect(entry).toMatch(/^Exec=\/opt\/Emberscope\/emberscope %U$/m);
      expect(entry).toMatch(/^StartupWMClass=emberscope$/m);
      // Otherwise as the one in assets/.
      const own = await readFile(join(project.folder, 'assets/emberscope.desktop'), 'utf8');
      const lines = (text: string): string[] =>
        text
          .split('\n')
          .filter((line) => line !== '' && !line.startsWith('Exec='))
          .sort();
      expect(lines(entry)).toEqual(lines(own));
    });
  });
});
