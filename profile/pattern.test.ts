// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern, type Pattern } from './pattern.ts';

function pattern(source: string, ignoreCase = false): Pattern {
  const compiled = compilePattern(source, ignoreCase);
  if ('error' in compiled) throw new Error(compiled.error);
  return compiled;
}
/** Makes a name too long for RegExp to be asked, without changing what matches at its end. */
const LONG = '~'.repeat(600);

describe('compilePattern', () => {
  it('says what is wrong with a pattern', () => {
    const error = (source: string) => (compilePattern(source, false) as { error: string }).error;
    expect(error('operator[')).toMatch(/^Not a regular expression: unterminated character class\.$/);
    expect(error('(')).toMatch(/unterminated group/);
    expect(error('*')).toMatch(/nothing to repeat/);
    expect(error('(?=a)')).toMatch(/Look-ahead/);
    expect(error('(?<!a)b')).toMatch(/Look-ahead/);
    expect(error('(a)\\1')).toMatch(/Back-references/);
    expect(error('a{9999}')).toMatch(/too large/);
    expect(error('((a{99}){99}){99}')).toMatch(/too large/);
    expect(error('a{0,99999999}')).toMatch(/too large/);
    expect(error('('.repeat(200) + ')'.repeat(200))).toMatch(/groups/);
    expect(error('a'.repeat(2000))).toMatch(/longer/);
  });

  it.each([
    ['^std::', 'std::sort', true],
    ['^std::', 'x std::sort', false],
    ['(?:\\w+::)*push_back$', 'std::vector<int>::push_back', true],
    ['(?<word>a|b)+c', 'xxabac', true],
    ['\\bread\\b', 'do_read', false],
    ['\\bread\\b', 'do read it', true],
    ['x{2,3}y', 'xy', false],
    ['x{2,3}y', 'xxy', true],
    ['a{,2}', 'a{,2}', true],
    ['operator\\[\\]', 'A::operator[](int)', true],
    ['[]a]', '', false],
    ['[^]', 'anything', true],
    ['\\u0041|\\x42', 'B', true],
    ['', '', true],
    ['a||b', 'zzz', true],
  ])('%s on "%s": %s', (source, name, expected) => {
    expect(pattern(source).test(name)).toBe(expected);
    if (!source.includes('^std')) expect(pattern(source).test(LONG + name)).toBe(new RegExp(source).test(LONG + name));
  });

  it('ignores case when asked', () => {
    expect(pattern('HASH_search', true).test('hash_SEARCH')).toBe(true);
    expect(pattern('HASH_[s]earch', true).test(`${LONG}hash_SEARCH`)).toBe(true);
    expect(pattern('HASH_search').test('hash_search')).toBe(false);
  });

  it.each(['(a+)+$', '^(a|a)*$', '(a?){40}b', `${'a?'.repeat(60)}${'a'.repeat(60)}b`, '.*.*.*.*.*.*b', '(.*a){30}b', '(\\w*)*\\W'])(
    'ends soon: %s',
    (source) => {
      const start = performance.now();
      expect(pattern(source).test('a'.repeat(5000) + (source.endsWith('$') ? '!' : ''))).toBe(false);
      expect(performance.now() - start).toBeLessThan(3000);
    },
  );

  it('agrees with RegExp', () => {
    const atom = fc.constantFrom('a', 'b', 'c', '.', '[ab]', '[^a]', '\\w', '\\W', '\\.', '}', ']', '{', '^', '$', '\\b', '\\B', '-');
    const quantifier = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,}', '{0,2}', '*?');
    const { expression } = fc.letrec((tie) => ({
      expression: fc.oneof(
        { maxDepth: 4 },
        fc.tuple(atom, quantifier).map(([text, times]) => (/^(?:[\^${]|\\[bB])$/.test(text) ? text : text + times)),
        fc.tuple(tie('expression'), quantifier).map(([inner, times]) => `(${inner as string})${times}`),
        fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `${a as string}${b as string}`),
        fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `${a as string}|${b as string}`),
      ),
    }));
    // RegExp on a long name may take for ever, which is the point: so the automaton is made to answer short names.
    const name = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'A', '.', '-', '{', '}', ']', ' '), maxLength: 6 });
    let compared = 0;
    fc.assert(
      fc.property(expression, name, fc.boolean(), (source, text, ignoreCase) => {
        const compiled = compilePattern(source as string, ignoreCase);
        if ('error' in compiled) return;
        compared++;
        const native = new RegExp(source as string, ignoreCase ? 'i' : '');
        expect(compiled.test(text)).toBe(native.test(text));
        expect(compiled.testSlowly(text)).toBe(native.test(text));
      }),
      { numRuns: 3000 },
    );
    expect(compared).toBeGreaterThan(2000);
  });
});
