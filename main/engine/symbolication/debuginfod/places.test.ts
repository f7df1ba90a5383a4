// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { debuginfodCache, debuginfodServers, debuginfodTimeout } from './places.ts';

it('finds the cache as other clients do', () => {
  const HOME = '/home/me';
  expect(debuginfodCache({ HOME })).toBe('/home/me/.cache/debuginfod_client');
  expect(debuginfodCache({ HOME, XDG_CACHE_HOME: '/cache' })).toBe('/cache/debuginfod_client');
  expect(debuginfodCache({ HOME, XDG_CACHE_HOME: 'relative' })).toBe('/home/me/.cache/debuginfod_client');
  expect(debuginfodCache({ HOME, XDG_CACHE_HOME: '/cache', DEBUGINFOD_CACHE_PATH: '/own' })).toBe('/own');
});

it('takes web servers only, in their order', () => {
  const servers = debuginfodServers({ DEBUGINFOD_URLS: ' https://a.example/path  http://127.0.0.1:8002 file:///srv ima:enforcing nonsense ' });
  expect(servers.map(({ href }) => href)).toEqual(['https://a.example/path', 'http://127.0.0.1:8002/']);
  expect(debuginfodServers({})).toEqual([]);
});

it('waits as long as is asked for, within reason', () => {
  const timeouts = [undefined, '5', '-1', 'x', '999999'].map((DEBUGINFOD_TIMEOUT) => debuginfodTimeout({ DEBUGINFOD_TIMEOUT }));
  expect(timeouts).toEqual([90_000, 5000, 90_000, 90_000, 3_600_000]);
});
