// SPDX-License-Identifier: Apache-2.0
/** The order of test files: vitest's own, but for those that would be the last to end if they were not the first to begin. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Vitest orders by size where it has not measured yet: of these small ones the first waits for the guests that it boots, the second builds the addon anew. */
const LONGEST = ['/test/kernels/kernels.test.ts', '/native/addon/hostile.test.ts'];

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => LONGEST.some((name) => moduleId.endsWith(name));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
