// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { namedPaths } from './check-paths.ts';

test('finds the paths that a document names, and leaves patterns and other words alone', () => {
  expect(namedPaths('See `profile/tables.ts`, `npm test`, `bpf/*.bpf.c` and `docs/`.')).toEqual(['profile/tables.ts', 'docs/']);
});
