// SPDX-License-Identifier: Apache-2.0
/** Several windows on one engine: what one does to the library shows in the others, and none takes away what another shows. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Events } from '../../ipc/contract.ts';
import type { Engine } from './engine.ts';
import { drain, engineWith, failureOf, openWindow, own, settings, until, type Window } from './testing/engine-fixture.ts';
import { FakeHelper } from './testing/fake-helper.ts';

let top = '';
let engine: Engine;
let helper: FakeHelper;
let a: Window;
let b: Window;

beforeEach(async () => {
  top = mkdtempSync(join(tmpdir(), 'emberscope-windows-'));
  helper = new FakeHelper();
  engine = await engineWith(helper, join(top, 'state'));
  [a, b] = [openWindow(engine), openWindow(engine)];
  await engine.library.scan();
});
afterEach(async () => {
  await engine.close();
  rmSync(top, { recursive: true, force: true });
});

/** What the library tells a window from now on. */
async function watched({ client }: Window): Promise<Events['library'][]> {
  const changes: Events['library'][] = [];
  client.on('library', (change) => changes.push(change));
  await client.call('watchLibrary', true);
  await client.call('library');
  return changes;
}

/** Saved by window A, which shows it no more. */
async function kept(name: string): Promise<string> {
  const info = await a.client.call('start', own(), settings);
  helper.say(drain(0));
  await until(() => engine.recording(info.id).tables.samples.length === 1);
  await a.client.call('save', info.id, name);
  await a.client.call('stop', info.id);
  await a.client.call('close', info.id);
  await engine.library.scan();
  await engine.library.settle();
  return `${name}.ember`;
}

it('renaming, tags, deleting and undoing in one show in the other', async () => {
  const file = await kept('run');
  const changes = await watched(b);
  expect(await a.client.call('renameInLibrary', file, 'before')).toBe('before.ember');
  await until(() => changes.some(({ renamed }) => renamed?.from === file && renamed.to === 'before.ember'));
  await a.client.call('annotate', 'before.ember', { tags: ['slow'], notes: '' });
  await until(() => changes.some(({ entries }) => entries.some(({ file: changed, facts }) => changed === 'before.ember' && facts?.tags[0] === 'slow')));
  const { id } = await a.client.call('deleteFromLibrary', ['before.ember']);
  await until(() => changes.at(-1)?.removed[0] === 'before.ember' || changes.some(({ removed }) => removed.includes('before.ember')));
  changes.length = 0;
  // The deletion belongs to the engine: whichever window asks, it comes back.
  expect(await b.client.call('undoDeletion', id)).toEqual(['before.ember']);
  await until(() => changes.some(({ entries }) => entries.some(({ file: back }) => back === 'before.ember')));
});

it('another folder is told to the window that did not choose it, also an empty one', async () => {
  await kept('run');
  const changes = await watched(b);
  await a.client.call('moveLibrary', join(top, 'elsewhere'));
  await until(() => changes.some(({ folder }) => folder === join(top, 'elsewhere')));
  expect((await b.client.call('library')).entries).toEqual([]);
});

it('the same file is one recording, which goes when no window shows it', async () => {
  const file = await kept('run');
  const [first, second] = await Promise.all([a.client.call('openFromLibrary', file), b.client.call('openFromLibrary', file)]);
  expect(second.id).toBe(first.id);
  await a.client.call('close', first.id);
  await b.client.call('subscribe', first.id);
  await until(() => b.tables.get(first.id)?.samples.length === 1);
  await b.client.call('close', first.id);
  expect((await failureOf(b.client.call('subscribe', first.id))).code).toBe('noSuchRecording');
});

it('one window that closes leaves the recordings of the other alone', async () => {
  const info = await a.client.call('start', own(), settings);
  helper.say(drain(0));
  b.client.close();
  helper.say(drain(1));
  await a.client.call('subscribe', info.id);
  await until(() => a.tables.get(info.id)?.samples.length === 2);
  expect(await a.client.call('stop', info.id)).toMatchObject({ state: { kind: 'finished', reason: 'asked' } });
});

it('an open recording follows its file into the trash and back, and gives its name to no other', async () => {
  const file = await kept('run');
  const info = await b.client.call('openFromLibrary', file);
  const { id } = await a.client.call('deleteFromLibrary', [file]);
  expect(engine.recording(info.id).path).not.toBe(join(top, 'recordings', file));
  expect((await b.client.call('readFile', info.id, 0)).length).toBeGreaterThan(1000);
  await a.client.call('undoDeletion', id);
  expect(engine.recording(info.id).path).toBe(join(top, 'recordings', file));
  await b.client.call('close', info.id);
  expect(existsSync(join(top, 'recordings', file))).toBe(true);
});
