// SPDX-License-Identifier: Apache-2.0
/** Boots a kernel under qemu and reads what its client prints on the serial line. */
import { spawn } from 'node:child_process';

/** One session, as client.c prints it. Counts are weighted by samples. */
export interface Result {
  readonly uid: number;
  readonly release: string;
  readonly protocol: number;
  readonly features: number;
  readonly frames: number;
  readonly processes: number;
  readonly threads: number;
  readonly modules: number;
  readonly tables: number;
  /** errno of reading its own file through the helper; -1: no answer, or another file's. */
  readonly readError: number;
  readonly mappings: number;
  readonly kernelSymbols: number;
  readonly stacks: number;
  readonly sampling: number;
  readonly samples: number;
  /** Of processes that the target started. */
  readonly childSamples: number;
  readonly userSamples: number;
  readonly kernelSamples: number;
  /** Every address lies in a mapping, or in the kernel's symbols. */
  readonly placed: number;
  /** In user space, with no kernel stack. */
  readonly pure: number;
  /** Of those, with two of the three functions that the target consists of on the stack. */
  readonly known: number;
  readonly outermost: number;
  /** Counts that name a stack that was never sent. */
  readonly unknownStacks: number;
  readonly cpuNs: number;
  readonly lost: number;
  readonly ledger: {
    readonly fired: number;
    readonly notOurs: number;
    readonly stored: number;
    readonly bpfNs: number;
    readonly helperNs: number;
  };
  /** Ledger frames in which fired is not notOurs + stored + lost. */
  readonly inexactLedgers: number;
  /** The helper has CAP_SYS_ADMIN while it samples. */
  readonly sysAdmin: boolean;
  readonly refused: number;
  readonly value: number;
  readonly text: string;
  readonly endReason: number;
  readonly exit: number;
}

export interface Boot {
  readonly results: readonly Result[];
  /** The whole serial line. */
  readonly console: string;
  readonly seconds: number;
}

/** In milliseconds: booting, and everything in it, emulated on a busy machine; 15 s of CPU usually. */
const TIME_LIMIT = 280_000;

/**
 * The guest's clock counts its instructions and leaps over idle time, so that what it measures does not depend
 * on what else the host does: with the host's clock a busy host cost it most of its timer interrupts. 2 ns an
 * instruction: with 8, the helper needed half a minute to start on 7.2. One CPU: two would wait for each
 * other's turns.
 */
const CLOCK = ['-accel', 'tcg', '-icount', 'shift=1,sleep=off', '-smp', '1'];

export async function boot(image: string, initramfs: string): Promise<Boot> {
  const started = performance.now();
  const qemu = spawn(
    'qemu-system-x86_64',
    [
      ...CLOCK,
      ...['-cpu', 'max', '-m', '512'],
      ...['-kernel', image, '-initrd', initramfs, '-append', 'console=ttyS0 quiet panic=-1 oops=panic'],
      ...['-nodefaults', '-display', 'none', '-serial', 'stdio', '-no-reboot'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const limit = setTimeout(() => qemu.kill('SIGKILL'), TIME_LIMIT);
  let text = '';
  qemu.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  qemu.stderr.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  try {
    await new Promise<void>((resolve, reject) => {
      qemu.once('error', reject);
      qemu.once('close', () => resolve());
    });
  } finally {
    clearTimeout(limit);
  }
  const results = text
    .split(/\r?\n/)
    .filter((line) => line.startsWith('RESULT '))
    .map((line) => JSON.parse(line.slice('RESULT '.length)) as Result);
  return { results, console: text, seconds: (performance.now() - started) / 1000 };
}
