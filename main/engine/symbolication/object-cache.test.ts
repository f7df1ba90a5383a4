// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import type { Addon, OpenedObject } from '../../../native/addon/addon.d.ts';
import { ObjectCache } from './object-cache.ts';

let closed: number[];
let cache: ObjectCache;
let opens: number;

beforeEach(() => {
  closed = [];
  opens = 0;
  cache = new ObjectCache({ closeObject: (handle: number) => void closed.push(handle) } as unknown as Addon, 100);
});

const open = (bytes: number) => (): Promise<OpenedObject> => {
  opens++;
  return Promise.resolve({ handle: opens, buildId: '', symbols: 1, source: 'symtab', debugInfo: 'none', debugFile: '', bytes });
};
const use = (key: string, bytes: number) => cache.use(key, open(bytes), ({ handle }) => Promise.resolve(handle));

describe('ObjectCache', () => {
  it('opens an object once', async () => {
    expect(await Promise.all([use('a', 10), use('a', 10), use('b', 10)])).toEqual([1, 1, 2]);
    expect(await use('a', 10)).toBe(1);
    expect(cache.bytes).toBe(20);
  });

  it('closes what was not used for longest when there is too much', async () => {
    for (const key of ['a', 'b', 'c']) await use(key, 40);
    expect(closed).toEqual([1]);
    await use('b', 40);
    await use('d', 40);
    expect(closed).toEqual([1, 3]);
    expect([cache.has('a'), cache.has('b'), cache.has('d'), cache.bytes]).toEqual([false, true, true, 80]);
  });

  it('never closes what is in use, however large', async () => {
    let release!: () => void;
    const held = new Promise<void>((resolve) => (release = resolve));
    const using = cache.use('big', open(1000), () => held);
    await use('b', 50);
    expect(closed).toEqual([2]);
    release();
    await using;
    expect(closed).toEqual([2, 1]);
    expect(cache.bytes).toBe(0);
  });

  it('opens anew what was forgotten, and closes the old one when nobody uses it', async () => {
    await use('a', 10);
    let release!: () => void;
    const held = new Promise<void>((resolve) => (release = resolve));
    const using = cache.use('a', open(10), () => held);
    cache.forget('a');
    cache.forget('b');
    expect(await use('a', 20)).toBe(2);
    expect([closed, cache.bytes]).toEqual([[], 30]);
    release();
    await using;
    await Promise.resolve();
    expect([closed, cache.bytes, cache.has('a')]).toEqual([[1], 20, true]);
  });

  it('forgets what failed', async () => {
    const failing = () => Promise.reject(new Error('no'));
    await expect(cache.use('a', failing, () => Promise.resolve(0))).rejects.toThrow('no');
    expect(cache.has('a')).toBe(false);
    expect(await use('a', 10)).toBe(1);
  });
});
