// SPDX-License-Identifier: Apache-2.0
/** Debian's cloud kernels: fetched through the host's own package source, unpacked, never installed. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { pack } from './archive.ts';

const run = promisify(execFile);

/** A kernel series, and the Debian suite that carries it. */
export interface Series {
  readonly kernel: string;
  readonly suite: string;
}

export const SERIES: readonly Series[] = [
  { kernel: '5.10', suite: 'bullseye' },
  { kernel: '6.1', suite: 'bookworm' },
  { kernel: '6.12', suite: 'trixie' },
  { kernel: '7.2', suite: 'sid' },
];

export interface Image {
  readonly path: string;
  /** An archive with the modules that a virtio-serial port takes, to be loaded in the order of their names. */
  readonly modules: string;
  /** As `uname -r` says it in the guest. */
  readonly release: string;
}

/** Why a kernel cannot be had here. */
export class NoImage extends Error {}

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** What a virtio-serial port takes, each after those that it needs; later kernels have them built in. */
const PORT_MODULES = ['virtio', 'virtio_ring', 'virtio_pci_legacy_dev', 'virtio_pci_modern_dev', 'virtio_pci', 'virtio_console'];
const MODULES_ARCHIVE = 'modules.cpio.gz';

/** The address that this machine's own apt takes Debian from. */
async function debianSource(): Promise<string> {
  let stdout: string;
  try {
    ({ stdout } = await run('apt-get', ['indextargets', '--format', '$(REPO_URI) $(LABEL)', 'Identifier: Packages']));
  } catch {
    throw new NoImage('there is no apt-get here');
  }
  const source = stdout
    .split('\n')
    .map((line) => line.split(' '))
    .find(([, label]) => label === 'Debian')?.[0];
  if (source === undefined)
    throw new NoImage("this machine's apt names no Debian source (or apt-get update never ran)");
  return source;
}

/** Options that keep apt away from the host's lists, cache and installed packages. */
async function isolatedApt(folder: string, suite: string): Promise<string[]> {
  await mkdir(join(folder, 'lists/partial'), { recursive: true });
  await mkdir(join(folder, 'cache/archives/partial'), { recursive: true });
  await writeFile(join(folder, 'status'), '');
  const signed = existsSync(KEYRING) ? `[signed-by=${KEYRING}] ` : '';
  await writeFile(join(folder, 'sources.list'), `deb ${signed}${await debianSource()} ${suite} main\n`);
  return [
    `Dir::Etc::SourceList=${join(folder, 'sources.list')}`,
    'Dir::Etc::SourceParts=-',
    `Dir::State::Lists=${join(folder, 'lists')}`,
    `Dir::State::status=${join(folder, 'status')}`,
    `Dir::Cache=${join(folder, 'cache')}`,
    // Hooks of the host's configuration are for the host's lists.
    'APT::Update::Post-Invoke::=',
    'APT::Architecture=amd64',
    'APT::Sandbox::User=root',
    'Acquire::Languages=none',
    'Acquire::Retries=1',
    'Acquire::http::Timeout=20',
  ].flatMap((option) => ['-o', option]);
}

async function cached(folder: string): Promise<Image | undefined> {
  const modules = join(folder, MODULES_ARCHIVE);
  if (!existsSync(modules)) return undefined;
  const name = (await readdir(folder)).find((entry) => entry.startsWith('vmlinuz-'));
  return name === undefined ? undefined : { path: join(folder, name), modules, release: name.slice('vmlinuz-'.length) };
}

/** @param files paths below `unpacked` */
async function packModules(unpacked: string, files: readonly string[], archive: string): Promise<void> {
  const root = join(unpacked, 'for-the-guest');
  await mkdir(join(root, 'modules'), { recursive: true });
  for (const [index, name] of PORT_MODULES.entries()) {
    const file = files.find((path) => [`${name}.ko`, `${name}.ko.xz`].includes(basename(path)));
    if (file === undefined) continue;
    const copy = join(root, 'modules', `${index}-${basename(file)}`);
    await copyFile(join(unpacked, file), copy);
    // The kernel checks the signature of the module itself.
    if (copy.endsWith('.xz')) await run('xz', ['--decompress', copy]);
  }
  await pack(root, archive);
}

function lastLine(error: unknown): string {
  const text = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
  return text.trim().split('\n').at(-1) ?? '';
}

/** @throws NoImage with the reason */
async function fetchImage(series: Series, folder: string): Promise<Image> {
  const scratch = join(folder, 'apt');
  const options = await isolatedApt(scratch, series.suite);
  try {
    await run('apt-get', [...options, 'update', '-qq'], { timeout: 90_000 });
    // The meta package names the newest image of the series by its dependency.
    const { stdout } = await run('apt-cache', [...options, 'depends', 'linux-image-cloud-amd64']);
    const name = /Depends: (linux-image-\S+)/.exec(stdout)?.[1];
    if (name === undefined) throw new NoImage(`${series.suite} has no linux-image-cloud-amd64`);
    const release = name.slice('linux-image-'.length);
    if (!release.startsWith(`${series.kernel}.`)) {
      throw new NoImage(`${series.suite} carries ${release} now, not ${series.kernel}`);
    }
    // Since 7.x the image package is empty and depends on those with the file and the modules.
    const { stdout: parts } = await run('apt-cache', [...options, 'depends', name]);
    const holders = [...parts.matchAll(/Depends: (linux-(?:binary|modules)-\S+)/g)].flatMap(([, holder]) => holder ?? []);
    const unpacked = join(scratch, 'unpacked');
    for (const holder of holders.length > 0 ? holders : [name]) {
      await run('apt-get', [...options, 'download', holder], { cwd: scratch, timeout: 180_000 });
      const archive = (await readdir(scratch)).find((entry) => entry.endsWith('.deb'));
      if (archive === undefined) throw new NoImage(`apt-get downloaded no ${holder}`);
      await run('dpkg-deb', ['--extract', join(scratch, archive), unpacked]);
      await rm(join(scratch, archive));
    }
    const files = await readdir(unpacked, { recursive: true });
    const kernel = files.find((file) => /(^|\/)vmlinuz[^/]*$/.test(file));
    if (kernel === undefined) throw new NoImage(`${name} holds no vmlinuz`);
    for (const old of await readdir(folder)) if (old.startsWith('vmlinuz-')) await rm(join(folder, old));
    await rename(join(unpacked, kernel), join(folder, `vmlinuz-${release}`));
    await packModules(unpacked, files, join(folder, MODULES_ARCHIVE));
  } catch (error) {
    if (error instanceof NoImage) throw error;
    throw new NoImage(`${series.suite}'s kernel cannot be fetched: ${lastLine(error)}`);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  const image = await cached(folder);
  if (image === undefined) throw new NoImage(`${series.suite}'s package holds no vmlinuz`);
  return image;
}

/**
 * The image of a series: from `cacheFolder`, or else fetched into it.
 * @throws NoImage with the reason why it cannot be had
 */
export async function imageOf(series: Series, cacheFolder: string): Promise<Image> {
  const folder = join(cacheFolder, series.kernel);
  return (await cached(folder)) ?? (await mkdir(folder, { recursive: true }), await fetchImage(series, folder));
}
