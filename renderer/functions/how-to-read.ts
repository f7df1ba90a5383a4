// SPDX-License-Identifier: Apache-2.0
/** What the picture of a probe says, in a sentence. Pure. */
import type { ProbeInfo } from '../../ipc/contract.ts';
import type { Histogram, ProbePicture } from '../worker/protocol.ts';

/** Calls before anything is said of their shape. */
const ENOUGH = 50;
/** A valley between two humps is at most this part of the lower one. */
const VALLEY = 0.4;
/** Humps are of some part of all calls. */
const HUMP = 0.02;

export function howToRead({ request, unit }: ProbeInfo, picture: ProbePicture | null): string {
  if (request.measure.kind === 'count') return 'How often it is called. To see how long it takes, attach it again with “how long”.';
  if (picture === null || picture.measured < ENOUGH) return 'Each column is a range of values, the next one up to an eighth larger: its height says how many calls had it.';
  if (unit !== 'nanoseconds') return 'Single columns are values that come again and again; a broad hill is a value that changes with each call.';
  const humps = humpsOf(picture.histogram);
  if (humps >= 2) return `${humps === 2 ? 'Two humps' : 'Several humps'}: the calls take different ways, such as a cache that has it and a disk that has to be asked. Brush the heat map where one of them grows, and see who calls it then.`;
  if (picture.p99 > 20 * picture.p50) return 'One hump with a long tail: most calls are alike, and one in a hundred takes many times as long. The tail is what users feel: see who calls it slowly.';
  return 'One hump: the calls are alike. A heat map whose hump wanders upwards has a cause in what happens meanwhile.';
}

/** Hills of a histogram that a valley parts; columns are smoothed over three. */
export function humpsOf({ buckets, counts }: Histogram): number {
  if (buckets.length === 0) return 0;
  const first = buckets[0]!;
  const dense = new Float64Array(buckets.at(-1)! - first + 1);
  buckets.forEach((bucket, index) => (dense[bucket - first] = counts[index]!));
  const smooth = dense.map((count, at) => ((dense[at - 1] ?? 0) + count + (dense[at + 1] ?? 0)) / 3);
  const most = smooth.reduce((largest, count) => Math.max(largest, count), 0);
  let humps = 0;
  let [top, bottom, isRising] = [0, 0, true];
  for (const count of [...smooth, 0]) {
    if (isRising) {
      if (count > top) top = count;
      else if (count < top * VALLEY) {
        if (top > most * HUMP) humps++;
        [bottom, isRising] = [count, false];
      }
    } else if (count < bottom) bottom = count;
    else if (count > Math.max(bottom / VALLEY, most * HUMP)) [top, isRising] = [count, true];
  }
  return humps;
}
