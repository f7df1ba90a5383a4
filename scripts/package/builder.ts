// SPDX-License-Identifier: Apache-2.0
/** Runs electron-builder over a project. */
import { spawn } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export type Target = 'dir' | 'deb' | 'AppImage' | 'tar.gz';

export interface Build {
  /** Holds package.json, electron-builder.yml and what it names. */
  readonly project: string;
  readonly targets: readonly Target[];
  readonly electronVersion: string;
  /** An unpacked dist; undefined: electron-builder downloads it, or has it in its cache. */
  readonly electronDist: string | undefined;
  /** Settings over those of electron-builder.yml, as `path.to=value`. */
  readonly settings?: readonly string[];
  /** Added to the environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

const resolve = createRequire(import.meta.url);

/** electron-builder would download the 7-Zip that npm has brought already; npm does not keep its mode. */
async function sevenZip(): Promise<string> {
  const { path7za } = resolve('7zip-bin') as { path7za: string };
  await chmod(path7za, 0o755);
  return path7za;
}

/**
 * What lies in a package as it lies here, and must be readable by others than its builder, whose umask may be
 * strict: polkitd and the desktop are other users.
 */
const MODES: Readonly<Record<string, number>> = {
  'build/native/emberscope-helper': 0o755,
  'build/native/on_cpu.bpf.o': 0o644,
  'build/native/off_cpu.bpf.o': 0o644,
  'build/native/function.bpf.o': 0o644,
  'build/native/ready.bpf.o': 0o644,
  'build/native/emberscope-hold': 0o755,
  'build/native/emberscope.node': 0o644,
  'build/programs/demo': 0o755,
  'assets/org.emberscope.profile.policy': 0o644,
  'assets/org.emberscope.trace.policy': 0o644,
  'assets/org.emberscope.Emberscope.metainfo.xml': 0o644,
  'assets/emberscope.desktop': 0o644,
  LICENSE: 0o644,
};

/** Its exit status; what it says goes to our own output. */
export async function runBuilder(
  build: Build,
  output: 'inherit' | 'pipe' = 'inherit',
): Promise<{ status: number; text: string }> {
  for (const [path, mode] of Object.entries(MODES)) await chmod(join(build.project, path), mode);
  const cli = join(dirname(resolve.resolve('electron-builder/package.json')), 'cli.js');
  const settings = [`electronVersion=${build.electronVersion}`, ...(build.settings ?? [])];
  if (build.electronDist !== undefined) settings.push(`electronDist=${build.electronDist}`);
  const child = spawn(
    process.execPath,
    [cli, '--linux', ...build.targets, '--publish', 'never', ...settings.map((setting) => `-c.${setting}`)],
    {
      cwd: build.project,
      stdio: ['ignore', output, output],
      env: { ...process.env, ELECTRON_BUILDER_7ZIP_PATH: await sevenZip(), ...build.environment },
    },
  );
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const status = await new Promise<number>((settle, reject) => {
    child.once('error', reject);
    child.once('close', (code) => settle(code ?? 1));
  });
  return { status, text };
}
