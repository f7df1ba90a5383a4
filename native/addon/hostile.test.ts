// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadAddon } from './testing/addon.ts';
import { run, Workshop } from './testing/programs.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const workshop = new Workshop();
afterAll(() => workshop[Symbol.dispose]());
let program: string;

beforeAll(() => {
  // Small, so that damage hits something that is read.
  const source = 'static int inner(int x) { return x * 3; } int outer(int x) { return inner(x) + 1; } int main(void) { return outer(0); }';
  program = workshop.compile('gcc', 'program', 'c', source, ['-O0', '-Wl,--build-id']);
});

/** The outcome, and never a signal. */
function damage(...args: string[]): Record<string, number> {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [here('testing/damage.ts'), ...args], { encoding: 'utf8' });
  expect({ status, signal, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  return JSON.parse(stdout) as Record<string, number>;
}

describe('damaged objects', () => {
  it('cut at every 97th byte', { timeout: 60_000 }, () => {
    const outcome = damage('truncate', program, '97');
    console.log(`truncations: ${JSON.stringify(outcome)}`);
    expect(outcome['EMALFORMED']).toBeGreaterThan(100);
  });

  it('thousands at random', { timeout: 60_000 }, () => {
    const outcome = damage('mutate', program, '42', '4000');
    console.log(`mutations: ${JSON.stringify(outcome)}`);
    expect(outcome['EMALFORMED']).toBeGreaterThan(100);
    expect(outcome['named']).toBeGreaterThan(100);
  });

  it('names put together from pieces of others', { timeout: 60_000 }, () => {
    const library = realpathSync('/usr/lib/x86_64-linux-gnu/libstdc++.so.6');
    const listing = run('nm', ['-D', '--defined-only', library]);
    const rust = ['_RNvMs_CsjL_5basicINtB4_6BasketjE6square', '_RINvNtC3std3mem8align_ofjE', '_ZN4core3ptr13drop_in_place17h0123456789abcdefE'];
    const names = [...listing.matchAll(/ [TtWi] (_Z[^@\s]+)/g)].map((match) => match[1]!).concat(...Array.from({ length: 500 }, () => rust));
    writeFileSync(workshop.path('names'), names.join('\n'));
    const outcome = damage('demangle', workshop.path('names'), '3', '30000');
    console.log(`names: ${JSON.stringify(outcome)}`);
    expect(outcome['named']).toBeGreaterThan(1000);
    expect(outcome['slowestMs']).toBeLessThan(1000);
  });

  it('under the address and undefined behaviour sanitizers', { timeout: 300_000 }, () => {
    run('make', ['-s', '-C', here('.'), 'sanitize']);
    const reader = here('../../build/native/addon/read-object');
    const { status, stdout, stderr } = spawnSync(reader, ['--mutate', '7', '4000', program], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    console.log(`sanitized: ${stdout.trim()}`);
    expect(stdout).toMatch(/^[1-9]\d* opened, [1-9]\d* refused/);
    const real = ['/lib/x86_64-linux-gnu/libc.so.6', '/usr/lib/x86_64-linux-gnu/libstdc++.so.6', '/usr/bin/python3'].map((path) => realpathSync(path));
    expect(run(reader, real)).toBe('3 opened, 0 refused\n');
  });

  it('with counts that would take all memory', async () => {
    const addon = loadAddon();
    const bytes = readFileSync(program);
    const sections = Number(bytes.readBigUInt64LE(0x28));
    const before = process.memoryUsage().rss;
    for (let i = 1; i < bytes.readUInt16LE(0x3c); i++) {
      // Each section in turn claims to be a terabyte long, or to lie at the end of the world.
      for (const [field, value] of [[32, 1n << 40n], [24, (1n << 64n) - 8n], [32, (1n << 64n) - 1n], [40, 0xffffffffn]] as const) {
        const image = Buffer.from(bytes);
        image.writeBigUInt64LE(value, sections + i * 64 + field);
        const opened = await addon.openImage(image, '').catch((error: Error & { code?: string }) => error.code);
        if (typeof opened === 'string') expect(opened).toBe('EMALFORMED');
        else addon.closeObject(opened!.handle);
      }
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
  });
});
