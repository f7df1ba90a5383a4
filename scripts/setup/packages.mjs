// SPDX-License-Identifier: Apache-2.0
// The distribution's packages that Emberscope needs, and how to install them.
// Plain JavaScript: it runs on the system's Node, before anything is installed.
import { existsSync, readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { SetupError, run } from './step.mjs';

/** What building needs, by what it is for. `alternatives`: the first that the distribution offers is taken. */
const BUILD = [
  { packages: ['make', 'gcc', 'g++', 'libc6-dev'], why: 'the helper and the addon' },
  { packages: ['clang', 'llvm'], why: 'the BPF programs' },
  { packages: ['libiberty-dev'], why: 'demangling in the addon' },
  { packages: ['libdeflate-dev', 'libzstd-dev', 'liblzma-dev'], why: 'compressed debug information in the addon' },
  { packages: ['libbpf-dev', 'libelf-dev', 'zlib1g-dev', 'libcap-dev', 'libseccomp-dev'], why: 'the helper' },
];

/** What only the tests need. */
const TEST = [
  { packages: ['polkitd', 'pkexec', 'dbus'], why: 'the tests of elevation' },
  { packages: ['linux-perf', 'bpftool', 'binutils'], why: 'second sources of truth', alternatives: { 'linux-perf': 'linux-tools-generic', bpftool: 'linux-tools-common' } },
  { packages: ['bpftrace', 'libbpf-tools'], why: 'the same functions, measured by others' },
  { packages: ['libdw-dev'], why: 'a peer of the unwind tables' },
  { packages: ['dwz'], why: 'debug information shared by several files' },
  { packages: ['qemu-system-x86', 'busybox-static', 'cpio', 'zstd', 'xz-utils'], why: 'the kernel matrix' },
  { packages: ['python3', 'python3-dev', 'sqlite3', 'openssl', 'perl', 'default-jdk-headless'], why: 'programs to profile' },
  { packages: ['libxml2-utils', 'appstream', 'xvfb', 'xauth'], why: 'exports, the metainfo and the window' },
];

/** @param {{ tests: boolean }} options @returns {string[]} */
export function neededPackages({ tests }) {
  return [...BUILD, ...(tests ? TEST : [])].flatMap((group) => group.packages);
}

/** @returns {{ id: string, like: string[], name: string }} what /etc/os-release says */
export function distribution(text = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '') {
  const value = (/** @type {string} */ key) => new RegExp(`^${key}=["']?([^"'\\n]*)`, 'm').exec(text)?.[1] ?? '';
  return { id: value('ID'), like: value('ID_LIKE').split(' ').filter(Boolean), name: value('PRETTY_NAME') || 'this system' };
}

/** Of `packages`, those that dpkg does not list as installed (by name or as provided).
 * @param {string[]} packages */
export function missingPackages(packages) {
  const answer = spawnSync('dpkg-query', ['-W', '-f', '${Package}\t${Status}\t${Provides}\n'], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  if (answer.status !== 0) throw new SetupError('list the installed packages', 'dpkg-query -W', answer.stderr || String(answer.error), 'Check that dpkg works.');
  return notInstalled(answer.stdout, packages);
}

/** @param {string} listing lines of "package TAB status TAB provides" @param {string[]} packages */
export function notInstalled(listing, packages) {
  /** @type {Set<string | undefined>} */
  const installed = new Set();
  for (const line of listing.split('\n')) {
    const [name, status, provides = ''] = line.split('\t');
    if (!status?.endsWith(' installed')) continue;
    installed.add(name);
    for (const provided of provides.split(',').filter(Boolean)) installed.add(provided.trim().split(' ')[0]);
  }
  return packages.filter((name) => !installed.has(name) && !installed.has(alternativeOf(name)));
}

/** @param {string} name @returns {string | undefined} */
function alternativeOf(name) {
  for (const group of TEST) {
    const alternatives = /** @type {Record<string, string> | undefined} */ (group.alternatives);
    if (alternatives?.[name]) return alternatives[name];
  }
  return undefined;
}

/** The command that installs, as a person would type it.
 * @param {string[]} packages */
export function installCommand(packages) {
  return ['apt-get', 'install', '-y', '--no-install-recommends', ...packages];
}

/** Names what is missing and installs it.
 * @param {string[]} packages @throws SetupError */
export function installPackages(packages) {
  const { id, like, name } = distribution();
  const command = installCommand(packages);
  if (id !== 'debian' && !like.includes('debian')) {
    throw new SetupError(
      'install system packages',
      command.join(' '),
      `${name} does not use apt-get, and only Debian's and Ubuntu's package names are known here.`,
      `Install what these Debian packages hold, then run the command again: ${packages.join(' ')}`,
    );
  }
  console.error(`  missing: ${packages.join(' ')}`);
  const elevate = process.getuid?.() === 0 ? [] : ['sudo'];
  if (elevate.length && spawnSync('sudo', ['--version'], { stdio: 'ignore' }).status !== 0) {
    throw new SetupError('install system packages', command.join(' '), 'This needs root, and sudo is not there.', `As root: ${command.join(' ')}`);
  }
  const environment = ['env', 'DEBIAN_FRONTEND=noninteractive'];
  // An outdated list is the usual reason for a failed install; a failed update need not be one.
  spawnSync([...elevate, ...environment][0] ?? 'env', [...elevate, ...environment, 'apt-get', 'update', '-qq'].slice(1), { stdio: ['ignore', 2, 2] });
  const offered = packages.map((wanted) => (isOffered(wanted) ? wanted : (alternativeOf(wanted) ?? wanted)));
  run('install system packages', [...elevate, ...environment, ...installCommand(offered)], 'Look at what apt-get said above; then run the command again.');
}

/** @param {string} name */
function isOffered(name) {
  const answer = spawnSync('apt-cache', ['policy', name], { encoding: 'utf8' });
  return /Candidate: (?!\(none\))/.test(answer.stdout ?? '');
}
