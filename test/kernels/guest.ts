// SPDX-License-Identifier: Apache-2.0
/** Boots a kernel under qemu, and runs programs in it through its agent. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GuestAgent, type GuestProgram } from './guest-agent.ts';
import type { Image } from './images.ts';

export interface Guest extends AsyncDisposable {
  /** As `uname -r` says it. */
  readonly release: string;
  /** The whole serial line until now. */
  readonly console: () => string;
  /** @param command its path in the guest @throws Error when the guest is gone */
  run(command: string, ...args: readonly string[]): GuestProgram;
  /** Standard output of a shell command, which must end with status 0. @throws Error with what it said */
  shell(command: string): Promise<string>;
}

/** In milliseconds; some seconds on an idle machine. */
const BOOT_LIMIT = 120_000;

/**
 * The guest's clock counts its instructions, so that what it measures does not depend on what else the host does: with
 * the host's clock a busy host cost it most of its timer interrupts. 2 ns an instruction: with 8, the helper needed
 * half a minute to start on 7.2. It never runs ahead of the host's (sleep=on), by whose clock the helper hears
 * heartbeats. One CPU: two would wait for each other's turns.
 */
const CLOCK = ['-accel', 'tcg', '-icount', 'shift=1,sleep=on', '-smp', '1'];

/**
 * @param parameters for the kernel's command line
 * @param memory MiB; the files lie in it twice while it boots
 * @throws Error with the serial line's end, when no agent answers
 */
export async function bootGuest(image: Image, initramfs: string, parameters = '', memory = 512): Promise<Guest> {
  const folder = await mkdtemp(join(tmpdir(), 'emberscope-guest-'));
  const initrd = join(folder, 'initrd');
  const path = join(folder, 'port');
  // The kernel unpacks one archive after the other.
  await writeFile(initrd, Buffer.concat(await Promise.all([initramfs, image.modules].map((file) => readFile(file)))));
  const server = createServer();
  const connected = once(server.listen(path), 'connection') as Promise<[Socket]>;
  const qemu = spawn(
    'qemu-system-x86_64',
    [
      ...CLOCK,
      ...['-cpu', 'max', '-m', `${memory}`],
      ...['-kernel', image.path, '-initrd', initrd, '-append', `console=ttyS0 quiet panic=-1 oops=panic ${parameters}`],
      ...['-nodefaults', '-display', 'none', '-serial', 'stdio', '-no-reboot'],
      ...['-device', 'virtio-serial-pci', '-chardev', `socket,id=agent,path=${path}`, '-device', 'virtserialport,chardev=agent'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let text = '';
  qemu.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  qemu.stderr.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const ended = new Promise<void>((resolve, reject) => {
    qemu.once('error', reject);
    qemu.once('close', () => resolve());
  });
  const dispose = async (): Promise<void> => {
    qemu.kill('SIGKILL');
    await ended.catch(() => undefined);
    server.close();
    await rm(folder, { recursive: true, force: true });
  };
  const limit = setTimeout(() => qemu.kill('SIGKILL'), BOOT_LIMIT);
  try {
    const first = await Promise.race([connected, ended]);
    if (!first) throw new Error('qemu ended');
    const agent = new GuestAgent(first[0]);
    void ended.catch(() => undefined).then(() => first[0].destroy());
    const release = await agent.ready;
    return {
      release,
      console: () => text,
      run: (command, ...args) => agent.run(command, ...args),
      shell: (command) => outputOf(agent.run('/bin/sh', '-c', command), command),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw new Error(`${(error as Error).message}; its serial line ends with: ${text.slice(-1000)}`, { cause: error });
  } finally {
    clearTimeout(limit);
  }
}

async function outputOf(program: GuestProgram, command: string): Promise<string> {
  program.closeInput();
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of program.output) text += decoder.decode(chunk, { stream: true });
  const exit = await program.exited;
  if (exit.code !== 0) throw new Error(`${command}: ${exit.startError || `exit code ${exit.code}`}; ${exit.stderr}${text.slice(-500)}`);
  return text;
}
