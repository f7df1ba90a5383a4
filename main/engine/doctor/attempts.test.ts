// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { isFailure } from '../../../ipc/failure.ts';
import { HelperSession } from '../helper-session.ts';
import type { HelperStream } from '../helper-stream.ts';
import { FakeHelper } from '../testing/fake-helper.ts';
import { frame, StreamBuilder } from '../testing/stream-builder.ts';
import { Capability, wireCapabilities, wireCapability, WireError, WireType } from '../wire-layout.gen.ts';
import { askForCapabilities } from './attempts.ts';

function capabilitiesFrame(kinds: readonly number[]): Uint8Array {
  const payload = new Uint8Array(wireCapabilities.size + kinds.length * wireCapability.size);
  const view = new DataView(payload.buffer);
  view.setUint32(wireCapabilities.entryCount, kinds.length, true);
  kinds.forEach((kind, index) => {
    const at = wireCapabilities.size + index * wireCapability.size;
    view.setUint32(at + wireCapability.kind, kind, true);
    view.setUint32(at + wireCapability.error, kind === Capability.kprobes ? 2 : 0, true);
    view.setBigInt64(at + wireCapability.value, -1n, true);
    payload.set(new TextEncoder().encode('kernel_clone'), at + wireCapability.text);
  });
  return frame(WireType.capabilities, payload);
}

/** Answers an ASK, and otherwise says nothing. */
async function ask(answer: (helper: FakeHelper) => void): Promise<{ found: Awaited<ReturnType<typeof askForCapabilities>> | string; helper: FakeHelper }> {
  const helper = new FakeHelper();
  const stream: HelperStream = {
    ...helper.stream,
    send: (bytes) => {
      helper.stream.send(bytes);
      if (helper.received.at(-1) === WireType.ask) answer(helper);
    },
  };
  const session = await HelperSession.open(stream, { version: null, helloTimeout: 1000, explain: () => ({ code: 'x', message: '', remedy: '' }) });
  try {
    return { found: await askForCapabilities(session), helper };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { found: error.code, helper };
  }
}

const all = Object.values(Capability);

test('what was tried comes by name, and the helper is let go', async () => {
  const { found, helper } = await ask((asked) => asked.say(new StreamBuilder().raw(capabilitiesFrame(all))));
  expect(found).toMatchObject({ kprobes: { error: 2, value: -1, text: 'kernel_clone' }, btf: { error: 0 } });
  expect(Object.keys(found)).toEqual(Object.keys(Capability));
  expect(helper.received).toEqual([WireType.ask]);
  expect(await helper.stream.exited).toMatchObject({ code: 0 });
});

test('one that leaves something out, refuses, or ends is a failure', async () => {
  expect((await ask((helper) => helper.say(new StreamBuilder().raw(capabilitiesFrame(all.slice(1)))))).found).toBe('helperMalformed');
  expect((await ask((helper) => helper.exit({ code: 1 }))).found).toBe('helperFailed');
  expect((await ask((helper) => helper.say(new StreamBuilder().refused(WireError.malformed).end(4)))).found).toBe('requestMalformed');
});
