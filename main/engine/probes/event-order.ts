// SPDX-License-Identifier: Apache-2.0
/** The events of a frame in the order of their time: they come in order within a CPU, and so nearly so. */
import type { Columns } from '../../../profile/tables.ts';
import type { EventsFrame } from '../wire-probe-frames.ts';

/** The six columns of arguments. */
export type EventArguments = [BigInt64Array, BigInt64Array, BigInt64Array, BigInt64Array, BigInt64Array, BigInt64Array];

type Numbers = Pick<Columns<'events'>, 'time' | 'probe' | 'thread' | 'cpu' | 'flags' | 'duration' | 'stack' | 'signature'>;

export function emptyEvents(rows: number): Numbers {
  return {
    time: new Float64Array(rows),
    probe: new Uint32Array(rows),
    thread: new Uint32Array(rows),
    cpu: new Uint32Array(rows),
    flags: new Uint32Array(rows),
    duration: new Float64Array(rows),
    stack: new Int32Array(rows),
    signature: new Int32Array(rows),
  };
}

/** Places of those that are wanted. By insertion: hardly any is not where it belongs. */
export function inOrder({ length, timeNs }: EventsFrame, isWanted: (at: number) => boolean): Uint32Array {
  const places = new Uint32Array(length);
  let count = 0;
  for (let at = 0; at < length; at++) {
    if (!isWanted(at)) continue;
    let place = count++;
    for (; place > 0 && timeNs[places[place - 1]!]! > timeNs[at]!; place--) places[place] = places[place - 1]!;
    places[place] = at;
  }
  return places.subarray(0, count);
}

/** All of the frame, as they stand there. */
export function isWhole(places: Uint32Array, length: number): boolean {
  if (places.length !== length) return false;
  for (let place = 0; place < length; place++) if (places[place] !== place) return false;
  return true;
}

export function hasAny({ buffer, byteOffset, length }: BigUint64Array): boolean {
  for (const half of new Uint32Array(buffer, byteOffset, length * 2)) if (half !== 0) return true;
  return false;
}
