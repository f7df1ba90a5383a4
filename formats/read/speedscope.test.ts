// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { SampleKind } from '../../profile/schema.ts';
import { toFolded } from '../folded.ts';
import { toSpeedscope } from '../write/speedscope.ts';
import { hostileProfile, ORIGIN, smallProfile } from '../write/testing.ts';
import { recognise } from './formats.ts';
import { speedscope } from './speedscope.ts';
import { errorOf, readText, sampleLines } from './testing.ts';

const shared = { frames: [{ name: 'main', file: 'app.py', line: 3 }, { name: 'work' }] };
const text = (profiles: object[], more: object = {}): string => JSON.stringify({ profiles, shared, ...more });
const sampled = { type: 'sampled', name: 'thread 1', unit: 'seconds', startValue: 0, endValue: 0.03, samples: [[0, 1], [0], [0, 1]], weights: [0.01, 0.01, 0.01] };

describe('speedscope JSON', () => {
  it('gives samples by their weights, profiles as threads', () => {
    const { tables, imported } = readText(speedscope, text([sampled, { ...sampled, name: 'other', startValue: 0.04 }], { name: 'app' }));
    expect(sampleLines(tables)).toEqual([
      '0 thread | thread;main;work 1',
      '0 thread | thread;main 1',
      '1 thread | thread;main;work 1',
      '2 other | app;main;work 1',
      '2 other | app;main 1',
      '3 other | app;main;work 1',
    ]);
    expect(imported).toMatchObject({ question: 'on-cpu', frequencyHz: 100, notes: [] });
  });

  it('makes time of calls and returns, split over the slices', () => {
    const events = [[0, 'O', 0], [10, 'O', 1], [40, 'C', 1], [50, 'C', 0]].map(([at, type, frame]) => ({ type, frame, at }));
    const { tables, imported } = readText(speedscope, text([{ type: 'evented', name: 't', unit: 'milliseconds', startValue: 0, endValue: 50, events }]));
    expect(sampleLines(tables)).toEqual(['0 t | profile;main 10', '0 t | profile;main;work 10', '1 t | profile;main;work 20', '2 t | profile;main 10']);
    expect(imported).toMatchObject({ frequencyHz: 1000, durationNs: 50_000_000 });
  });

  it('takes bytes and counts for what they are', () => {
    const bytes = readText(speedscope, text([{ ...sampled, unit: 'bytes', weights: [8, 16, 8] }]));
    expect([bytes.imported.question, bytes.tables.samples.columns.kind[0], bytes.tables.samples.columns.weight[1]]).toEqual(['memory', SampleKind.memory, 16]);
    expect(readText(speedscope, text([{ ...sampled, unit: 'none' }, sampled])).imported.notes).toEqual(['Profiles of another unit than none were left out: 1.']);
  });

  it('comes back as it was written', () => {
    const tables = smallProfile();
    const read = readText(speedscope, toSpeedscope(tables, ORIGIN)).tables;
    // Inlined functions and the kernel are frames like others there; an unnamed frame has become a name.
    const plain = (folded: string): string => folded.replaceAll(/_\[[ik]\]/g, '');
    expect(plain(toFolded(read))).toBe(plain(toFolded(tables)));
    expect([...read.threads.columns.tid.subarray(0, read.threads.length)].sort()).toEqual([1, 2]);
  });

  it('is the same whatever the chunks, hostile names too', () => {
    const hostile = toSpeedscope(hostileProfile(), ORIGIN);
    const whole = sampleLines(readText(speedscope, hostile).tables);
    for (const chunk of [1, 7, 1000]) expect(sampleLines(readText(speedscope, hostile, { chunk }).tables)).toEqual(whole);
  });

  it('names what is broken', () => {
    expect(errorOf(() => readText(speedscope, text([sampled]).slice(0, 100)))).toMatch(/^byte 100: it ends too early/);
    expect(errorOf(() => readText(speedscope, text([{ ...sampled, samples: [[7]], weights: [1] }])))).toBe('a stack names frame 7 of 2');
    expect(errorOf(() => readText(speedscope, text([{ ...sampled, weights: [1] }])))).toMatch(/a profile has 3 samples and 1 weights/);
    expect(errorOf(() => readText(speedscope, text([{ ...sampled, weights: [1, 1, -1] }])))).toBe('sample 3 weighs less than nothing');
    expect(errorOf(() => readText(speedscope, text([{ type: 'evented', unit: 'none', events: [{ type: 'C', frame: 0, at: 0 }] }])))).toBe('event 1 ends a call that is not the innermost');
    expect(errorOf(() => readText(speedscope, text([])))).toBe('it holds no sample');
  });

  it('is recognised by what it is', () => {
    expect(recognise(new TextEncoder().encode(toSpeedscope(smallProfile(), ORIGIN)), 'x')?.name).toBe('speedscope');
    expect(recognise(new TextEncoder().encode(text([sampled])), 'x.json')?.name).toBe('speedscope');
  });
});
