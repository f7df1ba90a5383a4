// SPDX-License-Identifier: Apache-2.0
/** Files that other tools wrote (test/recordings/foreign), with what those tools say of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { writtenWeights } from '../../profile/questions.ts';
import { FrameCategory, ModuleKind } from '../../profile/schema.ts';
import type { Tables } from '../../profile/tables.ts';
import { toFolded } from '../folded.ts';
import { recognise } from './formats.ts';
import { readBytes, type ReadFile } from './testing.ts';

const folder = join(import.meta.dirname, '../../test/recordings/foreign');

function readSample(name: string): ReadFile & { format: string } {
  const file = readFileSync(join(folder, name));
  const bytes = name.endsWith('.gz') ? gunzipSync(file) : file;
  const format = recognise(bytes.subarray(0, 65_536), name)!;
  return { ...readBytes(format, bytes, { chunk: 4096 }), format: format.name };
}

const total = ({ samples }: Tables): number => samples.columns.weight.subarray(0, samples.length).reduce((sum, weight) => sum + weight, 0);
const namesOf = ({ strings }: Tables): string[] => strings.columns.text;
const has = (values: Uint8Array, length: number, value: number): boolean => values.subarray(0, length).includes(value);

it('perf script: 28 samples, as perf counts them, with inlined and kernel code, at their times', () => {
  const { tables, imported, format } = readSample('perf-script.txt');
  expect(format).toBe('perf-script');
  expect(total(tables)).toBe(28);
  expect(imported).toMatchObject({ question: 'on-cpu', frequencyHz: 99, host: 'vm', cpus: 2, notes: [] });
  expect(Math.round(imported.durationNs / 1e6)).toBe(950);
  const text = toFolded(tables);
  expect(text).toContain('inl;_start;__libc_start_main_impl;__libc_start_call_main;main;crunch;twice_[i];mix_[i] 24\n');
  expect(text).toContain('do_syscall_64_[k];ksys_read_[k];vfs_read_[k];read_zero_[k] 2\n');
  expect(new Set(tables.samples.columns.slice.subarray(0, tables.samples.length)).size).toBeGreaterThan(20);
});

it("perf's own folded stacks of the same recording: the same samples in the same functions", () => {
  const { tables, format } = readSample('perf.folded');
  expect(format).toBe('folded');
  expect(total(tables)).toBe(28);
  const plain = toFolded(readSample('perf-script.txt').tables).replaceAll(/_\[[ik]\]/g, '');
  // perf keeps the mark between the parts of a stack as a frame.
  expect(toFolded(tables).replaceAll('[unknown];', '').split('\n').sort()).toEqual(plain.split('\n').sort());
});

it('pprof of Go: the samples of CPU time that go tool pprof counts', () => {
  const { tables, imported, format } = readSample('go-cpu.pb.gz');
  expect(format).toBe('pprof');
  expect(total(tables)).toBe(26);
  expect(imported).toMatchObject({ question: 'on-cpu', frequencyHz: 100 });
  expect(namesOf(tables)).toEqual(expect.arrayContaining(['main.main', 'main.sortNumbers', 'busy/main.go']));
  // Go inlines sort.Ints.
  expect(toFolded(tables)).toMatch(/main\.sortNumbers;sort\.Ints_\[i\];sort\.Sort/);
  expect(has(tables.modules.columns.kind, tables.modules.length, ModuleKind.executable)).toBe(true);
});

it("pprof of Go's heap: bytes in use, by who allocated them", () => {
  const { tables, imported } = readSample('go-heap.pb.gz');
  expect(imported.question).toBe('memory');
  expect(imported.notes).toEqual(['Other types of samples were left out: alloc_objects, alloc_space, inuse_objects.']);
  expect(total(tables)).toBe(16_372_292);
  expect(toFolded(tables, { weights: writtenWeights('memory', 0) })).toMatch(/^busy;runtime\.main;main\.main;main\.keepMemory \d+$/m);
});

it('.cpuprofile of Node: every sample, idle ones as waits, with files and lines', () => {
  const file = JSON.parse(readFileSync(join(folder, 'node.cpuprofile'), 'utf8')) as { samples: number[]; nodes: { id: number; callFrame: { functionName: string } }[] };
  const idle = new Set(file.nodes.filter(({ callFrame }) => callFrame.functionName === '(idle)').map(({ id }) => id));
  const { tables, imported, format } = readSample('node.cpuprofile');
  expect(format).toBe('cpuprofile');
  expect(imported.question).toBe('wall');
  const { kind, weight } = tables.samples.columns;
  let onCpu = 0;
  for (let row = 0; row < tables.samples.length; row++) if (kind[row] === 0) onCpu += weight[row]!;
  expect(onCpu).toBe(file.samples.filter((id) => !idle.has(id)).length);
  expect(namesOf(tables)).toEqual(expect.arrayContaining(['sortNumbers', 'countWords', '/src/busy.js']));
  expect(has(tables.frames.columns.category, tables.frames.length, FrameCategory.interpreted)).toBe(true);
  expect(tables.symbols.columns.line.subarray(0, tables.symbols.length).some((line) => line > 0)).toBe(true);
});

it('speedscope JSON: calls and returns of a Python program, all of its time', () => {
  const file = JSON.parse(readFileSync(join(folder, 'python.speedscope.json'), 'utf8')) as { profiles: { events: { at: number }[] }[] };
  const [{ events }] = file.profiles as [{ events: { at: number }[] }];
  const { tables, imported, format } = readSample('python.speedscope.json');
  expect(format).toBe('speedscope');
  expect(imported.frequencyHz).toBe(1000);
  // One sample is a millisecond.
  expect(total(tables)).toBeCloseTo((events.at(-1)!.at - events[0]!.at) / 1000, 6);
  expect(toFolded(tables)).toMatch(/^busy\.py;work;count_words /m);
  expect(namesOf(tables)).toContain('/src/busy.py');
});
