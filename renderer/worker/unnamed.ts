// SPDX-License-Identifier: Apache-2.0
/** Why code has no name, in the engine's words: it has seen the files. Until they come the worker's own guess stands. */
import type { RecordingId } from '../../ipc/contract.ts';
import { isFrameKey, keyRow } from '../../profile/frame-keys.ts';
import type { NodeDetails } from './protocol.ts';
import type { Replica } from './replica.ts';

/** After that it is asked again: a file may have been found for another process. */
const FRESH_MILLISECONDS = 5000;

interface Reason {
  /** Empty: nothing better than the guess. */
  text: string;
  askedAt: number;
}

export class UnnamedReasons {
  readonly #ask: (recording: RecordingId, module: number) => Promise<string>;
  readonly #improved: (details: NodeDetails) => void;
  readonly #known = new Map<string, Reason>();
  /** What the window shows now. */
  #shown: NodeDetails | null = null;

  /** @param improved takes the shown details anew, with a reason that came for them. */
  constructor(ask: (recording: RecordingId, module: number) => Promise<string>, improved: (details: NodeDetails) => void) {
    this.#ask = ask;
    this.#improved = improved;
  }

  /** These details with the reason that is known, which is asked for where there is none. */
  tell(details: NodeDetails | null, replica: Replica | undefined): NodeDetails | null {
    this.#shown = details;
    if (!details || !replica || details.unnamedReason === '') return details;
    const key = replica.tree.key(replica.followed.resolve(details.node));
    if (!isFrameKey(key)) return details;
    const module = replica.tables.frames.columns.module[keyRow(key)]!;
    const reason = this.#known.get(`${replica.recording} ${module}`);
    if (!reason || Date.now() - reason.askedAt > FRESH_MILLISECONDS) this.#request(replica.recording, module, details, reason?.text ?? '');
    return (this.#shown = withReason(details, reason?.text ?? ''));
  }

  #request(recording: RecordingId, module: number, details: NodeDetails, before: string): void {
    const place = `${recording} ${module}`;
    this.#known.set(place, { text: before, askedAt: Date.now() });
    const { node } = details;
    this.#ask(recording, module).then(
      (text) => {
        this.#known.set(place, { text, askedAt: Date.now() });
        if (text === before || this.#shown?.node !== node || this.#shown.unnamedReason === '') return;
        this.#improved((this.#shown = withReason(this.#shown, text)));
      },
      // The recording was closed, or the engine is gone.
      () => undefined,
    );
  }
}

function withReason(details: NodeDetails, text: string): NodeDetails {
  return text === '' ? details : { ...details, unnamedReason: text };
}
