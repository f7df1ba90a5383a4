// SPDX-License-Identifier: Apache-2.0
/** A project for electron-builder: this one's settings and assets, and whatever of it is built. */
import { constants } from 'node:fs';
import { access, chmod, cp, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const TOP = join(import.meta.dirname, '../..');

/** Built parts, and whether they are programs. */
const PARTS: Readonly<Record<string, boolean>> = {
  'build/app': false,
  'build/native/emberscope-helper': true,
  'build/native/on_cpu.bpf.o': false,
  'build/native/off_cpu.bpf.o': false,
  'build/native/function.bpf.o': false,
  'build/native/ready.bpf.o': false,
  'build/native/emberscope-hold': true,
  'build/native/emberscope.node': false,
  'build/programs/demo': true,
};
/** What build/app must hold for the package to start; see scripts/build-app.ts. */
export const BUNDLES = ['main.js', 'preload.cjs', 'engine-process.js', 'reading-thread.cjs', 'importing-thread.cjs', 'library-thread.cjs', 'name-cache-thread.cjs', 'renderer/index.html'];

export interface Project {
  readonly folder: string;
  readonly electronVersion: string;
  /** Parts that are not built, so that a line of text stands for them. */
  readonly placeholders: readonly string[];
}

const exists = (path: string): Promise<boolean> =>
  access(path, constants.R_OK).then(
    () => true,
    () => false,
  );

async function placeholder(folder: string, path: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), `in place of ${path}\n`);
}

export async function makeProject(): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), 'emberscope-package-'));
  const placeholders: string[] = [];
  for (const path of ['electron-builder.yml', 'LICENSE', 'assets'])
    await cp(join(TOP, path), join(folder, path), { recursive: true });
  for (const [path, isProgram] of Object.entries(PARTS)) {
    if (await exists(join(TOP, path))) await cp(join(TOP, path), join(folder, path), { recursive: true });
    else if (path !== 'build/app') {
      await placeholder(folder, path);
      placeholders.push(path);
    }
    // As a strict umask leaves it.
    if (path !== 'build/app') await chmod(join(folder, path), isProgram ? 0o700 : 0o600);
  }
  for (const name of await readdir(join(folder, 'assets'), { withFileTypes: true })) {
    if (name.isFile()) await chmod(join(folder, 'assets', name.name), 0o600);
  }
  for (const bundle of BUNDLES.map((name) => `build/app/${name}`)) {
    if (await exists(join(folder, bundle))) continue;
    await placeholder(folder, bundle);
    placeholders.push(bundle);
  }
  // node_modules stays out of the package: here it is not there at all, and electron-builder would look.
  const {
    dependencies: _,
    devDependencies,
    optionalDependencies: __,
    ...rest
  } = JSON.parse(await readFile(join(TOP, 'package.json'), 'utf8')) as Record<string, unknown> & {
    devDependencies: { electron: string };
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify(rest));
  return { folder, electronVersion: devDependencies.electron, placeholders };
}
