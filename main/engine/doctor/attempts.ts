// SPDX-License-Identifier: Apache-2.0
/** What a helper finds out by trying. */
import { setTimeout as wait } from 'node:timers/promises';
import { helperFailures, FailureError } from '../failures.ts';
import type { HelperSession } from '../helper-session.ts';
import { outcomeOf } from '../outcome.ts';
import { encodeAsk } from '../wire-probe-encoder.ts';
import type { CapabilitiesFrame } from '../wire-probe-frames.ts';
import { AskFor, Capability } from '../wire-layout.gen.ts';
import type { Attempt, Capabilities, CapabilityName } from './machine.ts';

/** It takes some 100 ms, and seconds in an emulated machine. */
const TIMEOUT_MS = 20_000;

/** Asks a session that was not started, and ends it. @throws FailureError */
export async function askForCapabilities(session: HelperSession): Promise<Capabilities> {
  const answer = Promise.withResolvers<CapabilitiesFrame>();
  const ended = session.run((frame) => {
    if (frame.type === 'capabilities') answer.resolve(frame);
  });
  const late = new AbortController();
  try {
    session.send(encodeAsk(AskFor.capabilities));
    const found = await Promise.race([
      answer.promise,
      ended.then(() => 'over' as const),
      wait(TIMEOUT_MS, 'late' as const, { signal: late.signal, ref: false }),
    ]);
    if (found === 'late') throw new FailureError(helperFailures.silent(TIMEOUT_MS / 1000));
    if (found === 'over') throw new FailureError(outcomeOf(await ended, null).failure ?? helperFailures.notStarted('it did not answer'));
    return byName(found);
  } finally {
    late.abort();
    session.abandon();
    await ended.catch(() => undefined);
  }
}

/** @throws FailureError one is missing */
function byName(frame: CapabilitiesFrame): Capabilities {
  const told = new Map(frame.capabilities.map(({ kind, error, value, text }) => [kind, { error, value, text }]));
  const names = Object.keys(Capability) as CapabilityName[];
  return Object.fromEntries(
    names.map((name): [CapabilityName, Attempt] => {
      const attempt = told.get(Capability[name]);
      if (!attempt) throw new FailureError(helperFailures.malformed(`nothing about ${name}`));
      return [name, attempt];
    }),
  ) as Capabilities;
}
