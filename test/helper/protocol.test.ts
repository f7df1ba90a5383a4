// SPDX-License-Identifier: Apache-2.0
/** What the helper does about input that is not meant well, and how it ends. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { wireStart, EndReason, WIRE_MAGIC, WIRE_MAX_STACK_DEPTH, WIRE_PROTOCOL, WireError, WireType } from '../../main/engine/wire-layout.gen.ts';
import { encodeFrame, encodeStart, HelperClient, reasonToSkip, type StartOptions } from './helper-client.ts';
import { sleep, withProgram } from './target-program.ts';

const reason = reasonToSkip();
if (reason) console.log(`test/helper/protocol: skipped, ${reason}`);

const self = process.pid;

function lengthAndType(length: number, type: number, zero = 0): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, zero, true);
  return bytes;
}

async function refusal(bytes: Uint8Array): Promise<{ error: number; value: number; text: string; reason: number }> {
  const client = new HelperClient();
  await client.expect('hello');
  client.send(bytes);
  await client.exited;
  expect(client.stderr).toBe('');
  const { error, value, text } = client.refused();
  return { error, value, text, reason: client.end().reason };
}

const start = (options: StartOptions) => refusal(encodeStart(options));

describe.skipIf(reason)('protocol', () => {
  test('the hello says who it is', async () => {
    const client = new HelperClient();
    const hello = await client.expect('hello');
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
    expect(hello).toMatchObject({ protocol: WIRE_PROTOCOL, uid: 0, maxFrequency: 9999, maxStackDepth: WIRE_MAX_STACK_DEPTH, version });
    expect(hello.release).toBe(execFileSync('uname', ['-r'], { encoding: 'utf8' }).trim());
    expect(client.chunks[0]!.readUInt32LE(8)).toBe(WIRE_MAGIC);
    await client.kill();
  });

  const malformed: [string, Uint8Array][] = [
    ['an unknown type', lengthAndType(0, 9)],
    ['a type of the other direction', lengthAndType(8, WireType.hello)],
    ['a length of 4 GiB', lengthAndType(0xffffffff, WireType.start)],
    ['a START longer than any', lengthAndType(wireStart.size + 1025 * 16, WireType.start)],
    ['a START that is too short', lengthAndType(wireStart.size - 1, WireType.start)],
    ['a HEARTBEAT with a payload', lengthAndType(4, WireType.heartbeat)],
    ['a reserved field that is not zero', lengthAndType(0, WireType.heartbeat, 1)],
    ['64 KiB of zeros', new Uint8Array(65536)],
    ['64 KiB of 0xff', new Uint8Array(65536).fill(255)],
    ['64 KiB of garbage', randomBytes(65536)],
    ['STOP before START', encodeFrame(WireType.stop)],
    ['an unknown flag', encodeStart({ tgids: [self], flags: 1 << 20 })],
    ['a stack without frames', encodeStart({ tgids: [self], stackDepth: 0 })],
    ['a stack that is too deep', encodeStart({ tgids: [self], stackDepth: 1024 })],
    ['tables that were not asked for', encodeStart({ tgids: [self], tableMebibytes: 4 })],
    ['tables without room', encodeStart({ tgids: [self], flags: 8 })],
    ['tables larger than may be', encodeStart({ tgids: [self], flags: 8, tableMebibytes: 257 })],
    ['an unknown event', encodeStart({ tgids: [self], event: 2 })],
    ['a START that ends within a target', encodeFrame(WireType.start, encodeStart({ tgids: [self] }).slice(8, 8 + wireStart.size + 12))],
  ];
  test.each(malformed)('%s', async (_, bytes) => {
    expect(await refusal(bytes)).toMatchObject({ error: WireError.malformed, reason: EndReason.failure });
  });

  test('START twice', async () => {
    await withProgram('demo', [], async ({ tgid }) => {
      const client = new HelperClient();
      client.start({ tgids: [tgid] });
      await client.expect('started');
      client.start({ tgids: [tgid] });
      await client.exited;
      expect(client.refused().error).toBe(WireError.malformed);
    });
  });

  test('a frame in single bytes', async () => {
    await withProgram('demo', [], async ({ tgid }) => {
      const client = new HelperClient();
      for (const byte of encodeStart({ tgids: [tgid] })) {
        client.send(Uint8Array.of(byte));
        await sleep(2);
      }
      await client.expect('started');
      expect((await client.stop()).reason).toBe(EndReason.asked);
      expect(await client.exited).toBe(0);
    });
  });

  test('bad requests are refused by name', async () => {
    expect(await start({ tgids: [self], frequency: 0 })).toMatchObject({ error: WireError.frequency, value: 0 });
    expect(await start({ tgids: [self], frequency: 10000 })).toMatchObject({ error: WireError.frequency, value: 10000 });
    expect(await start({ tgids: [] })).toMatchObject({ error: WireError.targets });
    expect(await start({ tgids: [self, self] })).toMatchObject({ error: WireError.targets, value: self });
    expect(await start({ tgids: [self], flags: 1 })).toMatchObject({ error: WireError.targets });
    const gone = await start({ tgids: [4194304] });
    expect(gone).toMatchObject({ error: WireError.noSuchProcess, value: 4194304, reason: EndReason.targetGone });
    expect(gone.text).not.toBe('');
    expect(await start({ tgids: [0] })).toMatchObject({ error: WireError.noSuchProcess, reason: EndReason.targetGone });
    // The number was given to another process: this is not the one that was meant.
    expect(await start({ tgids: [self], startTicks: 1 })).toMatchObject({
      error: WireError.noSuchProcess,
      reason: EndReason.targetGone,
    });
  });

  test('the number of a thread is no process', async () => {
    await withProgram('busy', ['2'], async ({ tgid }) => {
      await sleep(100);
      const threads = execFileSync('ls', [`/proc/${tgid}/task`], { encoding: 'utf8' }).trim().split('\n').map(Number);
      const other = threads.find((tid) => tid !== tgid)!;
      expect(await start({ tgids: [other] })).toMatchObject({ error: WireError.noSuchProcess, value: other });
    });
  });

  test('a target that exits at once', async () => {
    for (let i = 0; i < 5; i++) {
      const { pid } = await import('node:child_process').then(({ spawn }) => spawn('/bin/true', { stdio: 'ignore' }));
      const client = new HelperClient();
      client.start({ tgids: [pid!] });
      await client.exited;
      expect([EndReason.targetExited, EndReason.targetGone]).toContain(client.end().reason);
    }
  });

  test('EOF on stdin ends it within a second, with its samples', async () => {
    await withProgram('demo', [], async ({ tgid }) => {
      const client = new HelperClient();
      client.start({ tgids: [tgid], frequency: 199 });
      await client.expect('started');
      await sleep(500);
      const closed = performance.now();
      client.process.stdin!.end();
      await client.exited;
      expect(client.exitedAt - closed).toBeLessThan(1000);
      expect(client.end().reason).toBe(EndReason.asked);
      expect(client.ofType('counts').length).toBeGreaterThan(0);
    });
  });

  test('EOF before START, and SIGHUP, end it', async () => {
    const idle = new HelperClient();
    await idle.expect('hello');
    idle.process.stdin!.end();
    await idle.exited;
    expect(idle.end().reason).toBe(EndReason.asked);
    await withProgram('demo', [], async ({ tgid }) => {
      const client = new HelperClient();
      client.start({ tgids: [tgid] });
      await client.expect('started');
      client.process.kill('SIGHUP');
      await client.exited;
      expect(client.end().reason).toBe(EndReason.asked);
    });
  });

  test('an engine that says nothing for 10 s is taken for gone', { timeout: 20_000 }, async () => {
    await withProgram('demo', [], async ({ tgid }) => {
      const running = new HelperClient({ heartbeat: false });
      const idle = new HelperClient({ heartbeat: false });
      running.start({ tgids: [tgid] });
      const begun = performance.now();
      await Promise.all([running.exited, idle.exited]);
      expect(performance.now() - begun).toBeGreaterThan(9500);
      expect(running.end().reason).toBe(EndReason.noHeartbeat);
      expect(idle.end().reason).toBe(EndReason.noHeartbeat);
    });
  });
});
