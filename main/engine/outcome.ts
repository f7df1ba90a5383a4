// SPDX-License-Identifier: Apache-2.0
/** How a session ended, in words. */
import type { Failure } from '../../ipc/contract.ts';
import { helperFailures, targetFailures } from './failures.ts';
import type { SessionEnd } from './helper-session.ts';
import type { RecordingOutcome } from './recording-api.ts';
import { refusal } from './refusals.ts';
import { EndReason as WireReason } from './wire-layout.gen.ts';

/** @param own why the engine itself ended it; null: it did not, or was asked to. */
export function outcomeOf(session: SessionEnd, own: Failure | null): RecordingOutcome {
  if (own) return { reason: 'recordingFailed', message: own.message, failure: own };
  const failed = (failure: Failure): RecordingOutcome => ({ reason: 'helperFailed', message: failure.message, failure });
  if (session.failure) return failed(session.failure);
  switch (session.end?.reason) {
    case WireReason.asked:
      return { reason: 'asked', message: 'Stopped.' };
    case WireReason.targetExited:
      return { reason: 'targetExited', message: 'The target has ended.' };
    case WireReason.targetGone:
      return { reason: 'targetGone', message: targetFailures.gone().message, failure: targetFailures.gone() };
    case WireReason.noHeartbeat:
      return failed(helperFailures.noHeartbeat());
    default:
      return failed(
        session.refused
          ? refusal(session.refused.error, session.refused.value, session.refused.text)
          : helperFailures.died('it did not say why'),
      );
  }
}
