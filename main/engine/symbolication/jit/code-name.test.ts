// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeName } from './code-name.ts';

const cases: [text: string, name: string, file: string, line: number][] = [
  // node 20 and 24
  ['JS:~inner /tmp/a.js:1:15', 'inner', '/tmp/a.js', 1],
  ['JS:^inner /tmp/a.js:1:15', 'inner', '/tmp/a.js', 1],
  ["JS:+'inner /tmp/a.js:1:15", 'inner', '/tmp/a.js', 1],
  ['JS:*get prop /tmp/my files/a.js:2:45', 'get prop', '/tmp/my files/a.js', 2],
  ['JS:~ /tmp/a.js:3:1', '(anonymous) a.js:3', '/tmp/a.js', 3],
  ['Eval:~ /tmp/a.js:1:1', '(anonymous) a.js:1', '/tmp/a.js', 1],
  ['JS:*Module._load node:internal/modules/cjs/loader:1003:24', 'Module._load', 'node:internal/modules/cjs/loader', 1003],
  ['JS:~run file:///tmp/a%20b.mjs:7:3', 'run', '/tmp/a b.mjs', 7],
  ['JS:~run file:///tmp/a%zz.mjs:7:3', 'run', 'file:///tmp/a%zz.mjs', 7],
  ['JS:~fn [eval]:1:9', 'fn', '[eval]', 1],
  ['JS:~fn', 'fn', '', 0],
  ['JS:~fn /a.js:99999999999:1', 'fn /a.js:99999999999:1', '', 0],
  ['Builtin:ArrayMap', 'Builtin:ArrayMap', '', 0],
  ['RegExp:a+b', 'RegExp:a+b', '', 0],
  ['JS:', 'JS:', '', 0],
  // CPython 3.12 and 3.13
  ['py::A.method:/tmp/b.py', 'A.method', '/tmp/b.py', 0],
  ['py::outer.<locals>.<lambda>:<frozen os>', 'outer.<locals>.<lambda>', '<frozen os>', 0],
  // JDK 17
  ['long Busy.inner(int)', 'Busy.inner', '', 0],
  ['void java.lang.Object.<init>()', 'java.lang.Object.<init>', '', 0],
  ['byte[] java.util.Arrays.copyOf(byte[], int)', 'java.util.Arrays.copyOf', '', 0],
  ['long Busy$$Lambda$225/0x00007f0724150408.run(int)', 'Busy$$Lambda$225.run', '', 0],
  ['I2C/C2I adapters(0xbaaabaab)', 'I2C/C2I adapters(0xbaaabaab)', '', 0],
  ['StubRoutines (1)', 'StubRoutines (1)', '', 0],
  // .NET
  ['void [System.Private.CoreLib] System.Foo::Bar(class System.String)[OptimizedTier1]', 'void [System.Private.CoreLib] System.Foo::Bar(class System.String)', '', 0],
  ['[PreJIT]', '[PreJIT]', '', 0],
];

describe('codeName', () => {
  it.each(cases)('%s', (text, name, file, line) => {
    expect(codeName(text)).toEqual({ name, file, line });
  });

  it('gives every text a name, and a line only with a file', () => {
    const text = fc.oneof(fc.string({ minLength: 1 }), fc.string({ unit: fc.constantFrom('J', 'S', ':', '~', ' ', '/', '1', 'p', 'y', '(', '.'), minLength: 1 }));
    fc.assert(
      fc.property(text, (each) => {
        const { name, file, line } = codeName(each);
        expect(name).not.toBe('');
        expect(Number.isInteger(line) && line >= 0).toBe(true);
        if (line > 0) expect(file).not.toBe('');
      }),
    );
  });

  it('reads the longest names at once', () => {
    const started = performance.now();
    for (const part of [' /', ' a:', ':1', 'a.', '(', '/0x1', 'py::', ' '])
      for (const before of ['JS:~', 'py::', 'int a.', '']) codeName(before + part.repeat(4096 / part.length));
    expect(performance.now() - started).toBeLessThan(200);
  });
});
