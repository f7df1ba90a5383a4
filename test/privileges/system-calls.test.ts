// SPDX-License-Identifier: Apache-2.0
/** Whole sessions of the helper, built so that a system call that its filter does not list is its death. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AskFor, EndReason, Mechanism, ProbeFlag, ProbeState, WireMeasure, WireProbeKind } from '../../main/engine/wire-layout.gen.ts';
import { encodeAsk } from '../../main/engine/wire-probe-encoder.ts';
import { HelperClient } from '../helper/helper-client.ts';
import { Driven, ProbeSession } from '../helper/probe-session.ts';
import { compileClient } from '../kernels/initramfs.ts';
import type { Result } from '../kernels/sampling.ts';

const run = promisify(execFile);
const TOP = join(import.meta.dirname, '../..');

function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return 'starting the helper takes root';
  if (!existsSync('/sys/kernel/btf/vmlinux')) return 'this kernel has no BTF';
  return undefined;
}
const reason = whyNot();
if (reason !== undefined) console.log(`skipped: system calls of the helper: ${reason}`);

describe.skipIf(reason !== undefined)('the system call filter', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'emberscope-filter-'));
    await run('make', [
      '-C',
      join(TOP, 'native'),
      'helper',
      `out=${folder}`,
      'CFLAGS=-DFILTER_DEFAULT=SCMP_ACT_KILL_PROCESS',
    ]);
    await compileClient(join(folder, 'client'));
  });
  afterAll(() => folder && rm(folder, { recursive: true, force: true }));

  async function session(helper: string, uid: number, frequency: number): Promise<Result> {
    const { stdout } = await run(join(folder, 'client'), [helper, String(uid), String(frequency), '2', '127', join(folder, 'client.rows')]);
    return JSON.parse(stdout.slice('RESULT '.length)) as Result;
  }

  it.each([
    ['an event per CPU, as root', 0, 99],
    ['an event per thread, as a user', 54_321, 999],
  ])('lists what a session needs: %s', async (_, uid, frequency) => {
    const result = await session(join(folder, 'emberscope-helper'), uid, frequency);
    expect(result).toMatchObject({ uid, refused: 0, endReason: 1, exit: 0, inexactLedgers: 0, unknownStacks: 0 });
    expect(result.samples).toBeGreaterThan(0);
  });

  it.each(['profile', 'trace'] as const)('lists what finding out the capabilities needs, to %s', async (mode) => {
    const client = new HelperClient({ path: join(folder, 'emberscope-helper'), mode });
    await client.expect('hello');
    client.send(encodeAsk(AskFor.capabilities));
    await client.expect('capabilities');
    client.process.stdin!.end();
    expect(await client.exited).toBe(0);
  });

  it.each([
    ['root', {}],
    ['a user', { SUDO_UID: '54321' }],
  ])('lists what probes need: functions, tracepoints, events, ready questions and lists, as %s', { timeout: 60_000 }, async (_, environment) => {
    const program = new Driven();
    expect(await program.line()).toBe('ready');
    const helper = new ProbeSession({ path: join(folder, 'emberscope-helper'), environment: environment as Record<string, string> });
    await helper.start([program.tgid]);
    helper.client.send(encodeAsk(AskFor.lists));
    const hits = { kind: WireProbeKind.tracepoint, measure: WireMeasure.count, mostEvents: 1000 };
    const attached = [
      await helper.probe('probed_value'),
      await helper.probe('probed_spin', { flags: ProbeFlag.events | ProbeFlag.byStack, mostEvents: 1000 }),
      await helper.probe('sched:sched_process_fork', { ...hits, flags: ProbeFlag.entryOnly | ProbeFlag.events }),
      await helper.probe('sched:sched_process_exit', { ...hits, flags: ProbeFlag.entryOnly, mechanism: Mechanism.rawTracepoint, mostEvents: 0 }),
      await helper.probe('run-queue', { kind: WireProbeKind.ready }),
      await helper.probe('allocations', { kind: WireProbeKind.ready, measure: WireMeasure.count, module: await helper.module('/libc.so.6') }),
    ];
    // Refused where the kernel has no kprobes: that takes system calls, too.
    const kernel = await helper.ask('vfs_read', { kind: WireProbeKind.kernel });
    await program.run('value', 20);
    await program.run('spin', 20, 3);
    await helper.client.until(() => helper.figures(attached[0]!).calls === 20, 10_000, 'twenty calls');
    for (const probe of attached) await helper.detach(probe);
    if (kernel.state === ProbeState.attached) await helper.detach(kernel.probe);
    await helper.end();
    await program.end();
    expect(await helper.client.exited).toBe(0);
    expect(helper.client.end().reason).toBe(EndReason.asked);
  });

  it('reads a file for a user only where its mode lets that user read it', async () => {
    const { EACCES } = constants.errno;
    const client = join(folder, 'client');
    const read = async (uid: number, mode: number): Promise<number> => {
      await chmod(client, mode);
      return (await session(join(folder, 'emberscope-helper'), uid, 99)).readError;
    };
    expect(await read(54_321, 0o755)).toBe(0);
    expect(await read(54_321, 0o700)).toBe(EACCES);
    expect(await read(0, 0o700)).toBe(0);
  });
});
