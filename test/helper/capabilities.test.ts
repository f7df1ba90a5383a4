// SPDX-License-Identifier: Apache-2.0
/** What the helper says that this kernel lets it do, against what else can be known of the kernel. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { describe, expect, test } from 'vitest';
import { encodeAsk } from '../../main/engine/wire-probe-encoder.ts';
import { AskFor, Capability, EndReason, StartFlag, WireError } from '../../main/engine/wire-layout.gen.ts';
import type { CapabilitiesFrame } from '../../main/engine/wire-probe-frames.ts';
import { HelperClient, reasonToSkip } from './helper-client.ts';

const reason = reasonToSkip();
if (reason) console.log(`test/helper/capabilities: skipped, ${reason}`);

const { EACCES, ENOENT, EPERM } = constants.errno;
const EVENT_SOURCES = '/sys/bus/event_source/devices';

type Found = CapabilitiesFrame['capabilities'][number];

async function ask(client: HelperClient): Promise<Map<number, Found>> {
  const before = client.ofType('capabilities').length;
  client.send(encodeAsk(AskFor.capabilities));
  await client.until(() => client.ofType('capabilities').length > before, 10_000, 'capabilities');
  return new Map(client.ofType('capabilities').at(-1)!.capabilities.map((found) => [found.kind, found]));
}

const errorOf = (found: Map<number, Found>, kind: Capability): number => found.get(kind)!.error;
const descriptors = (client: HelperClient): string[] => readdirSync(`/proc/${client.process.pid}/fd`);

describe.skipIf(reason)('capabilities', () => {
  test.each(['profile', 'trace'] as const)('are told of each kind, once, by a helper to %s, and leave nothing open', async (mode) => {
    const client = new HelperClient({ mode });
    await client.expect('hello');
    const before = descriptors(client);
    const found = await ask(client);
    expect([...found.keys()]).toEqual(Object.values(Capability));
    expect(descriptors(client)).toEqual(before);
    expect(errorOf(found, Capability.traceMode)).toBe(mode === 'trace' ? 0 : EPERM);
    expect(await ask(client)).toEqual(found);
    client.process.stdin!.end();
    await client.exited;
    expect(client.stderr).toBe('');
  });

  test('agree with what the kernel says of itself', async () => {
    const client = new HelperClient();
    await client.expect('hello');
    const found = await ask(client);
    await client.kill();
    // What every test of sampling takes.
    for (const kind of [Capability.btf, Capability.bpf, Capability.perfEvents, Capability.rawTracepoints]) expect(errorOf(found, kind), `kind ${kind}`).toBe(0);
    // A source of events is there exactly where the kernel was built with it.
    expect(errorOf(found, Capability.kprobes) === ENOENT).toBe(!existsSync(`${EVENT_SOURCES}/kprobe`));
    expect(errorOf(found, Capability.uprobes) === ENOENT).toBe(!existsSync(`${EVENT_SOURCES}/uprobe`));
    expect(errorOf(found, Capability.tracefs) === 0).toBe(existsSync('/sys/kernel/tracing/events') || existsSync('/sys/kernel/debug/tracing/events'));
    expect(errorOf(found, Capability.lockdown) === ENOENT).toBe(!existsSync('/sys/kernel/security/lockdown'));
    expect(found.get(Capability.paranoid)!.value).toBe(Number(readFileSync('/proc/sys/kernel/perf_event_paranoid', 'utf8')));
    if (!existsSync(`${EVENT_SOURCES}/cpu`)) expect(errorOf(found, Capability.cycles)).not.toBe(0);
    // perf's way into programs takes CAP_SYS_ADMIN, which is kept only where there is no other.
    if (errorOf(found, Capability.uprobeMulti) === 0 && existsSync(`${EVENT_SOURCES}/uprobe`)) expect([0, EACCES, EPERM]).toContain(errorOf(found, Capability.uprobes));
  });

  test('are told while a session samples, which goes on', async () => {
    const client = new HelperClient();
    await client.expect('hello');
    client.start({ tgids: [process.pid], flags: StartFlag.onCpu | StartFlag.kernelStacks });
    await client.expect('started');
    const found = await ask(client);
    expect(errorOf(found, Capability.perfEvents)).toBe(0);
    const ledgers = client.ofType('ledger').length;
    await client.until(() => client.ofType('ledger').length > ledgers + 1, 10_000, 'another drain');
    expect((await client.stop()).reason).toBe(EndReason.asked);
  });

  test('what is not known is refused', async () => {
    const client = new HelperClient();
    await client.expect('hello');
    client.send(encodeAsk(99 as AskFor));
    await client.exited;
    expect(client.refused().error).toBe(WireError.malformed);
  });
});
