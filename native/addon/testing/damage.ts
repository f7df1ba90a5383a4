// SPDX-License-Identifier: Apache-2.0
/**
 * Gives the addon damaged copies of an object, in a process of its own, so that a crash is seen:
 *   node damage.ts truncate FILE STEP | node damage.ts mutate FILE SEED COUNT | node damage.ts demangle FILE SEED COUNT
 * The last takes mangled names, one a line.
 * Prints a line of JSON. Any outcome but an answer or an error with a known code is a failure.
 */
import { readFileSync } from 'node:fs';
import { loadAddon } from './addon.ts';

const addon = loadAddon();
const codes = ['ENOTELF', 'EMALFORMED', 'EIO'];
const [mode, file, first, second] = process.argv.slice(2) as [string, string, string, string];
const whole = readFileSync(file);
const offsets = Float64Array.from({ length: 1024 }, (_, i) => Math.floor((i * whole.length) / 1024));
const outcome: Record<string, number> = { opened: 0, named: 0, located: 0 };

async function open(image: Uint8Array): Promise<void> {
  try {
    const opened = await addon.openImage(image, '');
    outcome['opened']!++;
    const batch = await addon.symbolize(opened.handle, offsets);
    const places = await addon.locate(opened.handle, offsets);
    addon.closeObject(opened.handle);
    if (places.line.length > 0) outcome['located']!++;
    if (places.name.some((index) => index < -1 || index >= places.names.length)) throw new Error('a name out of range');
    if (places.file.some((index) => index < -1 || index >= places.files.length)) throw new Error('a file out of range');
    if (batch.names.length > 0) outcome['named']!++;
    if (batch.name.some((index) => index < -1 || index >= batch.names.length)) throw new Error('a name out of range');
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    if (!codes.includes(code ?? '') || !message.endsWith('.')) throw error;
    outcome[code!] = (outcome[code!] ?? 0) + 1;
  }
}

let state = Number(first);
const below = (limit: number) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * limit);
};

/** Real names with pieces of others put in, taken out and repeated. */
function damagedName(names: string[]): string {
  let name = names[below(names.length)]!;
  for (let change = below(6); change >= 0; change--) {
    const other = names[below(names.length)]!;
    const at = below(name.length);
    const from = below(other.length);
    const piece = other.slice(from, from + below(12));
    name = name.slice(0, at) + piece.repeat(below(8) === 0 ? below(400) : 1) + name.slice(at + below(3));
  }
  return below(2) === 0 ? name : (below(2) === 0 ? '_Z' : '_R') + name.slice(2);
}

if (mode === 'truncate') {
  for (let length = 0; length < whole.length; length += Number(first)) await open(whole.subarray(0, length));
} else if (mode === 'demangle') {
  const names = whole.toString('latin1').split('\n');
  outcome['longest'] = 0;
  outcome['slowestMs'] = 0;
  for (let i = 0; i < Number(second); i++) {
    const mangled = damagedName(names);
    const began = performance.now();
    const name = addon.demangle(mangled);
    outcome['slowestMs'] = Math.max(outcome['slowestMs'], Math.ceil(performance.now() - began));
    outcome['longest'] = Math.max(outcome['longest'], name.length);
    if (name !== mangled) outcome['named']!++;
    if (name === '' && mangled !== '') throw new Error(`no name for ${mangled}`);
  }
} else {
  const sections = Number(whole.readBigUInt64LE(0x28));
  // The ELF header, the program headers, the section headers, or anywhere.
  const places = [() => below(64), () => 64 + below(56 * 12), () => sections + below(64 * 40), () => below(whole.length)];
  for (let i = 0; i < Number(second); i++) {
    const image = Buffer.from(whole);
    for (let change = below(10); change >= 0; change--) {
      const at = places[below(places.length)]!() % whole.length;
      image[at] = [0, 1, 0x7f, 0x80, 0xff, below(256)][below(6)]!;
    }
    await open(image);
  }
}
console.log(JSON.stringify(outcome));
