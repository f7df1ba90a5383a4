// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { classOf, type NameClass } from './name-classes.ts';
import { addr2lineChains, llvmChains, type Chain } from './symbolizers.ts';

const plain = (name: string): string => name.replace(/^_Z\d+/, '');

test('answers of llvm-symbolizer: the outermost first, what is not known is empty', () => {
  const lines = [
    '{"Address":"0x1","Symbol":[{"FunctionName":"_Z1b","FileName":"/a/x.h","Line":7},{"FunctionName":"main","FileName":"/a/x.c","Line":3}]}',
    '{"Address":"0x2","Symbol":[{"FunctionName":"","FileName":"","Line":0}]}',
    '{"Address":"0x3"}',
  ];
  expect(llvmChains(`${lines.join('\n')}\n`, plain)).toEqual([
    [
      { name: 'main', file: 'x.c', line: 3 },
      { name: 'b', file: 'x.h', line: 7 },
    ],
    [],
    [],
  ]);
});

test('answers of addr2line', () => {
  const output = `0x0000000000001240
_Z1b
/a/x.h:7 (discriminator 2)
main
/a/x.c:3
0x0000000000001250
??
??:0
0x0000000000001260
f
x.c:?
`;
  expect(addr2lineChains(output, plain)).toEqual([
    [
      { name: 'main', file: 'x.c', line: 3 },
      { name: 'b', file: 'x.h', line: 7 },
    ],
    [],
    [{ name: 'f', file: 'x.c', line: 0 }],
  ]);
});

const chain = (...names: string[]): Chain => names.map((name) => ({ name, file: 'x.c', line: 1 }));
const cases: [Chain, Chain, NameClass][] = [
  [chain('f', 'g'), chain('f', 'g'), 'same'],
  [[], [], 'neither'],
  [chain('f'), [], 'onlyOurs'],
  [[], chain('f'), 'onlyTheirs'],
  [chain('f.cold'), chain('f'), 'suffix'],
  [chain('free'), chain('cfree'), 'alias'],
  [chain('std::sort<int*>'), chain('sort<int *>'), 'spelling'],
  [chain('f', 'std::vector<int>::operator[]'), chain('f', 'operator[]'), 'spelling'],
  [chain('f', 'g'), chain('f', 'h'), 'innerName'],
  [chain('f'), chain('f', 'g'), 'fewerInlined'],
  [chain('f', 'g'), chain('f'), 'moreInlined'],
  [chain('f'), chain('h'), 'otherFunction'],
  [chain('f', 'g'), chain('h'), 'otherFunction'],
  [[{ name: 'f', file: 'x.c', line: 2 }], chain('f'), 'otherLine'],
  [[{ name: 'f', file: '', line: 0 }], chain('f'), 'lineUnknown'],
  [[{ name: 'f', file: '', line: 0 }], [{ name: 'f', file: 'x.c', line: 0 }], 'fileOfSymbol'],
];

test.each(cases)('%j against %j: %s', (ours, theirs, expected) => {
  const aliases = new Set(['free', 'cfree']);
  expect(classOf(ours, theirs, (a, b) => aliases.has(a) && aliases.has(b))).toBe(expected);
});
