// SPDX-License-Identifier: Apache-2.0
/** Builds and runs the test programs of this folder. */
import { spawn, execFile, type ChildProcessWithoutNullStreams, type SpawnOptions } from 'node:child_process';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const HERE = import.meta.dirname;
const HELPER = join(HERE, '../../native/helper');

/** What probe.c prints. Calls are 0 or an errno. */
export interface Probe {
  readonly entered: number;
  readonly sealed: number;
  /** enum wire_error */
  readonly error: number;
  readonly what: string;
  readonly served: number;
  readonly gid: number;
  readonly uid: number;
  readonly sysAdmin: boolean;
  readonly descriptors: number;
  readonly bpfStatistics: boolean;
  readonly environment: boolean;
  readonly core: number;
  readonly umask: number;
  readonly folder: string;
  readonly sessionLeader: boolean;
  readonly descriptor9: boolean;
  readonly signalIgnored: boolean;
  /** Capability sets, in hexadecimal. */
  readonly capEff: string;
  readonly capPrm: string;
  readonly capInh: string;
  readonly capBnd: string;
  readonly capAmb: string;
  readonly noNewPrivs: string;
  readonly seccomp: string;
  readonly groups: string;
  readonly kernelAddresses: boolean;
  readonly calls: Readonly<Record<string, number>>;
  readonly pid: number;
}

export interface Programs {
  readonly folder: string;
  readonly probe: string;
  readonly caller: string;
}

/** Compiles into a folder that every user may enter. */
export async function buildPrograms(): Promise<Programs> {
  const folder = await mkdtemp(join(tmpdir(), 'emberscope-privileges-'));
  await chmod(folder, 0o755);
  const sources = (await readdir(HELPER)).filter((name) => /^privileges.*\.c$/.test(name));
  const compile = (output: string, ...inputs: string[]): Promise<unknown> =>
    promisify(execFile)('gcc', [
      '-O2',
      '-Wall',
      '-Wextra',
      '-Werror',
      '-o',
      output,
      ...inputs,
      '-lseccomp',
      '-pthread',
    ]);
  const programs = { folder, probe: join(folder, 'probe'), caller: join(folder, 'caller') };
  await compile(programs.probe, join(HERE, 'probe.c'), ...sources.map((name) => join(HELPER, name)));
  await compile(programs.caller, join(HERE, 'caller.c'));
  return programs;
}

export const removePrograms = (programs: Programs): Promise<void> =>
  rm(programs.folder, { recursive: true, force: true });

/** A program at work, with what it printed so far. */
export class Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<number | null>;
  #output: Buffer[] = [];
  errors = '';

  constructor(command: string, args: readonly string[], options: SpawnOptions = {}) {
    this.child = spawn(command, args, { ...options, stdio: 'pipe' }) as ChildProcessWithoutNullStreams;
    this.child.stdout.on('data', (chunk: Buffer) => this.#output.push(chunk));
    this.child.stderr.setEncoding('utf8').on('data', (chunk: string) => (this.errors += chunk));
    this.child.stdin.on('error', () => undefined);
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', resolve);
    });
  }

  get output(): Buffer {
    return Buffer.concat(this.#output);
  }

  /** Waits until `holds` says so, or the program ended. */
  async until(holds: (output: Buffer) => boolean): Promise<Buffer> {
    let over = false;
    void this.ended.then(() => (over = true));
    while (!over && !holds(this.output)) await new Promise((resolve) => setTimeout(resolve, 10));
    return this.output;
  }

  /** The line of JSON of a probe; its stdin stays open. */
  async report(): Promise<Probe> {
    const text = (await this.until((output) => output.includes(0x0a))).toString();
    if (!text.includes('\n'))
      throw new Error(`the probe ended with ${String(await this.ended)}: ${this.errors}${text}`);
    return JSON.parse(text) as Probe;
  }

  /** Closes stdin and waits: the exit status. */
  async finish(): Promise<number | null> {
    this.child.stdin.end();
    return this.ended;
  }
}
