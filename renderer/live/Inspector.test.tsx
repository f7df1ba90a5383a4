// SPDX-License-Identifier: Apache-2.0
// @vitest-environment happy-dom
import { afterEach, expect, test } from 'vitest';
import { hostileNames } from '../testing/fake-tree.ts';
import type { Scenario } from '../testing/scenario.ts';
import { click, openWindow, render, settle, update } from '../testing/window.tsx';
import { Inspector } from './Inspector.tsx';

let end = () => Promise.resolve();
afterEach(() => end());

async function inspector(scenario: Partial<Scenario> = {}) {
  const opened = await openWindow({ hostile: true, ...scenario });
  opened.session.resize(800);
  await opened.session.start({ kind: 'demo' });
  const rendered = await render(opened.session, <Inspector />);
  end = rendered.end;
  const select = async (name: string) => {
    const selection = opened.worker.nodeNamed(name);
    await update(() => opened.session.navigate((navigation) => ({ ...navigation, selection })));
  };
  return { ...opened, element: rendered.element, select };
}

test('says what to do while nothing is selected', async () => {
  const { element } = await inspector();
  expect(element.textContent).toContain('Click a frame to zoom to it');
});

test('shows the frame, follows updates, and its callees select', async () => {
  const { element, worker, select, store } = await inspector();
  worker.tick(10);
  await select('PostgresMain');
  expect(element.querySelector('h2')!.textContent).toBe('PostgresMain');
  const total = () => Number(/Total([\d,]+)/.exec(element.textContent!)![1]!.replaceAll(',', ''));
  const before = total();
  worker.tick(10);
  await settle();
  expect(total()).toBeGreaterThan(before);
  const callers = [...element.querySelectorAll('button.row')];
  expect(callers[0]!.textContent).toMatch(/^PostmasterMain/);
  await click(callers[0]!);
  expect(store.getState().details?.name).toBe('PostmasterMain');
});

test('names never become markup', async () => {
  const { element, worker, select } = await inspector();
  worker.tick(5);
  for (const name of hostileNames) {
    await select(name);
    expect(element.querySelector('h2')!.textContent!.length).toBe(name.length);
    expect(element.querySelector('script, img')).toBeNull();
  }
});

test('why a frame has no name', async () => {
  const { element, worker, select } = await inspector();
  worker.tick(5);
  await select('[anonymous]+0x7f31c0');
  expect(element.textContent).toContain('No mapping was known for this address');
});

test('how well the recording was seen stands where nothing is selected', async () => {
  const { element, worker, select } = await inspector();
  expect(element.textContent).not.toContain('How well');
  worker.tick(20);
  await settle();
  expect(element.textContent).toMatch(/Complete99\.\d% of stacks.*Named98\.9% of frames.*Due2,405Stored2,400Lost1/);
  expect(element.textContent).toContain('Stacks broke most often in libcrypto.so.3: no unwind information.');
  await select('PostgresMain');
  expect(element.textContent).not.toContain('How well');
});

test('an outermost frame says how many stacks broke at it', async () => {
  const { element, worker, select } = await inspector();
  worker.tick(5);
  await select('PostmasterMain');
  expect(element.textContent).toContain('Stacks broke here14 samples, no unwind information.');
  await select('PostgresMain');
  expect(element.textContent).not.toContain('Stacks broke here');
});

test('source around the hottest line, hot lines marked; one goes to others and further', async () => {
  const { element, worker, select, store } = await inspector();
  worker.tick(200);
  await select('hash_search_with_hash_value');
  await settle();
  const numbers = () => [...element.querySelectorAll('.source .line-number')].map((each) => Number(each.textContent));
  expect(numbers()).toEqual(Array.from({ length: 13 }, (_, at) => 958 + at));
  const { details } = store.getState();
  await update(() => store.setState({ details: { ...details!, place: { ...details!.place!, line: 1031 } } }));
  expect(numbers()[6]).toBe(964);
  expect([...element.querySelectorAll('.source .hot .line-number')].map((each) => each.textContent)).toEqual(['958', '964', '967']);
  expect(element.textContent).toContain('Names fromits symbol table, 5,102 functions');
  const button = (name: string) => [...element.querySelectorAll('button')].find((each) => (each.getAttribute('aria-label') ?? each.textContent!).startsWith(name))!;
  await click(button('line 1031'));
  expect(numbers()[6]).toBe(1031);
  await click(button('Earlier lines'));
  expect(numbers()[6]).toBe(1023);
  // Another function begins at its own place.
  await select('PostgresMain');
  expect(element.textContent).toContain('No line is known');
  await select('hash_search_with_hash_value');
  await settle();
  expect(numbers()[6]).toBe(964);
});

test('where the file is not here it says so, and where it would be', async () => {
  const { element, worker, select } = await inspector({ noSource: 'The file is not here.' });
  worker.tick(20);
  await select('hash_search_with_hash_value');
  await settle();
  expect(element.querySelector('.source')).toBeNull();
  expect(element.textContent).toContain('The file is not here./build/postgresql-15/src/backend/utils/hash/dynahash.c');
});

test('an inlined frame says into what it was inlined', async () => {
  const { element, worker, select } = await inspector();
  worker.tick(20);
  await select('BufferIsPinned');
  expect(element.textContent).toMatch(/OrigininlinedInlined into\w+/);
});
