// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { FrameCategory, ModuleKind, SampleKind, StackEnd } from '../../profile/schema.ts';
import { modulePath } from '../../profile/names.ts';
import { recognise } from './formats.ts';
import { sampleLine } from './perf-lines.ts';
import { perfScript } from './perf-script.ts';
import { errorOf, readText, sampleLines } from './testing.ts';

const SAMPLES = `# hostname : box
# os release : 6.1.0
# nrcpus online : 4
app  4178/4178  100.000000:   10101010 cpu-clock:pppH: 
	ffffffff81d33df7 read_zero+0x77 ([kernel.kallsyms])
	           f82ad read+0xd (/usr/lib/libc.so.6)
	            10b5 main+0x35 (/opt/my app (deleted))

my 7 worker  4178/4180  100.045000:   10101010 cpu-clock:pppH: 
	            11d6 mix+0x16 (inlined)
	            11d6 twice+0x16 (inlined)
	            11d6 operator()(int) const+0x16 (/opt/app)
	    7fff00001000 [unknown] ([unknown])

`;

describe('the text of perf script', () => {
  it('gives samples their thread, time and stack', () => {
    const { tables, imported } = readText(perfScript, SAMPLES);
    expect(sampleLines(tables)).toEqual(['0 app | app;main;read;read_zero 1', '2 my 7 worker | app;0x7fff00001000;operator()(int) const>twice>mix 1']);
    expect(imported).toMatchObject({ question: 'on-cpu', frequencyHz: 99, host: 'box', kernel: '6.1.0', cpus: 4, durationNs: 45_000_000, notes: [] });
    expect([...tables.threads.columns.tid.subarray(0, 2)]).toEqual([4178, 4180]);
    expect([...tables.processes.columns.tgid.subarray(0, tables.processes.length)]).toEqual([4178]);
  });

  it('tells the kernel, libraries and the program apart, by module', () => {
    const { tables } = readText(perfScript, SAMPLES);
    const { module, category, offset } = tables.frames.columns;
    const found = Array.from({ length: tables.frames.length }, (_, row) => [modulePath(tables, module[row]!), category[row], offset[row]]);
    expect(found).toEqual([
      ['[kernel]', FrameCategory.kernel, 0xffff81d33df7],
      ['/usr/lib/libc.so.6', FrameCategory.library, 0xf82ad],
      ['/opt/my app (deleted)', FrameCategory.user, 0x10b5],
      ['/opt/app', FrameCategory.user, 0x11d6],
      ['', FrameCategory.unresolved, 0x7fff00001000],
    ]);
    expect(tables.modules.columns.kind[0]).toBe(ModuleKind.kernel);
  });

  it('takes other fields, and none at all', () => {
    const fields = 'app 12 \n\t11d6 main\n\napp 13 \n\t11d6 main\n\n';
    expect(sampleLines(readText(perfScript, fields).tables)).toEqual(['0 app | app;main 1', '0 app | app;main 1']);
    expect(sampleLines(readText(perfScript, '\t11d6 work\n\t11d7 main\n\n').tables)).toEqual(['0 not known | not known;main;work 1']);
    const flat = '             app  4434 34300.474783:   10101010 cycles:u:      55770cdc21ee crunch+0x2e (/opt/app)\n';
    expect(sampleLines(readText(perfScript, flat + flat).tables)).toEqual(['0 app | app;crunch 2']);
  });

  it('keeps source lines', () => {
    const { tables } = readText(perfScript, 'app 12 1.5: 1 cycles: \n\t11d6 mix+0x16\n  inl.c:6 (inlined)\n\t11d6 main+0x1 (/opt/app)\n  inl.c:8\n\tffffffff81d33df7 x ([kernel.kallsyms])\n  [kernel.kallsyms][ffffffff81d33df7]\n\n');
    const { file, line, depth } = tables.symbols.columns;
    const found = Array.from({ length: 3 }, (_, row) => [depth[row], tables.strings.columns.text[file[row]!], line[row]]);
    expect(found).toEqual([[0, 'inl.c', 8], [1, 'inl.c', 6], [0, '', 0]]);
  });

  it('reads one event, and tells of the others', () => {
    const two = 'app 1 1.000000: 1 cycles: \n\t1 f (/a)\n\napp 1 1.100000: 1 page-faults: \n\t2 g (/a)\n\n';
    const { tables, imported } = readText(perfScript, two);
    expect(sampleLines(tables)).toEqual(['0 app | app;f 1']);
    expect(imported.notes).toEqual(['Samples of other events were left out: 1 of page-faults.']);
    expect(readText(perfScript, two, { event: 'page-faults' }).imported.notes).toEqual(['Its samples are of the event page-faults.', 'Samples of other events were left out: 1 of cycles.']);
    expect(errorOf(() => readText(perfScript, two, { event: 'x' }))).toBe('it has no sample of the event "x", but of cycles, page-faults');
  });

  it('makes waits of switches, split over the slices', () => {
    const at = (time: string, comm: string, tid: number, state: string, next: number): string =>
      `${comm} ${tid} [000] ${time}: sched:sched_switch: prev_comm=${comm} prev_pid=${tid} prev_prio=120 prev_state=${state} ==> next_comm=x next_pid=${next} next_prio=120\n\tffffffff81000000 schedule ([kernel.kallsyms])\n\n`;
    const { tables, imported } = readText(perfScript, at('1.000000', 'a', 5, 'S', 6) + at('1.010000', 'b', 6, 'R+', 5) + at('1.050000', 'a', 5, 'D', 6));
    expect(imported.question).toBe('off-cpu');
    const { kind, weight, slice } = tables.samples.columns;
    const found = Array.from({ length: tables.samples.length }, (_, row) => [slice[row], kind[row], Math.round(weight[row]!)]);
    expect(found).toEqual([
      [0, SampleKind.blocked, 10_000_000],
      [0, SampleKind.preempted, 10_000_000],
      [1, SampleKind.preempted, 20_000_000],
      [2, SampleKind.preempted, 10_000_000],
    ]);
    expect(imported.notes).toEqual(['Waits whose end is not in the file were left out: 1.']);
  });

  it('is the same whatever the chunks', () => {
    const whole = sampleLines(readText(perfScript, SAMPLES).tables);
    for (const chunk of [1, 2, 7, 64]) expect(sampleLines(readText(perfScript, SAMPLES, { chunk }).tables)).toEqual(whole);
  });

  it('cuts deep stacks', () => {
    const { tables, builder } = readText(perfScript, `app 1 1.0: 1 cycles: \n${'\t10 f (/a)\n\t11 g (/a)\n'.repeat(100_000)}\n`);
    expect(builder.cutStacks).toBe(1);
    expect(tables.stacks.columns.end[0]).toBe(StackEnd.depthLimit);
  });

  it('names the line that is broken', () => {
    expect(errorOf(() => readText(perfScript, `${SAMPLES}what is this?\n`))).toBe('line 15: it is neither a sample nor a frame of one');
    expect(errorOf(() => readText(perfScript, '# only a header\n'))).toBe('it holds no sample');
    expect(readText(perfScript, SAMPLES.trimEnd()).imported.notes).toEqual(['The file does not end in a line feed: it may have been cut.']);
  });

  it('is recognised by what it is', () => {
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    expect(recognise(bytes(SAMPLES), 'out.txt')?.name).toBe('perf-script');
    expect(recognise(bytes('app;main 1\napp;work 2\n'), 'out.txt')?.name).toBe('folded');
    expect(recognise(bytes('Dear reader 12\n'), 'letter.txt')).toBeNull();
  });

  it('reads the first line of a sample in reasonable time', () => {
    const began = performance.now();
    for (const line of ['a 1b'.repeat(15_000), `${' '.repeat(60_000)}x`, ' '.repeat(60_000)]) expect(sampleLine(line) === null).toBe(true);
    sampleLine(`x 1 ${'1:'.repeat(30_000)}`);
    // Some ms; what is tried again from every place takes half a minute.
    expect(performance.now() - began).toBeLessThan(2000);
  });
});
