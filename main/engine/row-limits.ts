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
  /** In the file: 11 GB at the most, and mostly a tenth of it; in memory there are far fewer (KEPT_EVENTS). */
  events: 100_000_000,
};

/** Newest events that stay in memory: those that a window shows (renderer/worker/event-log.ts), or up to three times as many. */
export const KEPT_EVENTS = 262_144;
