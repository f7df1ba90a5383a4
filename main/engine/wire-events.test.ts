// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { eventsPayload, singleEvents, type SingleEvent } from './testing/event-columns.ts';
import { decodeEvents } from './wire-events.ts';
import { wireEvents } from './wire-layout.gen.ts';
import { WireStreamError } from './wire-stream-error.ts';

const u32 = fc.nat(0xffff_ffff);
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const time = fc.nat({ max: Number.MAX_SAFE_INTEGER });
/** Every column now varies and now does not. */
const events = fc.boolean().chain((same) => {
  const either = <T>(values: fc.Arbitrary<T>, one: T): fc.Arbitrary<T> => (same ? fc.constant(one) : values);
  return fc.array(
    fc.record({
      ...{ timeNs: time, durationNs: either(time, 7), userStack: either(u64, 3n), kernelStack: either(u64, 0n) },
      ...{ value: either(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), -5n), arguments: fc.array(either(u64, 9n), { minLength: 6, maxLength: 6 }) },
      ...{ probe: either(u32, 1), function: either(u32, 0), tgid: u32, tid: either(u32, 8), cpu: either(u32, 0), flags: either(u32, 32) },
      text: either(fc.string({ unit: 'grapheme', maxLength: 8 }), ''),
    }),
    { minLength: 1, maxLength: 9 },
  );
});

function payloadOf(list: readonly SingleEvent[]): Uint8Array<ArrayBuffer> {
  return eventsPayload(
    list.map(({ arguments: values, ...event }) => ({ ...event, ...Object.fromEntries(values.map((value, i) => [`argument${i + 1}`, value])) })),
  );
}

it('columns of events come back as they were', () => {
  fc.assert(
    fc.property(events, (list) => {
      expect(singleEvents(decodeEvents(payloadOf(list)))).toEqual(list);
    }),
  );
});

it('what is cut, too long, or says that it is longer, is refused', () => {
  fc.assert(
    fc.property(events, fc.nat(400), fc.constantFrom(wireEvents.entryCount, wireEvents.varying, wireEvents.textLength), u32, (list, cut, at, value) => {
      const whole = payloadOf(list);
      if (cut < whole.length && cut >= wireEvents.size) expect(() => decodeEvents(whole.slice(0, cut))).toThrow(WireStreamError);
      new DataView(whole.buffer).setUint32(at, value, true);
      try {
        expect(decodeEvents(whole).length).toBeLessThanOrEqual(4096);
      } catch (error) {
        expect(error).toBeInstanceOf(WireStreamError);
      }
    }),
  );
});
