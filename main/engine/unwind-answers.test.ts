// SPDX-License-Identifier: Apache-2.0
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { HelperObjects } from './helper-objects.ts';
import { UnwindAnswers } from './unwind-answers.ts';
import { WIRE_HEADER_SIZE, WIRE_READ_MAX, wireHeader, wireRead, wireUnwindRows, wireUnwindSame, WireType, MappingFlag } from './wire-layout.gen.ts';
import type { BytesFrame, ModuleFrame } from './wire-frames.ts';

const folder = mkdtempSync(join(tmpdir(), 'emberscope-answers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const program = '/bin/ls';
const module: ModuleFrame = {
  type: 'module', module: 1, tgid: process.pid, start: 0x1000n, end: 0x2000n, inode: statSync(program, { bigint: true }).ino,
  deviceMajor: 0, deviceMinor: 0, flags: 0, path: program, buildId: '',
};

interface Answer {
  type: number;
  module: number;
  count: number;
  total: number;
  as: number;
  offset: number;
}

function read(bytes: Uint8Array): Answer {
  const view = new DataView(bytes.buffer);
  const at = (field: number): number => view.getUint32(WIRE_HEADER_SIZE + field, true);
  const type = view.getUint16(wireHeader.type, true);
  const rows = type === WireType.unwindRows;
  return {
    type,
    module: at(wireUnwindRows.module),
    count: rows ? at(wireUnwindRows.count) : 0,
    total: rows ? at(wireUnwindRows.total) : 0,
    as: type === WireType.unwindSame ? at(wireUnwindSame.as) : 0,
    offset: type === WireType.read ? Number(view.getBigUint64(WIRE_HEADER_SIZE + wireRead.offset, true)) : 0,
  };
}

/** A helper that has one file, and hands it out in pieces. */
function fakeHelper(file: Uint8Array | null) {
  const sent: Answer[] = [];
  const fetched: string[] = [];
  const send = (bytes: Uint8Array): void => {
    const answer = read(bytes);
    sent.push(answer);
    if (answer.type !== WireType.read) return;
    const part = Uint8Array.from(file?.subarray(answer.offset, answer.offset + WIRE_READ_MAX) ?? []);
    const frame: BytesFrame = {
      type: 'bytes', module: answer.module, error: file ? 0 : 13, offset: answer.offset, fileSize: file?.length ?? 0, bytes: part,
    };
    queueMicrotask(() => objects.take(frame));
  };
  const objects = new HelperObjects(send);
  const answers = new UnwindAnswers(send, objects, (_, path) => fetched.push(path));
  const rows = (): Answer[] => sent.filter(({ type }) => type !== WireType.read);
  return { answers, objects, rows, sent, fetched };
}

describe('answers to modules', () => {
  it('are the rows of the file', async () => {
    const { answers, rows } = fakeHelper(null);
    answers.answer(module);
    await vi.waitFor(() => expect(rows()).toHaveLength(1));
    expect(rows()[0]).toMatchObject({ type: WireType.unwindRows, module: 1, count: rows()[0]!.total });
    expect(rows()[0]!.total).toBeGreaterThan(100);
  });

  it('name the module that had the same file before', async () => {
    const { answers, rows } = fakeHelper(null);
    answers.answer(module);
    await vi.waitFor(() => expect(rows()).toHaveLength(1));
    answers.answer({ ...module, module: 2 });
    await vi.waitFor(() => expect(rows()).toHaveLength(2));
    expect(rows()[1]).toMatchObject({ type: WireType.unwindSame, module: 2, as: 1 });
  });

  it('are empty where nothing is known, also of another build than the one that runs', async () => {
    const { answers, rows } = fakeHelper(null);
    answers.answer({ ...module, path: '/etc/hostname', inode: statSync('/etc/hostname', { bigint: true }).ino });
    answers.answer({ ...module, module: 2, path: '/gone' });
    answers.answer({ ...module, module: 3, buildId: 'ab'.repeat(20) });
    await vi.waitFor(() => expect(rows()).toHaveLength(3));
    for (const { total } of rows()) expect(total).toBe(0);
  });

  it('are made of our own vdso, which is everybody’s', async () => {
    const { answers, rows } = fakeHelper(null);
    answers.answer({ ...module, flags: MappingFlag.vdso, path: '' });
    await vi.waitFor(() => expect(rows()).toHaveLength(1));
    expect(rows()[0]!.total).toBeGreaterThan(0);
  });

  it('come from bytes that the helper read, where we may not; and names can, too', async () => {
    const file = readFileSync(program);
    const { answers, objects, rows, fetched } = fakeHelper(file);
    answers.answer({ ...module, path: '/not/for/us' });
    await vi.waitFor(() => expect(rows()).toHaveLength(1));
    expect(rows()[0]!.total).toBeGreaterThan(100);
    expect(readFileSync(fetched[0]!)).toEqual(file);
    expect(statSync(fetched[0]!).mode & 0o777).toBe(0o600);
    objects.close();
    expect(() => statSync(fetched[0]!)).toThrow();
  });

  it('end with the session', async () => {
    const { answers, rows } = fakeHelper(null);
    answers.answer(module);
    answers.close();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(rows()).toEqual([]);
  });
});

describe('files read by the helper', () => {
  it('are whole or not there at all', async () => {
    const { objects } = fakeHelper(new Uint8Array(3 * WIRE_READ_MAX + 7).fill(5));
    const path = await objects.fetch(9);
    expect(statSync(path!).size).toBe(3 * WIRE_READ_MAX + 7);
    expect(await objects.fetch(9)).toBe(path);
    objects.close();
    expect(await fakeHelper(null).objects.fetch(9)).toBeNull();
  });

  it('are given up when they change their size, or lie about it', async () => {
    const sizes = [2 * WIRE_READ_MAX, 3 * WIRE_READ_MAX];
    const objects: HelperObjects = new HelperObjects((bytes) => {
      const { module: number, offset } = read(bytes);
      const frame: BytesFrame = { type: 'bytes', module: number, error: 0, offset, fileSize: sizes.shift() ?? 0, bytes: new Uint8Array(WIRE_READ_MAX) };
      queueMicrotask(() => objects.take(frame));
    });
    expect(await objects.fetch(1)).toBeNull();
    const endless: HelperObjects = new HelperObjects((bytes) => {
      const { module: number, offset } = read(bytes);
      queueMicrotask(() => endless.take({ type: 'bytes', module: number, error: 0, offset, fileSize: 1000, bytes: new Uint8Array(0) }));
    });
    expect(await endless.fetch(1)).toBeNull();
    const huge: HelperObjects = new HelperObjects((bytes) => {
      const { module: number, offset } = read(bytes);
      queueMicrotask(() => huge.take({ type: 'bytes', module: number, error: 0, offset, fileSize: 2 ** 40, bytes: new Uint8Array(8) }));
    });
    expect(await huge.fetch(1)).toBeNull();
  });
});

it('a file of our own that is not readable is not there', async () => {
  const path = join(folder, 'secret');
  copyFileSync(program, path);
  chmodSync(path, 0);
  const { answers, rows } = fakeHelper(null);
  answers.answer({ ...module, path, inode: statSync(path, { bigint: true }).ino });
  await vi.waitFor(() => expect(rows()).toHaveLength(1));
  // Root may read everything.
  expect(rows()[0]!.total > 0).toBe(process.getuid?.() === 0);
});
