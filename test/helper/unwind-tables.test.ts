// SPDX-License-Identifier: Apache-2.0
/** What the helper does with an engine's answers about modules, with real BPF. */
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { encodeRead, encodeUnwindSame } from '../../main/engine/wire-encoder.ts';
import type { StackFrame } from '../../main/engine/wire-frames.ts';
import { EndReason, WalkEnd, WIRE_READ_MAX, WireError } from '../../main/engine/wire-layout.gen.ts';
import { compiled, Engine, flags, NO_ROWS, rowsOf } from './answering-engine.ts';
import { programPath, reasonToSkip } from './helper-client.ts';
import { sleep, startProgram, withProgram } from './target-program.ts';

const reason = reasonToSkip();
if (reason) console.log(`test/helper/unwind-tables: skipped, ${reason}`);

const complete = ({ end }: StackFrame): boolean => end === WalkEnd.outermost;

describe.skipIf(reason)('unwind tables', () => {
  test('lead to the outermost frame', async () => {
    await withProgram('busy', ['2'], async (target) => {
      const engine = new Engine(compiled);
      await engine.record(target, 1500);
      const { samples, share } = engine.share(complete);
      expect(samples).toBeGreaterThan(200);
      expect(share).toBeGreaterThanOrEqual(0.995);
      const tables = engine.client.ofType('tables').at(-1)!;
      expect(tables).toMatchObject({ refused: 0, evicted: 0 });
      expect(tables.tables).toBeGreaterThanOrEqual(3);
      // The program, the C library, the loader; each once.
      expect(new Set(engine.asked.map(({ path, inode }) => `${path} ${inode}`)).size).toBe(engine.asked.length);
    });
  });

  test('that do not come hold up nobody for long; until then stacks say that there is no row', async () => {
    await withProgram('busy', [], async (target) => {
      const engine = new Engine(async () => null);
      const began = performance.now();
      engine.client.start({ frequency: 499, tgids: [target.tgid], flags, tableMebibytes: 16 });
      await engine.client.expect('started');
      expect(performance.now() - began).toBeLessThan(3000);
      await sleep(500);
      await engine.end();
      const { samples, share } = engine.share(({ end, addresses }) => end === WalkEnd.noRow && addresses.length === 1);
      expect(samples).toBeGreaterThan(50);
      expect(share).toBeGreaterThan(0.99);
    });
  });

  test('that come late are used from then on', async () => {
    await withProgram('busy', [], async (target) => {
      const engine = new Engine(async (module) => {
        await wait(1500);
        return compiled(module);
      });
      await engine.record(target, 3000);
      const { share } = engine.share(complete);
      expect(share).toBeGreaterThan(0.3);
      expect(share).toBeLessThan(0.95);
    });
  });

  // The demo needs no library, so frame pointers lead to its entry.
  test('without rows leave frame pointers', async () => {
    await withProgram('demo', ['60'], async (target) => {
      const engine = new Engine(async () => NO_ROWS);
      await engine.record(target, 800);
      expect(engine.share(complete).share).toBeGreaterThan(0.98);
      expect(engine.client.ofType('tables').at(-1)?.tables ?? 0).toBe(0);
    });
  });

  test.each<[string, Uint8Array]>([
    ['not in order', rowsOf([[8, 1, 0, 2], [8, 1, 0, 2]])],
    ['with an unknown rule', rowsOf([[8, 1, 0, 10]])],
    ['at the end of everything', rowsOf([[0xffffffff, 1, 0, 2]])],
  ])('%s are refused, and counted', async (_, rows) => {
    await withProgram('demo', ['60'], async (target) => {
      const engine = new Engine(async () => rows);
      await engine.record(target, 600);
      const tables = engine.client.ofType('tables').at(-1)!;
      expect(tables).toMatchObject({ tables: 0, bytes: 0, refused: engine.asked.length });
      expect(engine.share(complete).share).toBeGreaterThan(0.98);
    });
  });

  test('that find no room are refused', async () => {
    await withProgram('busy', [], async (target) => {
      const many = rowsOf(Array.from({ length: 300_000 }, (_, i) => [i * 4, (i % 50) + 1, 0, 2]));
      const engine = new Engine(async () => many);
      await engine.record(target, 800, 4);
      const { tables, refused, bytes } = engine.client.ofType('tables').at(-1)!;
      expect(tables).toBe(1);
      expect(refused).toBe(engine.asked.length - 1);
      expect(bytes).toBeLessThanOrEqual(4 << 20);
    });
  });

  test('that lie show no memory of the target', async () => {
    await withProgram('busy', [], async (target) => {
      // Everywhere "the return address is at sp + 8 i": whatever lies on the stack would become a frame.
      const lies = rowsOf(Array.from({ length: 60_000 }, (_, i) => [i * 16, (i % 500) + 1, 0, 2]));
      const engine = new Engine(async () => lies);
      await engine.record(target, 1000);
      const mapped = engine.client.ofType('mapping');
      const isCode = (address: bigint): boolean => mapped.some(({ start, end }) => address >= start && address <= end);
      expect(engine.client.ofType('stack').length).toBeGreaterThan(0);
      for (const { addresses } of engine.client.ofType('stack')) for (const address of addresses) expect(isCode(address), address.toString(16)).toBe(true);
    });
  });

  test('are linked at once when a program execs: nobody is asked again', async () => {
    await withProgram('exec-storm', ['40'], async (target) => {
      const engine = new Engine(compiled);
      await engine.record(target, 3000);
      const { samples, share } = engine.share(complete);
      expect(samples).toBeGreaterThan(300);
      // What runs before its first mappings are seen, some ms of each 40.
      expect(share).toBeGreaterThan(0.8);
      expect(engine.asked.length).toBeLessThan(10);
    });
  });

  test('may be another module’s', async () => {
    await withProgram('busy', [], async (target) => {
      const first = new Map<string, number>();
      const engine: Engine = new Engine(async (module) => {
        const same = first.get(module.path);
        if (same === undefined) first.set(module.path, module.module);
        else engine.client.send(encodeUnwindSame(module.module, same));
        return same === undefined ? compiled(module) : null;
      });
      engine.client.start({ frequency: 499, tgids: [target.tgid], flags, tableMebibytes: 16 });
      await engine.client.expect('started');
      // Of itself it cannot be the same.
      engine.client.send(encodeUnwindSame(engine.asked[0]!.module, engine.asked[0]!.module));
      await engine.client.exited;
      expect(engine.client.refused().error).toBe(WireError.malformed);
      expect(engine.client.end().reason).toBe(EndReason.failure);
    });
  });
});

describe.skipIf(reason)('files of modules', () => {
  test('are read in parts', async () => {
    const target = await startProgram('busy');
    try {
      const engine = new Engine(async () => NO_ROWS);
      const { client } = engine;
      client.start({ tgids: [target.tgid], flags, tableMebibytes: 4 });
      await client.expect('started');
      const program = engine.asked.find(({ path }) => path.endsWith('/busy'))!;
      const file = readFileSync(programPath('busy'));
      client.send(encodeRead(program.module, 0, WIRE_READ_MAX));
      client.send(encodeRead(program.module, 100, 50));
      client.send(encodeRead(program.module, file.length - 10, 50));
      client.send(encodeRead(program.module, 2 ** 50, 50));
      await client.until(() => client.ofType('bytes').length === 4);
      const [whole, part, end, beyond] = client.ofType('bytes');
      expect(Buffer.from(whole!.bytes)).toEqual(file);
      expect(whole).toMatchObject({ error: 0, offset: 0, fileSize: file.length });
      expect(Buffer.from(part!.bytes)).toEqual(file.subarray(100, 150));
      expect(Buffer.from(end!.bytes)).toEqual(file.subarray(file.length - 10));
      expect(beyond).toMatchObject({ error: 0, fileSize: file.length });
      expect(beyond!.bytes).toHaveLength(0);
      client.send(encodeRead(9999, 0, 50));
      await client.exited;
      expect(client.refused().error).toBe(WireError.malformed);
      await engine.end().catch(() => undefined);
    } finally {
      await target.end();
    }
  });
});
