// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { FRAME_TEXT_COLOUR, MATCH_COLOUR, NO_CODE_COLOUR, SHADE_COUNT, frameColour, shadeOf } from './colours.ts';
import { ROOT_KEY, UNKNOWN_PROCESS, frameKey, functionKey, processKey } from './frame-keys.ts';
import { Names } from './names.ts';
import { FrameCategory } from './schema.ts';
import { ProfileWriter } from './testing.ts';
import { NONE } from './units.ts';

describe('Names', () => {
  it('names functions, modules and bare addresses', () => {
    const writer = new ProfileWriter();
    const library = writer.module('/usr/lib/x86_64-linux-gnu/libc.so.6');
    const names = new Names(writer.tables);
    expect(names.name(ROOT_KEY)).toBe('all');
    expect(names.name(frameKey(writer.frame(library, 0x1f)))).toBe('libc.so.6+0x1f');
    expect(names.name(frameKey(writer.frame(writer.module('[kernel]'), 0x20)))).toBe('[kernel]+0x20');
    expect(names.name(frameKey(writer.frame(NONE, 0x7fff12345678)))).toBe('0x7fff12345678');
    expect(names.name(functionKey(writer.function('read', library)))).toBe('read');
    expect(names.name(functionKey(writer.function('', library)))).toBe('(empty name)');
    expect(names.modulePath(functionKey(0))).toBe('/usr/lib/x86_64-linux-gnu/libc.so.6');
  });

  it('names processes by their comm', () => {
    const writer = new ProfileWriter();
    writer.thread(1, 'main', 7, 'python3');
    writer.thread(2, 'main', 8, '');
    const names = new Names(writer.tables);
    expect([processKey(0), processKey(1), UNKNOWN_PROCESS].map((key) => names.name(key))).toEqual(['python3', 'process 8', 'process ?']);
    expect([names.module(processKey(0)), names.modulePath(processKey(0))]).toEqual([NONE, '']);
  });

  it('gives the same category whatever the order in which names came', () => {
    for (const order of [[0, 1, 2], [2, 1, 0], [1, 0, 2]]) {
      const writer = new ProfileWriter();
      const frames = [writer.frame(NONE, 1, FrameCategory.kernel), writer.frame(NONE, 2, FrameCategory.library)];
      const names = new Names(writer.tables);
      const row = writer.function('f');
      expect(names.category(functionKey(row))).toBe(FrameCategory.inlined);
      const steps = [() => writer.symbol(frames[0]!, 'f'), () => writer.symbol(frames[1]!, 'f'), () => writer.symbol(0, 'f', 1)];
      for (const step of order) {
        steps[step]!();
        names.category(functionKey(row));
      }
      expect(names.category(functionKey(row))).toBe(FrameCategory.library);
      expect(names.category(frameKey(0))).toBe(FrameCategory.unresolved);
    }
  });
});

describe('frameColour', () => {
  const luminance = (hex: string) => {
    const channel = (at: number) => {
      const value = parseInt(hex.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    };
    return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
  };

  it('leaves names legible on matches, and on what is no code', () => {
    const contrast = (a: string, b: string) => {
      const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
      return (light! + 0.05) / (dark! + 0.05);
    };
    expect(contrast(MATCH_COLOUR, FRAME_TEXT_COLOUR)).toBeGreaterThan(4.5);
    for (const { fill, label } of Object.values(NO_CODE_COLOUR)) expect(contrast(fill, label)).toBeGreaterThan(4.5);
  });

  it('leaves names legible in every shade of both themes', () => {
    for (const theme of ['dark', 'light'] as const) {
      for (const category of Object.values(FrameCategory)) {
        for (let index = 0; index < 64; index++) {
          const colour = frameColour(category, `function${index}`, theme);
          expect(colour).toMatch(/^#[0-9a-f]{6}$/);
          const contrast = (luminance(colour) + 0.05) / (luminance(FRAME_TEXT_COLOUR) + 0.05);
          expect(contrast).toBeGreaterThan(4.5);
        }
      }
    }
  });

  it('tells names apart that begin alike', () => {
    const shades = new Set(Array.from({ length: 200 }, (_, index) => shadeOf(`ExecProcNode_variant_${index}`)));
    expect(shades.size).toBe(SHADE_COUNT);
    expect(shadeOf('ExecProcNode')).toBe(shadeOf('ExecProcNode'));
  });
});
