#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// As much of fpm as electron-builder asks of it for a deb, done by dpkg-deb: fpm is not in Debian, and its
// download is out of reach where these tests run. Like fpm it keeps the modes of what it copies, and sets
// folders to 0755.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const FLAGS = ['--force'];

/** @type {Map<string, string[]>} */
const options = new Map();
/** @type {[string, string][]} */
const mappings = [];
const words = process.argv.slice(2);
for (let word = words.shift(); word !== undefined; word = words.shift()) {
  if (!word.startsWith('-')) {
    const at = word.indexOf('=');
    mappings.push([word.slice(0, at), word.slice(at + 1)]);
  } else if (!FLAGS.includes(word)) {
    const at = word.startsWith('--') ? word.indexOf('=') : -1;
    const name = at < 0 ? word : word.slice(0, at);
    options.set(name, [...(options.get(name) ?? []), at < 0 ? (words.shift() ?? '') : word.slice(at + 1)]);
  }
}

/** @param {string} name */
const option = (name) => options.get(name)?.[0] ?? '';

const root = mkdtempSync(join(tmpdir(), 'emberscope-deb-'));
try {
  for (const [from, to] of mappings) {
    const folder = from.endsWith('/');
    const target = join(root, to);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(from, target, { recursive: folder, preserveTimestamps: true });
  }
  const control = join(root, 'DEBIAN');
  mkdirSync(control);
  const description = option('--description').replace(/\n(?! )/g, '\n ');
  writeFileSync(
    join(control, 'control'),
    [
      `Package: ${option('--name')}`,
      `Version: ${option('--version')}`,
      `Architecture: ${option('--architecture')}`,
      `Maintainer: ${option('--maintainer')}`,
      `Depends: ${(options.get('-d') ?? []).join(', ')}`,
      `Section: ${option('--category')}`,
      `Priority: ${option('--deb-priority')}`,
      `Homepage: ${option('--url')}`,
      `Description: ${description}`,
      '',
    ].join('\n'),
  );
  for (const [name, script] of [
    ['--after-install', 'postinst'],
    ['--after-remove', 'postrm'],
  ]) {
    cpSync(option(name), join(control, script));
    chmodSync(join(control, script), 0o755);
  }
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) chmodSync(join(entry.parentPath, entry.name), 0o755);
  }
  chmodSync(root, 0o755);
  execFileSync('dpkg-deb', ['--root-owner-group', '-Znone', '--build', root, option('--package')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
} finally {
  rmSync(root, { recursive: true, force: true });
}
