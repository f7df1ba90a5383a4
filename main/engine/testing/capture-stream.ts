// SPDX-License-Identifier: Apache-2.0
/**
 * Records what the helper says of the demo program, for the replay tests:
 *
 *     node main/engine/testing/capture-stream.ts test/recordings/demo.stream [seconds]
 *
 * Of the kernel's symbols only those that its stacks hit are kept (5 MB would be of no use), and the release
 * and times of the machine at hand stay as they were.
 */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createEngine } from '../engine.ts';
import { chooseHelper, startHelper } from '../helper-process.ts';
import type { HelperStream } from '../helper-stream.ts';
import { places } from '../places.ts';
import { WireDecoder } from '../wire-decoder.ts';
import type { KernelSymbolsFrame, StackFrame, WireFrame } from '../wire-frames.ts';
import { WIRE_HEADER_SIZE } from '../wire-layout.gen.ts';
import { StreamBuilder } from './stream-builder.ts';

/** The same stream; everything that comes is also put into `kept`. */
export function tee(stream: HelperStream, kept: Uint8Array[]): HelperStream {
  async function* output(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of stream.output) {
      kept.push(chunk.slice());
      yield chunk;
    }
  }
  return { ...stream, output: output() };
}

/** A whole stream with no more kernel symbols than its stacks need, and the ones after them, which end them. */
export function withoutIdleSymbols(bytes: Uint8Array): Uint8Array {
  const frames: { frame: WireFrame; bytes: Uint8Array }[] = [];
  const decoder = new WireDecoder();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const part = bytes.subarray(at, at + WIRE_HEADER_SIZE + view.getUint32(at, true));
    for (const frame of decoder.push(part)) frames.push({ frame, bytes: part });
    at += part.length;
  }
  const stacks = frames.map(({ frame }) => frame).filter((frame): frame is StackFrame => frame.type === 'stack' && frame.kernel);
  const addresses = stacks.flatMap(({ addresses: list }) => [...list].flatMap((address) => [address, address - 1n]));
  const builder = new StreamBuilder();
  for (const { frame, bytes: raw } of frames) {
    if (frame.type === 'kernelSymbols') keepHit(builder, frame, addresses);
    else builder.raw(raw);
  }
  return builder.bytes();
}

function keepHit(builder: StreamBuilder, { module, base, end, offsets, names }: KernelSymbolsFrame, addresses: bigint[]): void {
  const kept = new Set<number>();
  for (const address of addresses) {
    if (address < base || address >= end) continue;
    const offset = Number(address - base);
    const next = offsets.findIndex((start) => start > offset);
    const behind = next < 0 ? offsets.length : next;
    if (behind === 0) continue;
    for (let i = behind - 1; i >= 0 && offsets[i] === offsets[behind - 1]; i--) kept.add(i);
    if (behind < offsets.length) kept.add(behind);
  }
  if (kept.size === 0) return;
  const symbols = [...kept].sort((a, b) => a - b).map((i): [number, string] => [offsets[i]!, names[i]!]);
  builder.kernelSymbols(module, base, end, symbols);
}

async function capture(output: string, seconds: number): Promise<void> {
  const choice = chooseHelper();
  if (choice.kind === 'none') throw new Error(choice.failure.message);
  const folder = mkdtempSync(join(tmpdir(), 'emberscope-capture-'));
  const kept: Uint8Array[] = [];
  // A path that says nothing of the machine.
  const demo = join(tmpdir(), 'demo');
  try {
    copyFileSync(places().demo, demo);
    const engine = await createEngine({ shell: 'chromium', shellReason: '', stateFolder: folder, cacheFolder: null, openStream: () => tee(startHelper(choice), kept) });
    const settings = { frequency: 199, children: true, kernelStacks: true };
    const recording = await engine.startRecording({ kind: 'command', command: [demo] }, settings);
    await wait(seconds * 1000);
    await recording.stop();
    await engine.close();
  } finally {
    rmSync(demo, { force: true });
    rmSync(folder, { recursive: true, force: true });
  }
  const stream = withoutIdleSymbols(new Uint8Array(Buffer.concat(kept)));
  writeFileSync(output, stream);
  console.log(`${output}: ${stream.length} bytes`);
}

const [, script, output, seconds = '2'] = process.argv;
if (script === import.meta.filename && output) await capture(output, Number(seconds));
