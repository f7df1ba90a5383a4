// SPDX-License-Identifier: Apache-2.0
/** What an engine says of an interpreter is only where to look: it cannot make the helper show anything else. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { isPythonFrame } from '../../main/engine/python/python-frames.ts';
import { pythonInterpreter, type PythonInterpreter } from '../../main/engine/symbolication/python-interpreter.ts';
import { encodeInterpreter } from '../../main/engine/wire-encoder.ts';
import type { ModuleFrame } from '../../main/engine/wire-frames.ts';
import { EndReason, WalkEnd, WireError } from '../../main/engine/wire-layout.gen.ts';
import { compiled, Engine, flags } from './answering-engine.ts';
import { reasonToSkip } from './helper-client.ts';
import { withProgram } from './target-program.ts';

const reason = reasonToSkip();
if (reason) console.log(`test/helper/interpreter: skipped, ${reason}`);

const python = '/usr/bin/python3.11';
const script = resolve(import.meta.dirname, '../programs/run-time/known.py');
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function pythonProgram(): Promise<{ tgid: number }> {
  const child = spawn(python, [script, 'shares', '60'], { stdio: 'ignore' });
  children.push(child);
  await once(child, 'spawn');
  await wait(500);
  return { tgid: child.pid! };
}

/** Says of the modules that are meant what `interpreter` says, before their rows. */
function engineSaying(isMeant: (module: ModuleFrame) => boolean, interpreter: (module: ModuleFrame) => Promise<PythonInterpreter> | PythonInterpreter): Engine {
  const engine: Engine = new Engine(async (module) => {
    const rows = await compiled(module);
    if (isMeant(module)) engine.client.send(encodeInterpreter(module.module, await interpreter(module)));
    return rows;
  });
  return engine;
}

const pythonFrames = ({ client }: Engine): bigint[] => client.ofType('stack').flatMap(({ addresses }) => [...addresses].filter((value) => isPythonFrame(value)));

describe.skipIf(reason)('an interpreter', () => {
  test.skipIf(!existsSync(python))('is walked from where its state is, and each code object comes before its frames', async () => {
    const target = await pythonProgram();
    const engine = engineSaying(({ path }) => path === python, async ({ path }) => (await pythonInterpreter([path], path, ''))!);
    await engine.record(target, 1000);
    const known = new Set<bigint>();
    let frames = 0;
    for (const frame of engine.client.frames) {
      if (frame.type === 'pythonCode') known.add(frame.id);
      if (frame.type !== 'stack') continue;
      for (const value of frame.addresses) {
        if (!isPythonFrame(value)) continue;
        frames++;
        expect(known.has((value >> 18n) & ((1n << 43n) - 1n))).toBe(true);
      }
    }
    expect(frames).toBeGreaterThan(50);
    const burn = engine.client.ofType('pythonCode').find(({ name }) => name === 'burn');
    expect(burn).toMatchObject({ tgid: target.tgid, file: script, firstLine: 12 });
    expect(engine.client.ofType('pythonCode').map(({ name }) => name)).toEqual(expect.arrayContaining(['<module>', 'main', 'shares', 'Shop.sell', 'nested.<locals>.inside']));
  });

  // Of the program's own data, and of addresses where nothing is.
  test.each([0x3000n, 0x4000n, 0x4010n, 0x5000n, 0n, -(1n << 46n), (1n << 47n) - 1n])('in a program that has none shows nothing: from %s', async (runtime) => {
    await withProgram('busy', [], async (target) => {
      const versions = [311, 312, 313] as const;
      for (const version of versions) {
        const engine = engineSaying(({ path }) => path.startsWith('/'), () => ({ version, runtime }));
        await engine.record(target, 300);
        expect(engine.client.ofType('pythonCode')).toEqual([]);
        expect(pythonFrames(engine)).toEqual([]);
        expect(engine.share(({ end }) => end === WalkEnd.outermost).share).toBeGreaterThan(0.95);
      }
    });
  });

  test.skipIf(!existsSync(python)).each([312, 313] as const)('of another version (%s) than it is shows nothing, and leaves the native stack whole', async (version) => {
    const target = await pythonProgram();
    const engine = engineSaying(({ path }) => path === python, async ({ path }) => ({ ...(await pythonInterpreter([path], path, ''))!, version }));
    await engine.record(target, 500);
    expect(engine.client.ofType('pythonCode')).toEqual([]);
    expect(pythonFrames(engine)).toEqual([]);
    expect(engine.share(({ end }) => end === WalkEnd.outermost).share).toBeGreaterThan(0.95);
  });

  test.each<[string, { version: number; runtime: bigint; module?: number }]>([
    ['of an unknown version', { version: 310, runtime: 0n }],
    ['too far away', { version: 311, runtime: 1n << 47n }],
    ['in no module', { version: 311, runtime: 0n, module: 4000 }],
  ])('%s is refused', async (_, { version, runtime, module }) => {
    await withProgram('busy', [], async (target) => {
      const engine = new Engine(async () => null);
      engine.client.start({ tgids: [target.tgid], flags, tableMebibytes: 4 });
      await engine.client.until(() => engine.asked.length > 0);
      engine.client.send(encodeInterpreter(module ?? engine.asked[0]!.module, { version, runtime } as PythonInterpreter));
      await engine.client.exited;
      expect(engine.client.refused().error).toBe(WireError.malformed);
      expect(engine.client.end().reason).toBe(EndReason.failure);
      await engine.end().catch(() => undefined);
    });
  });
});
