// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { FrameCategory, LossCause, ModuleKind, NoteKind, StackEnd } from '../../profile/schema.ts';
import { createTables, segmentsSince, rowCounts, type Tables } from '../../profile/tables.ts';
import { NONE } from '../../profile/units.ts';
import { LiveSession, type SymbolListener } from './live-session.ts';
import { StreamBuilder } from './testing/stream-builder.ts';
import { WireDecoder } from './wire-decoder.ts';

const KERNEL = 0xffffffff81000000n;
const SLICE = 50_000;

function silent(): SymbolListener & { calls: unknown[][] } {
  const calls: unknown[][] = [];
  return {
    calls,
    file: (module, mapping) => calls.push(['file', module, mapping.path]),
    vdso: (module) => calls.push(['vdso', module]),
    runTime: {
      generation: () => undefined,
      mapping: () => undefined,
      anonymous: (module, tgid, mapping) => calls.push(['anonymous', module, tgid, mapping.start]),
      forget: () => undefined,
    },
    kernelSymbols: (module, offsets, names) => calls.push(['kernelSymbols', module, [...offsets], names]),
  };
}

function run(stream: StreamBuilder, chunk = Infinity): { tables: Tables; session: LiveSession; calls: unknown[][] } {
  const tables = createTables();
  const listener = silent();
  const session = new LiveSession(tables, listener);
  const decoder = new WireDecoder();
  const bytes = stream.bytes();
  for (let at = 0; at < bytes.length; at += chunk) {
    for (const frame of decoder.push(bytes.subarray(at, at + chunk))) session.accept(frame);
  }
  return { tables, session, calls: listener.calls };
}

const text = (tables: Tables, index: number): string => tables.strings.columns.text[index]!;

/** Frames of a stack as "path+offset", root first. */
function stackOf(tables: Tables, stack: number): string[] {
  const { stacks, frames, modules } = tables;
  const names: string[] = [];
  for (; stack !== NONE; stack = stacks.columns.prefix[stack]!) {
    const frame = stacks.columns.frame[stack]!;
    const module = frames.columns.module[frame]!;
    const path = module === NONE ? '?' : text(tables, modules.columns.path[module]!);
    names.unshift(`${path}+0x${frames.columns.offset[frame]!.toString(16)}`);
  }
  return names;
}

const process = (): StreamBuilder =>
  new StreamBuilder()
    .hello('1')
    .kernelSymbols('[kernel]', KERNEL, KERNEL + 0x10000n, [[0, '_stext'], [0x100, 'do_syscall_64']])
    .process(10, 'app')
    .generation(10, 1)
    .mapping(10, 1, 0x400000n, 0x500000n, '/bin/app', { fileOffset: 0x1000, buildId: Uint8Array.of(1), buildIdLength: 1 })
    .mapping(10, 1, 0x700000n, 0x800000n, '/lib/libc.so.6', { inode: 9 })
    .mapping(10, 1, 0x900000n, 0xa00000n, '', { flags: 1 })
    .mapping(10, 1, 0xb00000n, 0xb02000n, '[vdso]', { flags: 2 })
    .thread(10, 11, 'worker')
    .started();

describe('LiveSession', () => {
  it('turns addresses into module and file offset, return addresses less one', () => {
    const stream = process()
      .stack(1n, 10, 1, [0x700010n, 0x400021n, 0x400101n])
      .counts([{ userStack: 1n, slice: SLICE + 3, tgid: 10, tid: 11, samples: 5 }])
      .ledger();
    const { tables, calls } = run(stream);
    expect(stackOf(tables, tables.samples.columns.stack[0]!)).toEqual(['/bin/app+0x1100', '/bin/app+0x1020', '/lib/libc.so.6+0x10']);
    expect(tables.samples.columns.slice[0]).toBe(3);
    expect(tables.samples.columns.weight[0]).toBe(5);
    const thread = tables.samples.columns.thread[0]!;
    expect(text(tables, tables.threads.columns.name[thread]!)).toBe('worker');
    expect([...tables.modules.columns.kind.slice(0, tables.modules.length)].sort()).toEqual([ModuleKind.executable, ModuleKind.library]);
    expect(calls).toEqual([['file', 0, '/lib/libc.so.6'], ['file', 1, '/bin/app']]);
  });

  it('takes every mapping of the program\'s file for the program, whichever has the first frame', () => {
    const stream = process()
      .mapping(10, 1, 0x500000n, 0x600000n, '/bin/app', { fileOffset: 0x200000, buildId: Uint8Array.of(1), buildIdLength: 1 })
      .generation(10, 2, { fromTgid: 10, fromGeneration: 1 })
      .mapping(10, 2, 0xc00000n, 0xd00000n, '/bin/app', { fileOffset: 0x400000, buildId: Uint8Array.of(1), buildIdLength: 1 })
      .stack(1n, 10, 2, [0x700010n, 0x500021n, 0xc00021n])
      .counts([{ userStack: 1n, slice: SLICE, tgid: 10, tid: 10 }])
      .ledger();
    const { modules, frames } = run(stream).tables;
    expect([...modules.columns.kind.slice(0, modules.length)]).toEqual([ModuleKind.library, ModuleKind.executable]);
    expect([...frames.columns.category.slice(0, 3)]).toEqual([FrameCategory.library, FrameCategory.user, FrameCategory.user]);
  });

  it('tells what code is made at run time, and a child\'s from its parent\'s', () => {
    const stream = process()
      .process(20, 'app', { parentTgid: 10, flags: 1 })
      .generation(20, 1, { fromTgid: 10, fromGeneration: 1 })
      .generation(10, 2, { fromTgid: 10, fromGeneration: 1 })
      .stack(1n, 10, 1, [0x900010n])
      .stack(2n, 20, 1, [0x900010n])
      .stack(3n, 10, 2, [0x900010n])
      .stack(4n, 20, 1, [0x900020n, 0x400021n])
      .counts([1n, 2n, 3n, 4n].map((userStack) => ({ userStack, slice: SLICE, tgid: userStack % 2n === 1n ? 10 : 20, tid: 10 })))
      .ledger();
    const { tables, calls } = run(stream);
    expect(calls.filter(([what]) => what === 'anonymous')).toEqual([['anonymous', 0, 10, 0x900000n], ['anonymous', 1, 20, 0x900000n]]);
    expect([...tables.frames.columns.module.slice(0, 3)]).toEqual([0, 1, 1]);
  });

  it('puts a kernel stack on top of the user\'s leaf, relative to the kernel\'s base', () => {
    const stream = process()
      .stack(1n, 10, 1, [0x400010n])
      .stack(2n, 0, 0, [KERNEL + 0x123n, KERNEL + 0x201n], { space: 1 })
      .counts([{ userStack: 1n, kernelStack: 2n, slice: SLICE, tgid: 10, tid: 10 }])
      .ledger();
    const { tables, calls } = run(stream);
    expect(stackOf(tables, tables.samples.columns.stack[0]!)).toEqual(['/bin/app+0x1010', '[kernel]+0x200', '[kernel]+0x123']);
    expect(calls).toContainEqual(['kernelSymbols', 1, [0, 0x100], ['_stext', 'do_syscall_64']]);
  });

  it('names what it cannot name: anonymous code, no mapping, kernel code outside the table, the vdso', () => {
    const stream = process()
      .stack(1n, 10, 1, [0x900010n, 0xdead0001n, 0xb00011n])
      .stack(2n, 0, 0, [0xffffffffc0000010n], { space: 1 })
      .counts([{ userStack: 1n, slice: SLICE, tgid: 10, tid: 10 }, { kernelStack: 2n, slice: SLICE, tgid: 10, tid: 10 }])
      .ledger();
    const { tables } = run(stream);
    expect(stackOf(tables, tables.samples.columns.stack[0]!)).toEqual(['[vdso]+0x10', '?+0xdead0000', '[anonymous]+0x10']);
    expect(stackOf(tables, tables.samples.columns.stack[1]!)).toEqual(['[unknown kernel code]+0x7fffc0000010']);
    const category = tables.frames.columns.category;
    expect([...category.slice(0, 4)]).toEqual([FrameCategory.jit, FrameCategory.unresolved, FrameCategory.library, FrameCategory.kernel]);
  });

  it('shares prefixes, and keeps stacks apart by how the walk ended', () => {
    const stream = process()
      .stack(1n, 10, 1, [0x400010n, 0x400101n])
      .stack(2n, 10, 1, [0x400020n, 0x400101n])
      .stack(3n, 10, 1, [0x400010n, 0x400101n], { end: StackEnd.readFault })
      .counts([1n, 2n, 3n].map((userStack) => ({ userStack, slice: SLICE, tgid: 10, tid: 10 })))
      .ledger();
    const { tables } = run(stream);
    expect(tables.stacks.length).toBe(5);
    const ends = [...tables.samples.columns.stack.slice(0, 3)].map((stack) => tables.stacks.columns.end[stack]);
    expect(ends).toEqual([StackEnd.outermost, StackEnd.outermost, StackEnd.readFault]);
  });

  it('resolves by the generation a stack belongs to', () => {
    const stream = process()
      .generation(10, 2, { fromTgid: 10, fromGeneration: 1 })
      .mapping(10, 2, 0x400000n, 0x500000n, '/bin/other', { inode: 99 })
      .stack(1n, 10, 1, [0x400010n])
      .stack(2n, 10, 2, [0x400010n])
      .counts([1n, 2n].map((userStack) => ({ userStack, slice: SLICE, tgid: 10, tid: 10 })))
      .ledger();
    const { tables } = run(stream);
    expect([0, 1].map((row) => stackOf(tables, tables.samples.columns.stack[row]!)[0])).toEqual(['/bin/app+0x1010', '/bin/other+0x10']);
  });

  it('gives an exec a new process row and keeps earlier samples with the old one', () => {
    const exec = 1_000_000_000_000 + 10 * 20_000_000;
    const stream = process()
      .process(10, 'new', { flags: 2, timeNs: exec })
      .counts([{ slice: SLICE + 9, tgid: 10, tid: 10 }, { slice: SLICE + 10, tgid: 10, tid: 10 }])
      .ledger();
    const { tables } = run(stream);
    const names = [0, 1].map((row) => text(tables, tables.processes.columns.name[tables.threads.columns.process[tables.samples.columns.thread[row]!]!]!));
    expect(names).toEqual(['app', 'new']);
    expect(tables.processes.columns.start[1]).toBe(exec - 1_000_000_000_000);
  });

  it('names the parent of a child, and takes a number that is used again for another process', () => {
    const stream = process()
      .process(20, 'child', { flags: 1, parentTgid: 10 })
      .note(2, 20, 'exit 0')
      .process(20, 'again', { flags: 1, parentTgid: 10 })
      .ledger();
    const { tables } = run(stream);
    expect([...tables.processes.columns.parent.slice(0, 3)]).toEqual([NONE, 0, 0]);
    expect(tables.notes.columns.kind[0]).toBe(NoteKind.exit);
    expect(tables.notes.columns.process[0]).toBe(1);
  });

  it('adds up what comes several times in a drain, and only there', () => {
    const again = { slice: SLICE + 1, tgid: 10, tid: 10 };
    const stream = process()
      .stack(1n, 10, 1, [0x400010n])
      // The same code after an exec of the same program: another hash.
      .generation(10, 2, { fromTgid: 10, fromGeneration: 1 })
      .stack(2n, 10, 2, [0x400010n])
      .counts([{ userStack: 1n, ...again, samples: 3 }, { userStack: 1n, ...again, tid: 11 }, { userStack: 2n, ...again, samples: 4 }])
      .counts([{ ...again }, { userStack: 1n, ...again, slice: SLICE + 2 }, { userStack: 1n, ...again }])
      .ledger()
      .counts([{ userStack: 1n, ...again, samples: 5 }])
      .end(1);
    const { samples } = run(stream).tables;
    const { slice, thread, stack, weight } = samples.columns;
    const rows = Array.from({ length: samples.length }, (_, row) => [slice[row], thread[row], stack[row], weight[row]]);
    expect(rows).toEqual([[1, 0, 0, 8], [1, 1, 0, 1], [1, 0, NONE, 1], [2, 0, 0, 1], [1, 0, 0, 5]]);
  });

  it('stores a sample whose stack never came, and counts it', () => {
    const stream = process().counts([{ userStack: 77n, slice: SLICE, tgid: 10, tid: 10, samples: 4 }]).ledger();
    const { tables } = run(stream);
    expect(tables.samples.columns.stack[0]).toBe(NONE);
    expect(tables.samples.columns.weight[0]).toBe(4);
    expect([tables.losses.columns.cause[0], tables.losses.columns.count[0]]).toEqual([LossCause.unknownStack, 4]);
  });

  it('names frames of a Python program between native ones, and counts samples that lack some', () => {
    const place = (unit: bigint): bigint => (1n << 62n) | (5n << 18n) | unit;
    const lines = Uint8Array.of(0x80 | (10 << 3) | 1, 0, 0, 0x80 | (11 << 3) | 1, 0, 0);
    const stream = process()
      .pythonCode(5n, 10, 'main', '/srv/app.py', 3, lines)
      .stack(1n, 10, 1, [0x400010n, place(2n), place(0n), 0x400021n])
      .counts([{ userStack: 1n, slice: SLICE, tgid: 10, tid: 10 }])
      .ledger({ pythonCut: 2 })
      .ledger({ pythonCut: 2 })
      .ledger({ pythonCut: 5 });
    const { tables } = run(stream);
    const { frames, symbols, losses, modules } = tables;
    const leaf = tables.samples.columns.stack[0]!;
    const of: number[] = [];
    for (let at = leaf; at !== NONE; at = tables.stacks.columns.prefix[at]!) of.push(tables.stacks.columns.frame[at]!);
    const app = text(tables, modules.columns.path[frames.columns.module[of[1]!]!]!);
    expect(of.map((frame) => [frames.columns.category[frame], frames.columns.offset[frame]])).toEqual([[0, 0x1010], [5, 4], [5, 3], [0, 0x1020]]);
    expect([app, modules.columns.kind[frames.columns.module[of[1]!]!]]).toEqual(['/srv/app.py', 6]);
    expect([symbols.columns.line[0], symbols.columns.line[1], symbols.length]).toEqual([4, 3, 2]);
    expect([...losses.columns.cause.slice(0, losses.length)]).toEqual([LossCause.pythonFrames, LossCause.pythonFrames]);
    expect([...losses.columns.count.slice(0, losses.length)]).toEqual([2, 3]);
  });

  it('keeps the books: ledger, losses inside and outside of it, expected CPU time', () => {
    const stream = process()
      .counts([{ slice: SLICE, tgid: 10, tid: 10, samples: 4 }])
      .cpuTime(SLICE + 5, [{ tgid: 10, tid: 10, cpuNs: 50_000_000 }, { tgid: 0, tid: 0, cpuNs: 60_000_000 }, { tgid: 10, tid: 11, cpuNs: 0 }])
      .loss(SLICE + 5, LossCause.countMapFull, 3)
      .loss(SLICE + 5, LossCause.shortLivedThreads, 30)
      .ledger({ fired: 9, notOurs: 2, stored: 4, bpfNs: 11, helperNs: 12, completeSlice: SLICE + 4 });
    const { tables, session } = run(stream);
    expect(session.figures).toEqual({
      durationNs: 200_000_000,
      ledger: { fired: 9, notOurs: 2, stored: 4, lost: 3 },
      overhead: { bpfNs: 11, helperCpuNs: 12 },
    });
    expect(session.sliceEnd).toBe(4);
    expect(session.received).toBe(4);
    expect(tables.expected.length).toBe(2);
    expect(tables.expected.columns.thread[1]).toBe(NONE);
  });

  it('gives the same rows whatever the chunks', () => {
    const stream = process()
      .stack(1n, 10, 1, [0x700010n, 0x400021n])
      .counts([{ userStack: 1n, slice: SLICE + 3, tgid: 10, tid: 11, samples: 5 }])
      .ledger()
      .end(2);
    const rows = (tables: Tables): unknown => segmentsSince(tables, rowCounts(createTables()));
    expect(rows(run(stream, 1).tables)).toEqual(rows(run(stream).tables));
    expect(rows(run(stream, 13).tables)).toEqual(rows(run(stream).tables));
  });

  it('says which table is full', () => {
    const session = new LiveSession(createTables(), silent(), { samples: 2 });
    const take = (stream: StreamBuilder): void => {
      for (const frame of new WireDecoder().push(stream.bytes())) session.accept(frame);
    };
    take(process().counts([{ slice: SLICE, tgid: 10, tid: 10 }]).ledger());
    expect(session.full()).toBeNull();
    take(new StreamBuilder().counts([{ slice: SLICE, tgid: 10, tid: 10 }]).ledger());
    expect(session.full()).toEqual({ table: 'samples', rows: 2 });
  });

  it('makes hostile names harmless', () => {
    const stream = process().process(30, 'a\u0000\u001b[2J<script>').ledger();
    const { tables } = run(stream);
    expect(text(tables, tables.processes.columns.name[1]!)).toBe('a␀␛[2J<script>');
  });

  it('refuses frames in the wrong order', () => {
    expect(() => run(process().started())).toThrow('a second start');
  });
});
