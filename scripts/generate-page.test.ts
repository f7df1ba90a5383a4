// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { pageParts } from './generate-page.ts';

test('the committed script and style of pages are those of formats/page', async () => {
  expect(await pageParts()).toBe(readFileSync(new URL('../formats/write/page-parts.gen.ts', import.meta.url), 'utf8'));
}, 60_000);
