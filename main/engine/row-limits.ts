// SPDX-License-Identifier: Apache-2.0
import type { TableName } from '../../profile/schema.ts';

/** Rows that a recording may have; at some 30 bytes each these fill a few gigabytes. */
export const ROW_LIMITS: Readonly<Partial<Record<TableName, number>>> = {
  samples: 64_000_000,
  stacks: 32_000_000,
  frames: 16_000_000,
  strings: 16_000_000,
  threads: 8_000_000,
  buckets: 32_000_000,
  events: 8_000_000,
};
