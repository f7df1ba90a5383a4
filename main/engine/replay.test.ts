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

const recordings = join(import.meta.dirname, '../../test/recordings');
const STREAM = join(recordings, 'demo.stream');
const FOLDED = join(recordings, 'demo.folded');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'emberscope-replay-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function replay(stream: HelperStream, output: string): Promise<Tables> {
  const engine = await createEngine({ shell: 'chromium', shellReason: '', stateFolder: join(folder, 'state') });
  const recording = await engine.replay(stream, { output });
  expect((await recording.finished).reason).toBe('asked');
  expect(recording.figures.ledger).toMatchObject({ fired: expect.any(Number) });
  const { fired, notOurs, stored, lost } = recording.figures.ledger;
  expect(fired).toBe(notOurs + stored + lost);
  await engine.close();
  return recording.tables;
}

const rows = (tables: Tables): unknown => segmentsSince(tables, rowCounts(createTables()));

it('gives byte-identical folded stacks: whole, in pieces, from the file it wrote, and as committed', async () => {
  const bytes = readFileSync(STREAM);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 61) pieces.push(bytes.subarray(at, at + 61));
  const first = await replay(fileStream(STREAM), join(folder, 'a.ember'));
  const second = await replay(replayStream(pieces), join(folder, 'b.ember'));
  expect(rows(second)).toEqual(rows(first));
  const folded = toFolded(first);
  expect(toFolded(second)).toBe(folded);
  expect(toFolded(readRecording(join(folder, 'b.ember')).tables)).toBe(folded);
  expect(readFileSync(join(folder, 'a.ember')).equals(readFileSync(join(folder, 'b.ember')))).toBe(true);
  if (process.env.UPDATE_SNAPSHOTS) writeFileSync(FOLDED, folded);
  expect(folded).toBe(readFileSync(FOLDED, 'utf8'));
});
