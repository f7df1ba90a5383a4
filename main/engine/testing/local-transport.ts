// SPDX-License-Identifier: Apache-2.0
/** Two ends of a connection within one process, for tests. */
import { Inbox, type Transport } from '../../../ipc/transport.ts';

export function transportPair(): [Transport, Transport] {
  const inboxes = [new Inbox(), new Inbox()] as const;
  const end = (own: Inbox, other: Inbox): Transport => ({
    send: (bytes) => void setImmediate(() => other.push(bytes.slice())),
    onMessage: (listener) => own.onMessage(listener),
    onClose: (listener) => own.onClose(listener),
    close(reason = '') {
      own.close(reason);
      setImmediate(() => other.close(reason));
    },
  });
  return [end(inboxes[0], inboxes[1]), end(inboxes[1], inboxes[0])];
}
