// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameCategory, SampleKind, StackEnd } from '../../profile/schema.ts';
import { profileFromText } from '../../profile/testing.ts';
import { toFolded } from '../folded.ts';
import { folded } from './folded.ts';
import { recognise } from './formats.ts';
import { MAX_FRAMES } from './profile-builder.ts';
import { errorOf, readText, sampleLines } from './testing.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('folded stacks', () => {
  it('have the process first, and the same stack once', () => {
    const { tables, imported } = readText(folded, 'app;main;work;read 3\napp;main;work;write 2\nother;main 1.5\n');
    expect(sampleLines(tables)).toEqual(['0 app | app;main;work;read 3', '0 app | app;main;work;write 2', '0 other | other;main 1.5']);
    // main and work are shared, and main of both processes is.
    expect(tables.stacks.length).toBe(4);
    expect(imported).toMatchObject({ question: 'on-cpu', frequencyHz: 0, host: '' });
  });

  it('keep what their suffixes say', () => {
    const { tables } = readText(folded, 'app;main;inner_[i];deeper_[i];sys_read_[k] 2\napp;eval_[j] 1\napp;lib.so+0x1f;0xdeadbeef 1\n');
    expect(sampleLines(tables)).toEqual(['0 app | app;main>inner>deeper;sys_read 2', '0 app | app;eval 1', '0 app | app;lib.so+0x1f;0xdeadbeef 1']);
    const categories = [...tables.frames.columns.category.subarray(0, tables.frames.length)];
    expect(categories.filter((category) => category === FrameCategory.kernel)).toHaveLength(1);
    expect(categories.filter((category) => category === FrameCategory.jit)).toHaveLength(1);
    expect(categories.filter((category) => category === FrameCategory.unresolved)).toHaveLength(1);
  });

  it('tell processes and threads apart where stackcollapse-perf.pl wrote their numbers', () => {
    const { tables } = readText(folded, 'my app-12/13;main 1\nmy app-12/14;main 1\nmy app-?/15;main 1\n');
    expect([...tables.threads.columns.tid.subarray(0, 3)]).toEqual([13, 14, 15]);
    expect([...tables.processes.columns.tgid.subarray(0, tables.processes.length)]).toEqual([12, 15]);
  });

  it('count what was asked for', () => {
    const micros = readText(folded, 'app;main;wait 2\n', { unit: 'microseconds' });
    expect(micros.imported.question).toBe('off-cpu');
    expect([micros.tables.samples.columns.kind[0], micros.tables.samples.columns.weight[0]]).toEqual([SampleKind.blocked, 2000]);
    expect(readText(folded, 'app;main;wait;--;wake_[w] 2\n', { unit: 'microseconds' }).imported.question).toBe('wakeups');
    expect(readText(folded, 'app;main;alloc 4096\n', { unit: 'bytes' }).imported.question).toBe('memory');
  });

  it('are the same whatever the chunks', () => {
    const text = 'app;main;été_[k] 3\r\napp;main;漢字 2\n\napp 1\n';
    const whole = sampleLines(readText(folded, text).tables);
    expect(whole).toEqual(['0 app | app;main;été 3', '0 app | app;main;漢字 2', '0 app | app 1']);
    for (let chunk = 1; chunk < 9; chunk++) expect(sampleLines(readText(folded, text, { chunk }).tables)).toEqual(whole);
  });

  it('come back as they were written', () => {
    const names = fc.constantFrom('a', 'b', 'read_[k]', 'eval_[j]', 'inner_[i]', 'lib.so+0x1f', 'with space', 'x y 7');
    const stack = fc.tuple(fc.constantFrom('main', 'start'), fc.array(names, { maxLength: 6 })).map(([first, rest]) => [first, ...rest].join(';'));
    fc.assert(
      fc.property(fc.uniqueArray(stack, { minLength: 1, maxLength: 20 }), (stacks) => {
        const text = toFolded(profileFromText(['main;plain', ...stacks].map((each, i) => `${each} ${i + 1}`).join('\n')));
        expect(toFolded(readText(folded, text).tables)).toBe(text);
      }),
    );
  });

  it('cut a stack of a million frames, and say so', () => {
    const { tables, builder } = readText(folded, `app;${'f;g;'.repeat(500_000)}leaf 1\n`);
    expect(builder.cutStacks).toBe(1);
    expect(tables.stacks.length).toBe(MAX_FRAMES);
    expect(tables.stacks.columns.end[0]).toBe(StackEnd.depthLimit);
    expect(sampleLines(tables)[0]!.endsWith(';g;leaf 1')).toBe(true);
  });

  it('name the line that is broken', () => {
    expect(errorOf(() => readText(folded, 'app;main 1\napp;main\n'))).toMatch(/^line 2: it does not end in a count/);
    expect(errorOf(() => readText(folded, 'app;main 1e300\n'))).toBe('line 1: its count is too large');
    expect(errorOf(() => readText(folded, '\n\n'))).toBe('it holds no stack');
    expect(errorOf(() => readText(folded, 'app;main 12 34\napp;work 0 5\n'))).toMatch(/^line 1: every line has two counts, as difffolded/);
  });

  it('are recognised by what they are', () => {
    expect(recognise(bytes('app;main;work 12\napp;main 3\n'), 'out.txt')?.name).toBe('folded');
    expect(recognise(bytes('main;x\n'), 'out.folded')?.name).toBe('folded');
    expect(recognise(bytes('Dear reader,\nthis is no profile 12\n'), 'letter.txt')).toBeNull();
    expect(recognise(bytes('{"a": 1}'), 'x.json')).toBeNull();
    expect(recognise(new Uint8Array(0), 'x.folded')).toBeNull();
  });
});
