// SPDX-License-Identifier: Apache-2.0
// All that `npm start` and `npm test` need beforehand: system packages, npm packages, builds, a shell for
// the window. Each step runs only when its inputs changed. Plain JavaScript, for the system's Node.
import { dirname } from 'node:path';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { existsSync } from 'node:fs';
import { clearStamp, fingerprint, isCurrent, writeStamp } from './inputs.mjs';
import { installPackages, missingPackages, neededPackages } from './packages.mjs';
import { SetupError, run } from './step.mjs';

const HELP = `Usage: npm run setup [-- --tests] [-- --native] [-- --force]

Installs and builds what Emberscope needs, and only what is missing or out of date.
  --tests    also what only the tests need (qemu, perf, polkit, a browser)
  --native   stop after the helper, the BPF programs and the addon
  --force    build again even where nothing changed
  --help     this text`;

const PROGRAMS = ['busy', 'demo'];
const MAKE = ['make', '-s', `-j${availableParallelism()}`];

/** Steps whose outputs depend on nothing but the files named here. */
const BUILDS = [
  {
    name: 'the helper, the BPF programs and the test programs',
    command: [...MAKE, '-C', 'native', 'helper', 'bpf', 'hold', 'programs'],
    inputs: ['bpf', 'native/helper', 'native/hold', 'native/Makefile', 'test/programs', 'package.json'],
    outputs: ['build/native/emberscope-helper', 'build/native/on_cpu.bpf.o', 'build/native/off_cpu.bpf.o', 'build/native/function.bpf.o', 'build/native/ready.bpf.o', 'build/native/emberscope-hold', ...PROGRAMS.map((name) => `build/programs/${name}`)],
    stamp: 'build/stamps/native',
    native: true,
  },
  {
    name: 'the symbol addon',
    command: [...MAKE, '-C', 'native/addon'],
    inputs: ['native/addon', 'package-lock.json'],
    outputs: ['build/native/emberscope.node'],
    stamp: 'build/stamps/addon',
    native: true,
  },
  {
    name: 'the window, the engine and the command line',
    command: ['node_modules/.bin/node', 'scripts/build-app.ts', '--quiet'],
    inputs: ['profile', 'formats', 'ipc', 'main', 'renderer', 'assets', 'scripts/build-app.ts', 'package.json', 'package-lock.json'],
    outputs: ['build/app/cli.js', 'build/app/launch.js', 'build/app/reading-thread.cjs', 'build/app/importing-thread.cjs', 'build/app/library-thread.cjs', 'build/app/name-cache-thread.cjs', 'build/app/renderer/index.html'],
    stamp: 'build/stamps/app',
    native: false,
  },
];

/** @param {string} text */
function say(text) {
  console.error(`set-up: ${text}`);
}

function checkMachine() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) throw new SetupError('check Node.js', 'node --version', `Node.js ${process.versions.node} is too old.`, 'Install Node.js 20 or newer.');
  if (process.platform !== 'linux') throw new SetupError('check the system', 'uname', `Emberscope profiles Linux, and this is ${process.platform}.`, 'Run it on Linux.');
}

/** @param {boolean} tests */
function systemPackages(tests) {
  if (!existsSync('/usr/bin/dpkg-query')) {
    // Elsewhere packages cannot be looked up by name: believe in the tools that the builds call.
    if (['/usr/bin/make', '/usr/bin/gcc', '/usr/bin/clang'].every((tool) => existsSync(tool))) return;
    installPackages(neededPackages({ tests }));
  }
  const missing = missingPackages(neededPackages({ tests }));
  if (missing.length === 0) return;
  say('installing system packages');
  installPackages(missing);
}

function npmPackages() {
  const stamp = 'node_modules/.emberscope-lock';
  const print = fingerprint(['package-lock.json'], `${process.platform} ${process.arch}`);
  if (isCurrent(stamp, print, ['node_modules/.bin/node', 'node_modules/.bin/vite'])) return;
  say('installing npm packages (about a minute)');
  run('install npm packages', ['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error'], 'Check that the npm registry can be reached; then run the command again.');
  writeStamp(stamp, print);
}

/** @param {boolean} force @param {boolean} nativeOnly */
function builds(force, nativeOnly) {
  for (const build of BUILDS) {
    if (nativeOnly && !build.native) continue;
    const print = fingerprint(build.inputs, build.command.join(' '));
    if (!force && isCurrent(build.stamp, print, build.outputs)) continue;
    say(`building ${build.name}`);
    clearStamp(build.stamp);
    run(`build ${build.name}`, build.command, 'The lines above name the file; if it was not you who changed it, run `npm run setup -- --force`.', { quiet: true });
    const absent = build.outputs.filter((output) => !existsSync(output));
    if (absent.length) throw new SetupError(`build ${build.name}`, build.command.join(' '), `It did not make ${absent.join(', ')}.`, 'Run `npm run setup -- --force`.');
    writeStamp(build.stamp, print);
  }
}

/** The window needs Electron's binary or a browser; only where neither can be had is one installed.
 * @param {boolean} tests the tests drive Chromium in any case */
function windowShell(tests) {
  const browsers = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const folders = ['/usr/bin', '/usr/local/bin', '/snap/bin', '/opt/google/chrome'];
  if (folders.some((folder) => browsers.some((browser) => existsSync(`${folder}/${browser}`)))) return;
  if (!tests) {
    const answer = run('choose the shell', ['node_modules/.bin/node', 'build/app/launch.js', '--which-shell'], 'Run `npm run setup -- --force`.', { quiet: true });
    // "none": there is no display, and the launcher prints an address instead.
    if (['electron', 'none'].includes(answer.trim())) return;
  }
  say('installing a browser for the window: Electron’s binary cannot be had here');
  installPackages(['chromium']);
}

function main() {
  process.chdir(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
  const args = process.argv.slice(2);
  const unknown = args.filter((arg) => !['--tests', '--native', '--force', '--help'].includes(arg));
  if (args.includes('--help')) return console.error(HELP);
  if (unknown.length) throw new SetupError('read the options', args.join(' '), `Unknown: ${unknown.join(' ')}`, HELP);
  const tests = args.includes('--tests');
  const nativeOnly = args.includes('--native');
  checkMachine();
  systemPackages(tests);
  npmPackages();
  builds(args.includes('--force'), nativeOnly);
  if (!nativeOnly) windowShell(tests);
}

try {
  main();
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error);
  process.exitCode = 1;
}
