// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test, vi } from 'vitest';
import { decide, type Surroundings } from './decision.ts';

const chromium = { name: 'Chromium', path: '/usr/bin/chromium', arguments: [], profileParent: null };

function surroundings(more: Partial<Surroundings> = {}): Surroundings {
  return {
    asked: null,
    display: true,
    automated: false,
    browsers: () => [chromium],
    electronVersion: '45.4.1',
    electronBinary: () => '/e/dist/electron',
    sandboxObstacle: () => null,
    uid: 1000,
    fetchElectron: () => Promise.reject(new Error('not to be called')),
    ...more,
  };
}

test('Electron where its binary is', async () => {
  expect(await decide(surroundings())).toEqual({ shell: 'electron', binary: '/e/dist/electron' });
});

test('a missing binary is fetched', async () => {
  let binary: string | null = null;
  const fetchElectron = vi.fn((_insist: boolean) => {
    binary = '/e/dist/electron';
    return Promise.resolve(null);
  });
  expect(await decide(surroundings({ electronBinary: () => binary, fetchElectron }))).toEqual({
    shell: 'electron',
    binary: '/e/dist/electron',
  });
  expect(fetchElectron).toHaveBeenCalledExactlyOnceWith(false);
});

describe('a browser, and why', () => {
  const absent = { electronBinary: () => null };
  test.each<[string, Partial<Surroundings>, RegExp]>([
    [
      'it cannot be fetched',
      { ...absent, fetchElectron: () => Promise.resolve('The server did not answer.') },
      /did not answer/,
    ],
    ['the installer lies', { ...absent, fetchElectron: () => Promise.resolve(null) }, /without its binary/],
    ['the package is missing', { electronVersion: null }, /package is not installed/],
    ['under CI', { ...absent, automated: true }, /CI/],
    ['no sandbox', { sandboxObstacle: () => 'AppArmor restricts it' }, /^AppArmor restricts it\.$/],
    ['as asked', { asked: 'chromium' }, /As asked/],
  ])('%s', async (_, more, reason) => {
    const decision = await decide(surroundings(more));
    expect(decision).toEqual({ shell: 'chromium', browser: chromium, reason: expect.stringMatching(reason) });
  });
});

test('as root there is no sandbox to be obstructed', async () => {
  expect(await decide(surroundings({ uid: 0, sandboxObstacle: () => 'AppArmor' }))).toMatchObject({
    shell: 'electron',
  });
});

describe('an address', () => {
  test.each<[string, Partial<Surroundings>, RegExp]>([
    ['no display', { display: false }, /no display/],
    ['as asked', { asked: 'none' }, /As asked/],
    ['no browser either', { electronVersion: null, browsers: () => [] }, /No Chromium.*apt install chromium/],
  ])('%s', async (_, more, reason) => {
    expect(await decide(surroundings(more))).toEqual({ shell: 'none', reason: expect.stringMatching(reason) });
  });

  test('without a display nothing is fetched', async () => {
    const fetchElectron = vi.fn(() => Promise.resolve(null));
    await decide(surroundings({ display: false, electronBinary: () => null, fetchElectron }));
    expect(fetchElectron).not.toHaveBeenCalled();
  });
});

describe('what was asked for and cannot be had', () => {
  test.each<[string, Partial<Surroundings>, RegExp]>([
    [
      'Electron',
      { asked: 'electron', electronBinary: () => null, fetchElectron: () => Promise.resolve('No network.') },
      /No network/,
    ],
    ['Electron without a display', { asked: 'electron', display: false }, /--shell none/],
    ['a browser', { asked: 'chromium', browsers: () => [] }, /apt install chromium/],
    ['a browser without a display', { asked: 'chromium', display: false }, /--shell none/],
  ])('%s', async (_, more, reason) => {
    expect(await decide(surroundings(more))).toEqual({ shell: null, reason: expect.stringMatching(reason) });
  });

  test('asked for, Electron is fetched whatever is remembered, and under CI', async () => {
    const fetchElectron = vi.fn((_insist: boolean) => Promise.resolve('No network.'));
    await decide(surroundings({ asked: 'electron', automated: true, electronBinary: () => null, fetchElectron }));
    expect(fetchElectron).toHaveBeenCalledExactlyOnceWith(true);
  });
});
