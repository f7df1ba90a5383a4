// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { faultWords } from './entry-words.ts';

test('why a file cannot be read is said without its path', () => {
  const failure = (message: string) => ({ code: 'damaged', message, remedy: '' });
  expect(faultWords('a b.ember', failure('/srv/rec/a b.ember is damaged or was cut: only 4096 of its 65536 bytes are there.'))).toBe(
    'It is damaged or was cut: only 4096 of its 65536 bytes are there.',
  );
  expect(faultWords('a.ember', failure('The disk is full.'))).toBe('The disk is full.');
  expect(faultWords('a.ember', failure('/srv/b.ember is empty.'))).toBe('/srv/b.ember is empty.');
});
