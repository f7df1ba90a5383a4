// SPDX-License-Identifier: Apache-2.0
import { realpathSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { loadAddon } from './testing/addon.ts';
import { run } from './testing/programs.ts';

// Compilers and whole symbol tables on a busy machine.
vi.setConfig({ testTimeout: 60_000 });
const addon = loadAddon();

describe('demangle', () => {
  it.each([
    ['main', 'main'],
    ['', ''],
    ['@', '@'],
    ['write@@GLIBC_2.2.5', 'write'],
    ['_start', '_start'],
    ['_Zebra', '_Zebra'],
    ['_Z4workiPKc', 'work'],
    ['_ZNKSt8functionIFivEEclEv', 'std::function<int ()>::operator()'],
    ['_ZN12_GLOBAL__N_13fooEi', '(anonymous namespace)::foo'],
    ['_Z3fooIiEvT_.cold', 'foo<int>'],
    ['_ZThn16_N3Foo3barEv', 'non-virtual thunk to Foo::bar()'],
    ['_RNvCs1234_7mycrate3foo', 'mycrate::foo'],
    ['_ZN4core3ptr13drop_in_place17h0123456789abcdefE', 'core::ptr::drop_in_place'],
    ['_ZN3std2io5Write9write_all17hdeadbeefdeadbeefE.llvm.123', 'std::io::Write::write_all'],
  ])('%s', (mangled, name) => {
    expect(addon.demangle(mangled)).toBe(name);
  });

  it('agrees with c++filt on the names of the C++ library', () => {
    const listing = run('nm', ['-D', '--defined-only', realpathSync('/usr/lib/x86_64-linux-gnu/libstdc++.so.6')]);
    const mangled = [...listing.matchAll(/ [TtWi] ([^@\s]+)/g)].map((match) => match[1]!);
    const witness = run('c++filt', ['-p', '-i'], mangled.join('\n')).split('\n');
    expect(mangled.length).toBeGreaterThan(3000);
    expect(mangled.map((name) => addon.demangle(name))).toEqual(witness.slice(0, mangled.length));
  });

  it('shows a name of 10,000 characters whole', () => {
    const inner = '3MapI6StringSt6vectorI7AccountSaIS1_EEE';
    const mangled = `_ZN4shop6lookupI${inner.repeat(20)}${'9TypeName9'.repeat(880)}EEvv`;
    expect(mangled.length).toBeGreaterThan(9_500);
    const name = addon.demangle(mangled);
    expect(name.startsWith('shop::lookup<Map<String, std::vector<Account')).toBe(true);
    expect(name.length).toBeGreaterThan(9_000);
    expect(name.endsWith('>')).toBe(true);
  });

  it('leaves names alone that would grow without bound, or nest too deep', () => {
    // Each level doubles the one before it: gigabytes from some hundred characters.
    const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
    let doubling = '_Z1fI1AIiiE';
    for (let level = 0; level < 34; level++) doubling += `S0_IS${digits[level + 1]}_S${digits[level + 1]}_E`;
    doubling += 'Evv';
    const deep = `_Z1fI${'1AI'.repeat(15_000)}i${'E'.repeat(15_000)}Evv`;
    const types = `_Z1fI${'P'.repeat(60_000)}iEvv`;
    const rust = `_RNv${'Nv'.repeat(30_000)}C1a${'1b'.repeat(30_000)}`;
    const long = `_Z${'9'.repeat(70_000)}`;
    const began = performance.now();
    for (const name of [doubling, deep, types, rust, long]) expect(addon.demangle(name)).toBe(name);
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  it('returns something for whatever it is given', () => {
    const letters = fc.constantFrom(..."_ZRNKSTISEEPilvdcjCD0123456789abt.$@L17hXopqFMJABGs".split(''));
    const name = fc.tuple(fc.constantFrom('_Z', '_ZN', '_R', '_RNv', '_ZN3foo17h'), fc.array(letters, { maxLength: 60 }));
    fc.assert(
      fc.property(name, ([start, rest]) => {
        expect(addon.demangle(start + rest.join(''))).not.toBe('');
      }),
      { numRuns: 3000, seed: 7 },
    );
  });
});
