// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { MessageChannel } from 'node:worker_threads';
import { afterAll, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { MAX_MESSAGE_BYTES } from './codec.ts';
import { contractSuite, type TransportPair } from './contract-suite.ts';
import { portTransport, type MainPort } from './port-transport.ts';
import { socketTransport } from './socket-transport.ts';

contractSuite('pair of message ports', async () => {
  const { port1, port2 } = new MessageChannel();
  return { window: portTransport(port1), engine: portTransport(port2), breakOff: () => port1.close() };
});

/** Electron's MessagePortMain: events by `on`, the message wrapped. */
function mainPort(port: MessageChannel['port1']): MainPort {
  return {
    postMessage: (message) => port.postMessage(message),
    on: (event: string, listener: (event: never) => void) =>
      port.on(event as 'message', (value: unknown) => listener((event === 'message' ? { data: value } : undefined) as never)),
    start: () => port.start(),
    close: () => port.close(),
  };
}

contractSuite('port of the main process of Electron', async () => {
  const { port1, port2 } = new MessageChannel();
  return { window: portTransport(port1), engine: portTransport(mainPort(port2)), breakOff: () => port1.close() };
});

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false, maxPayload: MAX_MESSAGE_BYTES });
const listening = once(server, 'listening');
afterAll(() => server.close());

async function sockets(): Promise<{ near: WebSocket; far: WebSocket }> {
  await listening;
  const near = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, { perMessageDeflate: false });
  const [far] = (await once(server, 'connection')) as [WebSocket];
  return { near, far };
}

async function socketPair(): Promise<TransportPair> {
  const { near, far } = await sockets();
  return { window: socketTransport(near), engine: socketTransport(far), breakOff: () => near.terminate() };
}

contractSuite('loopback WebSocket', socketPair);

// Node's own client is the browser's API.
contractSuite('loopback WebSocket with the API of a browser', async () => {
  await listening;
  const near = new globalThis.WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const window = socketTransport(near);
  const [far] = (await once(server, 'connection')) as [WebSocket];
  return { window, engine: socketTransport(far), breakOff: () => far.terminate() };
});

test('a text message closes a socket', async () => {
  const { near, far } = await sockets();
  const closed = Promise.withResolvers<string>();
  socketTransport(far).onClose(closed.resolve);
  await once(near, 'open');
  near.send('{"type":"call"}');
  expect(await closed.promise).toBe('A text message came where only binary ones are allowed.');
});

test('a socket reason is cut between characters', async () => {
  const { near, far } = await sockets();
  const window = socketTransport(near);
  const closed = Promise.withResolvers<string>();
  window.onClose(closed.resolve);
  socketTransport(far).close('é'.repeat(200));
  expect(await closed.promise).toBe('é'.repeat(60));
});
