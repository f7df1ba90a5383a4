// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { browserArguments } from './browser-window.ts';
import { findBrowsers } from './browsers.ts';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'emberscope-root-'))));
afterEach(() => rmSync(root, { recursive: true }));

function install(path: string, content = '#!/bin/sh\nexec /usr/lib/chromium/chromium "$@"\n', mode = 0o755): void {
  const file = join(root, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
}
const found = () =>
  findBrowsers(root, join(root, 'home/ada')).map(({ name, path }) => `${name} ${path.slice(root.length)}`);

test('none', () => expect(found()).toEqual([]));

test('programs, the most usual first', () => {
  install('usr/bin/vivaldi-stable');
  install('usr/bin/google-chrome-stable');
  install('usr/bin/chromium');
  install('usr/local/bin/brave-browser');
  expect(found()).toEqual([
    'Chromium /usr/bin/chromium',
    'Google Chrome /usr/bin/google-chrome-stable',
    'Brave /usr/local/bin/brave-browser',
    'Vivaldi /usr/bin/vivaldi-stable',
  ]);
});

test('a file that cannot be executed is none', () => {
  install('usr/bin/chromium', '', 0o644);
  expect(found()).toEqual([]);
});

test("Ubuntu's script that only leads to the snap is none; the snap is one", () => {
  install(
    'usr/bin/chromium-browser',
    '#!/bin/sh\nif ! [ -x /snap/bin/chromium ]; then echo "install the snap"; exit 1; fi\nexec /snap/bin/chromium "$@"\n',
  );
  expect(found()).toEqual([]);
  install('snap/bin/chromium');
  const [snap] = findBrowsers(root, '/home/ada');
  expect(snap).toEqual({
    name: 'Chromium (snap)',
    path: join(root, 'snap/bin/chromium'),
    arguments: [],
    profileParent: '/home/ada/snap/chromium/common',
  });
});

test('a flatpak runs through flatpak, of the system or of the user', () => {
  install('var/lib/flatpak/exports/bin/org.chromium.Chromium');
  install('home/ada/.local/share/flatpak/exports/bin/com.google.Chrome');
  expect(found()).toEqual([]); // without flatpak itself
  install('usr/bin/flatpak');
  expect(findBrowsers(root, join(root, 'home/ada')).map((browser) => browser.arguments)).toEqual([
    ['run', 'org.chromium.Chromium'],
    ['run', 'com.google.Chrome'],
  ]);
});

test('the sandbox is given up for root alone', () => {
  expect(browserArguments('/p', 'file:///p/start.html', 1000)).not.toContain('--no-sandbox');
  expect(browserArguments('/p', 'file:///p/start.html', 0)).toContain('--no-sandbox');
  expect(browserArguments('/p', 'file:///p/start.html', 1000)).toEqual(
    expect.arrayContaining(['--app=file:///p/start.html', '--user-data-dir=/p', '--class=emberscope']),
  );
});
