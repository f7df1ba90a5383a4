// SPDX-License-Identifier: Apache-2.0
/** The bundles alone, as an installed application has them: without node_modules and without the sources. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

// Each test starts processes, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'emberscope-bundles-'));
const app = join(folder, 'build', 'app');
const node = (...args: string[]) => spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });

beforeAll(() => {
  mkdirSync(app, { recursive: true });
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  const built = node(
    join(root, 'scripts/build-app.ts'),
    '--quiet',
    '--into',
    app,
    '--only',
    'main,preload,engine-process,cli,reading-thread,importing-thread,library-thread,name-cache-thread,launch',
  );
  expect(built).toMatchObject({ status: 0, stdout: '', stderr: '' });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What a bundle asks of its surroundings. */
function imported(file: string): string[] {
  const code = readFileSync(join(app, file), 'utf8');
  const found = new Set<string>();
  for (const [, name] of code.matchAll(/^import .*?["']([^"']+)["'];$/gm)) found.add(name!);
  for (const [, name] of code.matchAll(/\b(?:require|__require|import)\(["']([^"']+)["']\)/g)) found.add(name!);
  return [...found].filter((name) => !isBuiltin(name)).sort();
}

test.each([
  ['main.js', ['electron']],
  ['preload.cjs', ['electron']],
  ['engine-process.js', []],
  // ws tries them and goes without.
  ['launch.js', ['bufferutil', 'utf-8-validate']],
  ['cli.js', []],
  ['reading-thread.cjs', []],
  ['library-thread.cjs', []],
  ['importing-thread.cjs', []],
  ['name-cache-thread.cjs', []],
])('%s needs nothing but Node and %j', (file, needed) => {
  expect(imported(file)).toEqual(needed);
});

test('the preload is CommonJS, the rest are modules', () => {
  expect(readFileSync(join(app, 'preload.cjs'), 'utf8')).toMatch(/require\("electron"\)/);
  expect(readFileSync(join(app, 'main.js'), 'utf8')).toMatch(/^import /m);
});

test('the version is that of package.json', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  expect(node(join(app, 'cli.js'), '--version')).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
  expect(node(join(app, 'launch.js'), '--version')).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
});

test('the command line works from its bundle', () => {
  expect(node(join(app, 'cli.js'), 'info', 'absent.ember')).toMatchObject({
    status: 5,
    stdout: '',
    stderr: expect.stringContaining('no file') as string,
  });
  expect(node(join(app, 'cli.js'), 'record', '--pid', 'x')).toMatchObject({ status: 2 });
});

test('under Electron alone the engine starts: plain Node has no parent port', () => {
  expect(node(join(app, 'engine-process.js'))).toMatchObject({ status: 0, stdout: '', stderr: '' });
});

test('an unknown part is refused', () => {
  const refused = node(join(root, 'scripts/build-app.ts'), '--only', 'nothing');
  expect(refused.status).toBe(2);
  expect(refused.stderr).toContain('There is no part nothing.');
});
