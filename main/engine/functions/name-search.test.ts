// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Best, editDistance, namePattern, nearestNames, wildcard } from './name-search.ts';

describe('patterns', () => {
  it('match as a shell does', () => {
    const cases: [string, string, boolean][] = [
      ['vfs_*', 'vfs_read', true],
      ['vfs_*', 'xvfs_read', false],
      ['*read', 'vfs_read', true],
      ['*r*d*', 'vfs_read', true],
      ['vfs_rea?', 'vfs_read', true],
      ['vfs_rea?', 'vfs_rea', false],
      ['*', '', true],
      ['', '', true],
      ['a*b*c', 'abcbc', true],
    ];
    for (const [pattern, name, matches] of cases) expect([pattern, name, wildcard(pattern, name)]).toEqual([pattern, name, matches]);
  });

  it('agree with a regular expression', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 });
    const name = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 });
    fc.assert(
      fc.property(letters, name, (pattern, text) => {
        const same = new RegExp(`^${pattern.replace(/\*/g, '.*').replace(/\?/g, '.')}$`);
        expect(wildcard(pattern, text)).toBe(same.test(text));
      }),
    );
  });

  it('of many stars end soon', () => {
    const begun = performance.now();
    expect(wildcard(`${'*a'.repeat(500)}*b`, 'a'.repeat(4000))).toBe(false);
    expect(performance.now() - begun).toBeLessThan(2000);
  });
});

describe('ranks', () => {
  it('put the exact name first, then beginnings, then words, then the rest, and the short before the long', () => {
    const names = ['xvread', 'ksys_read', 'readahead', 'read_iter', 'read', 'READ'];
    const pattern = namePattern('read');
    expect(names.filter((name) => pattern.test(name)).sort((a, b) => pattern.rank(a) - pattern.rank(b))).toEqual(['read', 'READ', 'readahead', 'read_iter', 'ksys_read', 'xvread']);
    expect(namePattern('Read').test('read')).toBe(false);
  });

  it('keep the best of many and count all', () => {
    const best = new Best<number>(3);
    for (let i = 999; i >= 0; i--) best.add(i, String(i), i);
    expect(best.take().map(({ value }) => value)).toEqual([0, 1, 2]);
    expect(best.matched).toBe(1000);
  });

  it('are quick for 200,000 names', () => {
    const names = Array.from({ length: 200_000 }, (_, i) => `function_${i.toString(36)}_of_the_kernel`);
    const pattern = namePattern('zz_of');
    const begun = performance.now();
    expect(names.filter((name) => pattern.test(name)).length).toBeGreaterThan(0);
    expect(performance.now() - begun).toBeLessThan(1000);
  });
});

describe('the nearest names', () => {
  it('are what was meant', () => {
    expect(nearestNames('vfs_raed', ['vfs_read', 'vfs_write', 'tcp_sendmsg'])).toEqual(['vfs_read']);
    expect(nearestNames('xy', ['xz'])).toEqual([]);
  });

  it('have a distance', () => {
    expect(editDistance('kitten', 'sitting', 5)).toBe(3);
    expect(editDistance('abcd', 'acbd', 3)).toBe(1);
    expect(editDistance('abc', 'xyz', 1)).toBe(2);
  });
});
