// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { INSTALLED_HELPER, places, placesIn } from './places.ts';

const folder = mkdtempSync(join(tmpdir(), 'emberscope-places-'));
afterAll(() => rmSync(folder, { recursive: true }));

function rootIn(...path: string[]): string {
  const root = join(folder, ...path);
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, 'package.json'), '{"version":"7.8.9"}');
  return root;
}

function helperAt(path: string, mode: number): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, '');
  chmodSync(path, mode);
  return path;
}

test('a checkout keeps everything under build/', () => {
  const root = rootIn('checkout');
  expect(placesIn(root)).toEqual({
    root,
    packaged: false,
    helper: null,
    installedHelper: INSTALLED_HELPER,
    hold: join(root, 'build/native/emberscope-hold'),
    addon: join(root, 'build/native/emberscope.node'),
    demo: join(root, 'build/programs/demo'),
    readingThread: join(root, 'main/engine/recordings/reading-thread.ts'),
    importingThread: join(root, 'main/engine/recordings/importing-thread.ts'),
    nameCacheThread: join(root, 'main/engine/symbolication/name-cache-thread.ts'),
    libraryThread: join(root, 'main/engine/library/library-thread.ts'),
    renderer: join(root, 'build/app/renderer'),
    version: '7.8.9',
  });
});

test('a helper counts only when it can be executed', () => {
  const root = rootIn('built');
  const helper = helperAt(join(root, 'build/native/emberscope-helper'), 0o644);
  expect(placesIn(root).helper).toBeNull();
  chmodSync(helper, 0o755);
  expect(placesIn(root).helper).toBe(helper);
});

test('an installed application has its parts beside the archive', () => {
  const root = rootIn('opt', 'resources', 'app.asar');
  const helper = helperAt(join(folder, 'opt/resources/native/emberscope-helper'), 0o755);
  const found = placesIn(root);
  expect(found.packaged).toBe(true);
  expect(found.helper).toBe(helper);
  expect(found.addon).toBe(join(folder, 'opt/resources/native/emberscope.node'));
  expect(found.renderer).toBe(join(root, 'build/app/renderer'));
});

test('the running code finds its own package', () => {
  const own = JSON.parse(readFileSync(join(places().root, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
  };
  expect(own.name).toBe('emberscope');
  expect(places().version).toBe(own.version);
});
