// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { FrameCategory, SampleKind, StackEnd } from '../../../profile/schema.ts';
import { createTables } from '../../../profile/tables.ts';
import { NONE } from '../../../profile/units.ts';
import { FrameWeights } from './frame-weights.ts';

it('counts the samples that hold a frame, as they come', async () => {
  const tables = createTables();
  const frames = [0, 1, 2].map((offset) => tables.frames.append({ module: 0, offset, category: FrameCategory.user }));
  const [outer, middle, inner] = frames as [number, number, number];
  const stack = (prefix: number, frame: number) => tables.stacks.append({ prefix, frame, end: StackEnd.outermost });
  const root = stack(NONE, outer);
  const deep = stack(stack(root, middle), inner);
  const sample = (at: number, weight: number) => tables.samples.append({ slice: 0, thread: 0, stack: at, kind: SampleKind.onCpu, weight });
  const weights = new FrameWeights(tables);
  await weights.advance();
  expect(frames.map((frame) => weights.of(frame))).toEqual([0, 0, 0]);
  sample(deep, 3);
  sample(NONE, 100);
  await weights.advance();
  expect(frames.map((frame) => weights.of(frame))).toEqual([3, 3, 3]);
  for (let i = 0; i < 10_000; i++) sample(root, 1);
  await weights.advance();
  await weights.advance();
  expect(frames.map((frame) => weights.of(frame))).toEqual([10_003, 3, 3]);
  const late = tables.frames.append({ module: 0, offset: 9, category: FrameCategory.user });
  sample(stack(root, late), 50);
  await weights.advance();
  expect([weights.of(outer), weights.of(late), weights.of(12345)]).toEqual([10_053, 50, 0]);
  expect(weights.hottest([inner, late, outer, middle], 2)).toEqual([outer, late]);
  expect(weights.hottest([inner, late], 2)).toEqual([inner, late]);
});
