// SPDX-License-Identifier: Apache-2.0
/** A stream that the real helper once sent (capture-stream.ts) must always give the same picture. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { toFolded } from '../../formats/folded.ts';
import { createTables, rowCounts, segmentsSince, type Tables } from '../../profile/tables.ts';
import { createEngine } from './engine.ts';
import { fileStream, replayStream, type HelperStream } from './helper-stream.ts';
import { readRecording } from './recordings/reader.ts';
import { WireDecoder } from './wire-decoder.ts';

const recordings = join(import.meta.dirname, '../../test/recordings');
const STREAM = join(recordings, 'demo.stream');
const FOLDED = join(recordings, 'demo.folded');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'emberscope-replay-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function replay(stream: HelperStream, output: string): Promise<Tables> {
  const engine = await createEngine({ shell: 'chromium', shellReason: '', stateFolder: join(folder, 'state'), cacheFolder: null });
  const recording = await engine.replay(stream, { output });
  expect((await recording.finished).reason).toBe('asked');
  expect(recording.figures.ledger).toMatchObject({ fired: expect.any(Number) });
  const { fired, notOurs, stored, lost } = recording.figures.ledger;
  expect(fired).toBe(notOurs + stored + lost);
  await engine.close();
  return recording.tables;
}

const rows = (tables: Tables): unknown => segmentsSince(tables, rowCounts(createTables()));

/** In pieces of `size` bytes. */
function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

it('is worth replaying: hundreds of samples, with stacks of users and of the kernel', () => {
  let samples = 0;
  let both = 0;
  for (const frame of new WireDecoder().push(readFileSync(STREAM))) {
    if (frame.type !== 'counts') continue;
    for (let i = 0; i < frame.length; i++) {
      samples += frame.samples[i]!;
      if (frame.userStack[i] !== 0n && frame.kernelStack[i] !== 0n) both += frame.samples[i]!;
    }
  }
  expect(samples).toBeGreaterThan(400);
  expect(both).toBeGreaterThan(40);
});

it('gives byte-identical folded stacks: whole, in pieces, byte by byte, from the file it wrote, and as committed', async () => {
  const bytes = readFileSync(STREAM);
  const first = await replay(fileStream(STREAM), join(folder, 'a.ember'));
  const folded = toFolded(first);
  const file = readFileSync(join(folder, 'a.ember'));
  for (const size of [bytes.length, 61, 1]) {
    const path = join(folder, `b${size}.ember`);
    const again = await replay(replayStream(cut(bytes, size)), path);
    expect(rows(again)).toEqual(rows(first));
    expect(toFolded(again)).toBe(folded);
    expect(toFolded(readRecording(path).tables)).toBe(folded);
    expect(readFileSync(path).equals(file)).toBe(true);
  }
  if (process.env.UPDATE_SNAPSHOTS) writeFileSync(FOLDED, folded);
  expect(folded).toBe(readFileSync(FOLDED, 'utf8'));
});
