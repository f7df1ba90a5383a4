// SPDX-License-Identifier: Apache-2.0
// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from 'vitest';
import { connect, socketAddress } from './connect.ts';
import type { Engine } from './engine.ts';

const engine = { connect: vi.fn() };

beforeEach(() => {
  engine.connect.mockClear();
  delete window.emberscope;
});

test('in a browser: the engine behind the page', () => {
  expect(socketAddress({ protocol: 'http:', host: '127.0.0.1:4711' })).toBe('ws://127.0.0.1:4711/engine');
  connect(engine as unknown as Engine, window);
  expect(engine.connect).toHaveBeenCalledWith({ kind: 'socket', url: socketAddress(window.location) });
});

test('under Electron: the first port of the page’s own preload, asked for', () => {
  window.emberscope = { shell: 'electron' };
  const asked = vi.spyOn(window, 'postMessage').mockImplementation(() => undefined);
  connect(engine as unknown as Engine, window);
  expect(asked).toHaveBeenCalledWith({ type: 'engine-port-wanted' }, expect.anything());
  const { port1 } = new MessageChannel();
  const say = (data: unknown, source: unknown, ports: unknown[]) =>
    window.dispatchEvent(Object.assign(new Event('message'), { data, source, ports }));
  say({ type: 'engine-port' }, null, [port1]); // a frame of another origin
  say({ type: 'other' }, window, [port1]);
  say(null, window, [port1]);
  expect(engine.connect).not.toHaveBeenCalled();
  say({ type: 'engine-port' }, window, [port1]);
  say({ type: 'engine-port' }, window, [port1]);
  expect(engine.connect).toHaveBeenCalledExactlyOnceWith({ kind: 'port', port: port1 });
  asked.mockRestore();
});
