// SPDX-License-Identifier: Apache-2.0
import { EventEmitter } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import type { MainPort } from '../ipc/port-transport.ts';
import type { Transport } from '../ipc/transport.ts';
import { serveParent, type ServedEngine } from './engine-process.ts';

/** As Electron's MessagePortMain behaves: queues until start(). */
class FakePort extends EventEmitter {
  posted: unknown[] = [];
  started = false;
  closed = false;
  postMessage = (message: unknown): void => void this.posted.push(message);
  start = (): void => void (this.started = true);
  close = (): void => void (this.closed = true);
}

function surroundings() {
  const parent = new EventEmitter();
  const opening = Promise.withResolvers<ServedEngine>();
  const served: Transport[] = [];
  const files: (string | null)[] = [];
  const end = vi.fn();
  const close = vi.fn(() => Promise.resolve());
  const engine: ServedEngine = {
    serve: (transport, named) => {
      served.push(transport);
      files.push(named);
      return Promise.resolve();
    },
    close,
  };
  const process = serveParent(parent, opening.promise, end);
  return { parent, opening, engine, served, files, end, close, process };
}
const say = (parent: EventEmitter, data: unknown, ports: FakePort[] = []) =>
  parent.emit('message', { data, ports: ports as unknown as MainPort[] });
afterEach(() => vi.restoreAllMocks());

test('each port is a window; what came before the engine was ready is kept', async () => {
  const { parent, opening, engine, served } = surroundings();
  const [one, two] = [new FakePort(), new FakePort()];
  say(parent, { type: 'window' }, [one]);
  expect(one.started).toBe(true);
  one.emit('message', { data: new Uint8Array([1, 2, 3]) });
  expect(served).toHaveLength(0);
  opening.resolve(engine);
  await setImmediate();
  say(parent, { type: 'window' }, [two]);
  await setImmediate();
  expect(served).toHaveLength(2);
  const received: number[][] = [];
  served[0]!.onMessage((bytes) => received.push([...bytes]));
  expect(received).toEqual([[1, 2, 3]]);
});

test('the engine is told what a window is to open', async () => {
  const { parent, opening, engine, files } = surroundings();
  opening.resolve(engine);
  say(parent, { type: 'window', file: '/data/a.ember' }, [new FakePort()]);
  say(parent, { type: 'window', file: null }, [new FakePort()]);
  say(parent, { type: 'window', file: 7 }, [new FakePort()]);
  await setImmediate();
  expect(files).toEqual(['/data/a.ember', null, null]);
});

test('asked to close, it finishes first, and once', async () => {
  const { parent, opening, engine, end, close, process } = surroundings();
  opening.resolve(engine);
  say(parent, { type: 'close' });
  say(parent, { type: 'close' });
  process.close();
  expect(end).not.toHaveBeenCalled();
  await setImmediate();
  expect(close).toHaveBeenCalledOnce();
  expect(end).toHaveBeenCalledExactlyOnceWith(0);
});

test('an engine that fails to close ends with 1', async () => {
  const { parent, opening, engine, end, close } = surroundings();
  const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  close.mockRejectedValue(new Error('disk'));
  opening.resolve(engine);
  say(parent, { type: 'close' });
  await setImmediate();
  expect(end).toHaveBeenCalledExactlyOnceWith(1);
  expect(error).toHaveBeenCalledOnce();
});

test('without an engine the window is told', async () => {
  const { parent, opening } = surroundings();
  const port = new FakePort();
  say(parent, { type: 'window' }, [port]);
  opening.reject(new Error('no'));
  await setImmediate();
  expect(port.posted).toEqual(['The engine could not be started.']);
  expect(port.closed).toBe(true);
});

test.each([null, 'close', { type: 'other' }, { type: 'window' }])('%j is refused', async (data) => {
  const { parent, opening, engine, served, end } = surroundings();
  const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  opening.resolve(engine);
  say(parent, data);
  await setImmediate();
  expect(error).toHaveBeenCalledOnce();
  expect(served).toHaveLength(0);
  expect(end).not.toHaveBeenCalled();
});
