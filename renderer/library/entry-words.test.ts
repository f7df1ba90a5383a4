// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { faultWords, hostWords, originWords, recordedWords } from './entry-words.ts';

test('what an imported file does not say is left out', () => {
  const startedAt = new Date(2026, 10, 27, 9, 30).getTime();
  expect(recordedWords({ startedAt, durationNs: 1.5e9 })).toBe('27 Nov 2026, 09:30, for 1.5 s');
  expect(recordedWords({ startedAt, durationNs: 0 })).toBe('27 Nov 2026, 09:30');
  expect([hostWords({ host: 'vm', kernel: '6.12' }), hostWords({ host: '', kernel: '' })]).toEqual(['vm, Linux 6.12', 'not known']);
  expect([originWords({ request: { kind: 'imported', file: 'a.txt', format: 'folded stacks' } }), originWords({ request: { kind: 'system' } })]).toEqual(['imported, folded stacks', '']);
});

test('why a file cannot be read is said without its path', () => {
  const failure = (message: string) => ({ code: 'damaged', message, remedy: '' });
  expect(faultWords('a b.ember', failure('/srv/rec/a b.ember is damaged or was cut: only 4096 of its 65536 bytes are there.'))).toBe(
    'It is damaged or was cut: only 4096 of its 65536 bytes are there.',
  );
  expect(faultWords('a.ember', failure('The disk is full.'))).toBe('The disk is full.');
  expect(faultWords('a.ember', failure('/srv/b.ember is empty.'))).toBe('/srv/b.ember is empty.');
});
