// SPDX-License-Identifier: Apache-2.0
/** From frames of the helper to names, with processes and files as they are. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FrameCategory } from '../../../../profile/schema.ts';
import { createTables, type Tables } from '../../../../profile/tables.ts';
import { NONE } from '../../../../profile/units.ts';
import { LiveSession } from '../../live-session.ts';
import { moduleFiles } from '../../module-files.ts';
import { StreamBuilder } from '../../testing/stream-builder.ts';
import { WireDecoder } from '../../wire-decoder.ts';
import { nameSourceWords } from '../name-source.ts';
import { Symbolizer } from '../symbolizer.ts';
import { RunTimeCode } from './run-time-code.ts';
import { DumpBuilder } from './testing/dump-builder.ts';

vi.setConfig({ testTimeout: 30_000 });
const folder = mkdtempSync(join(tmpdir(), 'emberscope-jit-'));
const START = 0x7f3b13700000n;
const left: string[] = [];
const children: ChildProcess[] = [];

async function startProcess(): Promise<number> {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  await once(child, 'spawn');
  children.push(child);
  left.push(mapOf(child.pid!));
  return child.pid!;
}

async function end(tgid: number): Promise<void> {
  const child = children.find(({ pid }) => pid === tgid)!;
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

const mapOf = (tgid: number): string => `/tmp/perf-${tgid}.map`;

let tables: Tables;
let symbolizer: Symbolizer;
let code: RunTimeCode;
let session: LiveSession;
const decoder = new WireDecoder();
beforeEach(() => {
  tables = createTables();
  symbolizer = new Symbolizer(tables);
  code = new RunTimeCode((module, place) => symbolizer.addRunTimeCode(module, place));
  session = new LiveSession(tables, moduleFiles(symbolizer, code));
  say(new StreamBuilder().hello('1').started());
});
afterEach(() => {
  code.close();
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const path of left.splice(0)) rmSync(path, { force: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

function say(stream: StreamBuilder): void {
  for (const frame of decoder.push(stream.bytes())) session.accept(frame);
}

/** A process with one anonymous mapping at START. */
function announce(tgid: number, program = '/usr/bin/perl'): void {
  say(new StreamBuilder().process(tgid, 'app').generation(tgid, 1).mapping(tgid, 1, 0x400000n, 0x500000n, program).mapping(tgid, 1, START, START + 0x10000n, '', { flags: 1 }));
}

/** The frame of code at START + offset. */
let hash = 0n;
function sample(tgid: number, offset: number, generation = 1): number {
  const before = tables.frames.length;
  say(new StreamBuilder().stack(++hash, tgid, generation, [START + BigInt(offset)]).counts([{ userStack: hash, slice: 50_000, tgid, tid: tgid }]));
  return tables.frames.length > before ? before : before - 1;
}

async function drain(): Promise<void> {
  await code.refresh(true);
  await symbolizer.nameNewFrames();
}

/** "name file:line at file:line", null: none was found. */
function named(frame: number): string | null | undefined {
  const { symbols, functions, strings } = tables;
  const row = symbols.columns.frame.subarray(0, symbols.length).lastIndexOf(frame);
  if (row < 0) return undefined;
  const index = symbols.columns.function[row]!;
  if (index === NONE) return null;
  const text = (at: number) => strings.columns.text[at]!;
  const { name, file, line } = functions.columns;
  return `${text(name[index]!)} ${text(file[index]!)}:${line[index]} at ${text(symbols.columns.file[row]!)}:${symbols.columns.line[row]}`;
}

const line = (offset: number, size: number, name: string): string => `${(Number(START) + offset).toString(16)} ${size.toString(16)} ${name}\n`;
const reason = (frame: number): string => symbolizer.unnamedReason(tables.frames.columns.module[frame]!);

describe('a perf map', () => {
  it('names code with its file and line, when it comes and as it grows', async () => {
    const tgid = await startProcess();
    announce(tgid, '/usr/bin/node');
    const frame = sample(tgid, 0x10);
    await drain();
    expect(named(frame)).toBeNull();
    expect(reason(frame)).toContain('--perf-basic-prof --interpreted-frames-native-stack');
    writeFileSync(mapOf(tgid), line(0, 0x20, 'JS:~inner /srv/a.js:7:3'));
    await drain();
    expect(named(frame)).toBe('inner /srv/a.js:7 at /srv/a.js:7');
    expect(tables.frames.columns.category[frame]).toBe(FrameCategory.jit);
    expect(nameSourceWords(symbolizer.source(tables.frames.columns.module[frame]!))).toBe(`${mapOf(tgid)}, 1 functions`);
    const later = sample(tgid, 0x40);
    const never = sample(tgid, 0x4000);
    await drain();
    expect([named(later), named(never)]).toEqual([null, null]);
    expect(reason(later)).toBe('Its process named 1 pieces of code that it made at run time, but none at this place.');
    appendFileSync(mapOf(tgid), line(0x40, 0x20, 'JS:*inner /srv/a.js:7:3') + line(0, 0x20, 'JS:~other /srv/a.js:9:1'));
    await drain();
    expect([named(later), named(never)]).toEqual(['inner /srv/a.js:7 at /srv/a.js:7', null]);
    // Whatever lies there now: what it was when it was sampled stays.
    expect(named(frame)).toContain('inner');
    // One function, whichever of V8's compilers made it; and no row twice.
    expect(tables.functions.length).toBe(1);
    const { length } = tables.symbols;
    await drain();
    expect(tables.symbols.length).toBe(length);
  });

  it('tells functions of one name apart by their place', async () => {
    const [tgid, other] = [await startProcess(), await startProcess()];
    writeFileSync(mapOf(tgid), line(0, 16, 'JS:~main /a.js:1:1') + line(16, 16, 'JS:~main /b.js:1:1'));
    writeFileSync(mapOf(other), line(0, 16, 'JS:~main /a.js:1:1'));
    announce(tgid);
    announce(other);
    const frames = [sample(tgid, 0), sample(tgid, 16), sample(other, 0)];
    await drain();
    expect(frames.map(named)).toEqual(['main /a.js:1 at /a.js:1', 'main /b.js:1 at /b.js:1', 'main /a.js:1 at /a.js:1']);
    expect(tables.functions.length).toBe(2);
  });

  it('is read to its end when its process has ended', async () => {
    const [tgid, early] = [await startProcess(), await startProcess()];
    announce(tgid);
    announce(early);
    writeFileSync(mapOf(tgid), line(0, 16, 'first'));
    const frame = sample(tgid, 0);
    await drain();
    const missed = [sample(tgid, 16), sample(early, 0)];
    appendFileSync(mapOf(tgid), line(16, 16, 'last'));
    writeFileSync(mapOf(early), line(0, 16, 'short'));
    await end(tgid);
    await end(early);
    await drain();
    expect([frame, ...missed].map(named)).toEqual(['first :0 at :0', 'last :0 at :0', 'short :0 at :0']);
  });

  it('of a parent names what a child has from it, unless the child has its own', async () => {
    const [parent, child] = [await startProcess(), await startProcess()];
    announce(parent);
    writeFileSync(mapOf(parent), line(0, 16, 'before'));
    sample(parent, 0x100);
    say(new StreamBuilder().process(child, 'app', { flags: 1 }).generation(child, 1, { fromTgid: parent, fromGeneration: 1 }));
    const frame = sample(child, 0);
    await drain();
    expect(named(frame)).toContain('before');
    writeFileSync(mapOf(child), line(16, 16, 'own') + line(0, 16, 'anew'));
    const own = sample(child, 16);
    await drain();
    expect([named(frame), named(own)]).toEqual([expect.stringContaining('before'), expect.stringContaining('own')]);
  });

  it('of before an exec is not of what runs then', async () => {
    const tgid = await startProcess();
    announce(tgid, '/usr/bin/node');
    writeFileSync(mapOf(tgid), line(0, 16, 'before'));
    const before = sample(tgid, 0);
    await drain();
    await wait(100);
    const timeNs = Number(process.hrtime.bigint());
    say(new StreamBuilder().generation(tgid, 2, { timeNs }).mapping(tgid, 2, START, START + 0x1000n, '', { flags: 1 }));
    const after = sample(tgid, 0, 2);
    await drain();
    expect(named(before)).toContain('before');
    expect([named(after), reason(after)]).toEqual([null, expect.stringContaining('neither a perf map nor a jitdump')]);
    appendFileSync(mapOf(tgid), line(0, 16, 'after'));
    await drain();
    expect(named(after)).toContain('after');
  });

  it('is not believed when it is old or another user\'s', async () => {
    const old = await startProcess();
    const foreign = await startProcess();
    announce(old);
    announce(foreign);
    writeFileSync(mapOf(old), line(0, 16, 'stale'));
    utimesSync(mapOf(old), 1_000_000_000, 1_000_000_000);
    writeFileSync(mapOf(foreign), line(0, 16, 'lie'));
    if (process.getuid!() === 0) chownSync(mapOf(foreign), 65_534, 65_534);
    const frames = [sample(old, 0), sample(foreign, 0)];
    await drain();
    expect(named(frames[0]!)).toBeNull();
    expect(reason(frames[0]!)).toContain('neither a perf map nor a jitdump');
    if (process.getuid!() !== 0) return console.log('skipped: only root may give files away');
    expect(named(frames[1]!)).toBeNull();
    expect(reason(frames[1]!)).toContain('belongs to another user (uid 65534)');
  });

  it('lies where its process sees /tmp, under the number that it has there', async (test) => {
    const script = 'mount -t tmpfs none /tmp && echo "$1 10 contained" > /tmp/perf-1.map && echo ready && exec sleep 60';
    const child = spawn('unshare', ['-m', '-p', '-f', '--kill-child', 'sh', '-c', script, 'sh', START.toString(16)], { stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    const ready = await Promise.race([once(child.stdout, 'data').then(() => true), once(child, 'exit').then(() => false)]);
    if (!ready) {
      console.log(`skipped: no namespaces can be made here: ${String(child.stderr.read())}`);
      return test.skip();
    }
    const inside = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'latin1').trim());
    announce(inside);
    const frame = sample(inside, 4);
    await drain();
    expect(named(frame)).toContain('contained');
  });
});

describe('a jitdump', () => {
  it('is found by its mapping, and knows the line of an address', async () => {
    const tgid = await startProcess();
    const path = join(folder, `jit-${tgid}.dump`);
    const start = Number(START);
    writeFileSync(path, new DumpBuilder(true).lines(start, [[start, '/srv/x.py', 3], [start + 8, '/srv/y.py', 5]]).load('py::work:/srv/x.py', start, 32).bytes());
    const { ino } = statSync(path, { bigint: true });
    announce(tgid);
    say(new StreamBuilder().mapping(tgid, 1, 0x600000n, 0x601000n, path, { inode: ino }));
    const frames = [sample(tgid, 0), sample(tgid, 9)];
    await drain();
    expect(frames.map(named)).toEqual(['work /srv/x.py:0 at /srv/x.py:3', 'work /srv/x.py:0 at /srv/y.py:5']);
  });

  it('that is damaged, or not the one that is mapped, says so', async () => {
    const [tgid, other] = [await startProcess(), await startProcess()];
    const path = join(folder, `jit-${tgid}.dump`);
    writeFileSync(path, Buffer.alloc(100));
    announce(tgid);
    announce(other);
    say(new StreamBuilder().mapping(tgid, 1, 0x600000n, 0x601000n, path, { inode: statSync(path, { bigint: true }).ino }).mapping(other, 1, 0x600000n, 0x601000n, path, { inode: 1n }));
    const frames = [sample(tgid, 0), sample(other, 0)];
    await drain();
    expect(frames.map(named)).toEqual([null, null]);
    expect(frames.map(reason)).toEqual([`${path} is damaged: it has another file than a jitdump.`, `${path} is no longer the file that its program has open.`]);
  });
});
