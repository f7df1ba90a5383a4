// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { FEATURES } from './features.ts';
import { whyNoGuest } from './guest-helper.ts';
import { SERIES } from './images.ts';
import { problemsOf, runMatrix } from './matrix.ts';
import { textTable } from './report.ts';

const reason = await whyNoGuest();
if (reason !== undefined) console.log(`skipped: kernel matrix: ${reason}`);

describe.skipIf(reason !== undefined)('the kernel matrix', () => {
  it('has no feature that fails on a kernel that can be had', async () => {
    const outcomes = await runMatrix(SERIES, FEATURES.filter(({ short }) => short));
    console.log(textTable(outcomes));
    expect(problemsOf(outcomes)).toEqual([]);
  }, 900_000);
});
