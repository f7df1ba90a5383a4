// SPDX-License-Identifier: Apache-2.0
/** Fetching Electron's binary with the package's own install.js, where its server can be reached. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { userCacheFolder, type ElectronPackage } from './electron-binary.ts';

/** The launcher decides within this time where there is no network. */
export const PROBE_MS = 2_000;
/** How long "cannot be reached" is believed. */
export const REMEMBER_MS = 24 * 3600 * 1000;
const STALLED_MS = 30_000;
const LIMIT_MS = 15 * 60_000;

/** As @electron/get forms it, with npm's and the environment's mirror settings. */
export function archiveAddress({ version }: ElectronPackage): string {
  const { npm_config_electron_mirror, ELECTRON_MIRROR } = process.env;
  const base =
    npm_config_electron_mirror ?? ELECTRON_MIRROR ?? 'https://github.com/electron/electron/releases/download/';
  return `${base.replace(/\/?$/, '/')}v${version}/electron-v${version}-linux-${process.arch}.zip`;
}

const PROBE = `
fetch(process.argv[1], { method: 'HEAD' })
  .then((answer) => process.exit(answer.ok ? 0 : 3), () => process.exit(1));
`;
/** fetch and install.js then honour HTTPS_PROXY and NO_PROXY. */
const withProxy = { NODE_USE_ENV_PROXY: '1' };

/** In a process of its own: a name look-up that hangs could not be given up otherwise.
 * @returns null: reachable; else why not, to follow "its download server" */
export function probe(address: string, milliseconds = PROBE_MS): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['-e', PROBE, address], {
      stdio: 'ignore',
      env: { ...process.env, ...withProxy },
    });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      resolve(`did not answer within ${milliseconds / 1000} seconds`);
    }, milliseconds);
    child.once('error', () => resolve('could not be asked'));
    child.once('exit', (code) => {
      clearTimeout(timer);
      resolve(code === 0 ? null : code === 3 ? 'does not offer it' : 'cannot be reached');
    });
  });
}

function memoryFile(): string {
  return join(userCacheFolder(), 'emberscope', 'electron-download.json');
}

interface Memory {
  address: string;
  /** Epoch milliseconds. */
  at: number;
  reason: string;
}

/** The reason of the last failure for this address, while it is believed; null: none. */
export function rememberedFailure(address: string, now = Date.now(), file = memoryFile()): Memory | null {
  try {
    const memory = JSON.parse(readFileSync(file, 'utf8')) as Partial<Memory>;
    const { at, reason } = memory;
    if (memory.address !== address || typeof at !== 'number' || typeof reason !== 'string') return null;
    return now >= at && now - at < REMEMBER_MS ? { address, at, reason } : null;
  } catch {
    return null;
  }
}

export function rememberFailure(address: string, reason: string, now = Date.now(), file = memoryFile()): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, JSON.stringify({ address, at: now, reason } satisfies Memory));
  } catch {
    // No place to remember: the next start asks again.
  }
}

function bytesIn(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    try {
      if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name)).size;
    } catch {
      // moved away just now
    }
  }
  return bytes;
}

export interface DownloadOptions {
  /** About once a second. */
  onProgress: (bytes: number, seconds: number) => void;
  stalledMs?: number;
  limitMs?: number;
  /** node_modules/electron/install.js, in tests something else. */
  installer?: string;
}

/** @returns null: done; else why not, as a sentence */
export async function downloadElectron(electron: ElectronPackage, options: DownloadOptions): Promise<string | null> {
  const {
    onProgress,
    stalledMs = STALLED_MS,
    limitMs = LIMIT_MS,
    installer = join(electron.folder, 'install.js'),
  } = options;
  const parent = join(userCacheFolder(), 'emberscope');
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  // The archive grows in here: that shows the progress, and nothing is left behind.
  const temporary = mkdtempSync(join(parent, 'download-'));
  try {
    const child = spawn(process.execPath, [installer], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...withProxy, TMPDIR: temporary },
    });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint ||= text.trim().split('\n')[0] ?? ''));
    const began = Date.now();
    let grewAt = began;
    let bytes = 0;
    let ended: string | null = null;
    const timer = setInterval(
      () => {
        const now = Date.now();
        const size = bytesIn(temporary);
        if (size !== bytes) grewAt = now;
        bytes = size;
        if (now - grewAt > stalledMs) ended = `The download of Electron stopped for ${stalledMs / 1000} seconds.`;
        if (now - began > limitMs) ended = `The download of Electron took longer than ${limitMs / 60_000} minutes.`;
        if (ended) child.kill('SIGKILL');
        else onProgress(bytes, Math.round((now - began) / 1000));
      },
      Math.min(1_000, stalledMs),
    );
    const code = await new Promise<number | null>((resolve) => {
      child.once('error', (error) => {
        complaint = error.message;
        resolve(null);
      });
      child.once('exit', resolve);
    });
    clearInterval(timer);
    if (code === 0) return null;
    return ended ?? `The download of Electron failed${complaint ? `: ${complaint}` : '.'}`;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
