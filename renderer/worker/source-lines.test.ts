// SPDX-License-Identifier: Apache-2.0
import { beforeEach, expect, test } from 'vitest';
import { detailsOf } from './details.ts';
import { Replica } from './replica.ts';
import { GrowingRecording } from './testing/engine-rows.ts';

let recording: GrowingRecording;
let replica: Replica;
let offset = 0;

beforeEach(() => {
  recording = new GrowingRecording();
  recording.thread(1, 'prog');
  replica = new Replica(1);
});

/** A frame as a chain of "function@file:line", the outermost first, each inlined into the one before. */
function frame(...chain: string[]): number {
  const at = recording.frame(0, (offset += 16));
  chain.forEach((text, depth) => name(at, depth, text));
  return at;
}

function name(at: number, depth: number, text: string): void {
  const [called, place = ':0'] = text.split('@');
  const [file, line] = place.split(':');
  const row = { frame: at, depth, function: recording.function(called!, 0), file: recording.string(file!), line: Number(line) };
  recording.tables.symbols.append(row);
}

function placeOf(called: string) {
  replica.append(recording.rows(9), 1);
  replica.fold();
  const { tree } = replica;
  const node = [...Array(tree.size).keys()].find((each) => tree.name(each) === called && tree.total(each) > 0)!;
  const { place, inlinedInto } = detailsOf(replica, node);
  const lines = place?.lines.map(({ line, self, total }) => `${line} ${self}/${total}`).join(', ');
  return { place: place && `${place.path}:${place.line}`, lines, inlinedInto };
}

test('lines by what ended on them and what passed them, wherever the function is called', () => {
  const main = frame('main@m.c:3');
  const [ten, twelve, leaf] = [frame('work@w.c:10'), frame('work@w.c:12'), frame('leaf@l.c:1')];
  recording.sample(recording.stack([main, ten]), 5);
  recording.sample(recording.stack([main, ten, leaf]), 4);
  recording.sample(recording.stack([twelve]), 3);
  expect(placeOf('work')).toEqual({ place: 'w.c:10', lines: '10 5/9, 12 3/3', inlinedInto: '' });
  expect(placeOf('main')).toMatchObject({ place: 'm.c:3', lines: '3 0/9' });
});

test('a line that stands several times in a stack counts once', () => {
  const [ten, twelve] = [frame('work@w.c:10'), frame('work@w.c:12')];
  recording.sample(recording.stack([ten, twelve, ten, ten]), 5);
  expect(placeOf('work')).toMatchObject({ lines: '10 5/5, 12 0/5' });
});

test('an inlined function has lines of its own, and the one around it the line where it is', () => {
  const both = frame('work@w.c:10', 'fast@fast.h:2');
  const outside = frame('fast@fast.h:7');
  recording.sample(recording.stack([both]), 5);
  recording.sample(recording.stack([outside]), 1);
  expect(placeOf('work')).toMatchObject({ place: 'w.c:10', lines: '10 0/5', inlinedInto: '' });
  expect(placeOf('fast')).toMatchObject({ place: 'fast.h:2', lines: '2 5/5, 7 1/1', inlinedInto: 'work' });
});

test('the filter counts, the newest row of a frame counts, and the file with the most samples is shown', () => {
  const [one, two, other] = [frame('work@w.c:10'), frame('work@w.c:11'), frame('work@other.c:5')];
  recording.sample(recording.stack([one]), 5, 0);
  recording.sample(recording.stack([two]), 4, 5);
  recording.sample(recording.stack([other]), 6, 5);
  expect(placeOf('work')).toMatchObject({ place: 'w.c:10', lines: '10 5/5, 11 4/4' });
  replica.weigh({ range: { from: 5, to: 6 }, hiddenThreads: [] });
  expect(placeOf('work')).toMatchObject({ place: 'other.c:5', lines: '5 6/6' });
  replica.weigh({ range: null, hiddenThreads: [] });
  name(one, 0, 'work@w.c:20');
  name(two, 0, 'rest@w.c:11');
  expect(placeOf('work')).toMatchObject({ place: 'other.c:5', lines: '5 6/6' });
  name(other, 0, 'work@w.c:20');
  expect(placeOf('work')).toMatchObject({ place: 'w.c:20', lines: '20 11/11' });
});

test('without lines the place is where it is defined, or none', () => {
  const at = recording.frame(0, 1);
  const row = recording.tables.functions.append({ name: recording.string('work'), module: 0, file: recording.string('/src/w.c'), line: 7 });
  recording.tables.symbols.append({ frame: at, depth: 0, function: row, file: 0, line: 0 });
  recording.sample(recording.stack([at]), 5);
  recording.sample(recording.stack([frame('bare')]), 5);
  expect(placeOf('work')).toEqual({ place: '/src/w.c:7', lines: '', inlinedInto: '' });
  expect(placeOf('bare')).toMatchObject({ place: null });
});
