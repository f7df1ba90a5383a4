// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { checkedName } from './keeping.ts';
import { codeOf } from './testing/made-recording.ts';

describe('names', () => {
  it('are checked', () => {
    expect(checkedName(' postgres 4121.ember ')).toBe('postgres 4121');
    for (const name of ['', '  ', '../x', 'a/b', '.hidden', 'x'.repeat(121), 'a\nb', '.ember']) {
      expect([name, codeOf(() => checkedName(name))]).toEqual([name, 'badName']);
    }
  });
});
