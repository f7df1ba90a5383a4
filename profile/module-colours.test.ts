// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { MODULE_SLOTS, ModuleSlots, NO_SLOT, slotColour } from './module-colours.ts';
import { ModuleKind } from './schema.ts';
import { ProfileWriter } from './testing.ts';
import { NONE } from './units.ts';

function sampled(names: readonly string[]) {
  const writer = new ProfileWriter();
  const modules = names.map((name) => writer.module(`/lib/${name}`));
  for (const module of modules) writer.frame(module, 1);
  return { writer, modules, slots: new ModuleSlots(writer.tables) };
}

it('gives each of so many modules a colour of its own, the kernel always the same', () => {
  const { writer, modules, slots } = sampled(Array.from({ length: MODULE_SLOTS - 2 }, (_, at) => `lib${at}.so`));
  const kernel = [writer.module('[kernel]', ModuleKind.kernel), writer.module('[ext4]', ModuleKind.kernelModule)];
  const given = modules.map((module) => slots.slotOf(module));
  expect(new Set(given).size).toBe(modules.length);
  expect(given).not.toContain(0);
  expect(kernel.map((module) => slots.slotOf(module))).toEqual([0, 0]);
  expect(slots.slotOf(NONE)).toBe(NO_SLOT);
  for (const theme of ['dark', 'light'] as const) {
    const colours = [...given, 0, NO_SLOT].map((slot) => slotColour(slot, theme));
    for (const colour of colours) expect(colour).toMatch(/^#[0-9a-f]{6}$/);
    expect(new Set(colours).size).toBe(colours.length);
  }
});

it('gives the first dozen hues of their own', () => {
  const { modules, slots } = sampled(Array.from({ length: 11 }, (_, at) => `a${at}.so`));
  expect(modules.map((module) => slots.slotOf(module)).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
});

it('does not hang on what is asked first, nor on the folder, and mostly not on the recording', () => {
  const names = ['libc.so.6', 'libx.so', 'liby.so', 'python3.11'];
  const one = sampled(names);
  const given = one.modules.map((module) => one.slots.slotOf(module));
  const again = new ModuleSlots(one.writer.tables);
  expect([...one.modules].reverse().map((module) => again.slotOf(module)).reverse()).toEqual(given);
  const elsewhere = one.writer.module('/opt/libc.so.6');
  one.writer.frame(elsewhere, 5);
  expect(one.slots.slotOf(elsewhere)).toBe(given[0]);
  const other = sampled(['libc.so.6']);
  expect(other.slots.slotOf(other.modules[0]!)).toBe(given[0]);
});

it('goes on where modules are more than colours', () => {
  const { modules, slots } = sampled(Array.from({ length: 100 }, (_, at) => `lib${at}.so`));
  for (const module of modules) expect(slots.slotOf(module)).toBeLessThan(MODULE_SLOTS);
});
