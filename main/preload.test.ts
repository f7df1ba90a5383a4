// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type * as Stub from './electron.stub.ts';

interface FakeWindow extends EventTarget {
  location: { origin: string };
  posted: unknown[][];
  postMessage(...args: unknown[]): void;
}
let page: FakeWindow;
let electron: typeof Stub;

beforeEach(async () => {
  vi.resetModules();
  page = Object.assign(new EventTarget(), {
    location: { origin: 'app://emberscope' },
    posted: [] as unknown[][],
    postMessage(...args: unknown[]) {
      page.posted.push(args);
    },
  });
  vi.stubGlobal('window', page);
  electron = (await import('electron')) as unknown as typeof Stub;
  await import('./preload.ts');
});
afterEach(() => vi.unstubAllGlobals());

function say(data: unknown, more: { source?: unknown; origin?: string } = {}): void {
  page.dispatchEvent(Object.assign(new Event('message'), { data, source: page, origin: 'app://emberscope', ...more }));
}
const wanted = { type: 'engine-port-wanted' };

test('the page learns its shell and nothing of ipcRenderer', () => {
  expect(electron.callsOf('contextBridge.exposeInMainWorld')).toEqual([['emberscope', { shell: 'electron' }]]);
});

test('the port is handed over once both are there, in either order', () => {
  electron.ipcRenderer.emit('engine-port', { ports: ['first'] });
  expect(page.posted).toEqual([]);
  say(wanted);
  expect(page.posted).toEqual([[{ type: 'engine-port' }, 'app://emberscope', ['first']]]);
  say(wanted);
  expect(page.posted).toHaveLength(1);
  electron.ipcRenderer.emit('engine-port', { ports: ['second'] });
  expect(page.posted[1]).toEqual([{ type: 'engine-port' }, 'app://emberscope', ['second']]);
});

test('only our own page can want it', () => {
  electron.ipcRenderer.emit('engine-port', { ports: ['port'] });
  say(wanted, { source: {} });
  say(wanted, { origin: 'https://example.org' });
  say(null);
  say('engine-port-wanted');
  expect(page.posted).toEqual([]);
});
