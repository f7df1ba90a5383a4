// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { NOTHING_COLLAPSED } from '../../profile/collapse.ts';
import { backOut, startNavigation, toggleThread, undoZoom, viewOf, zoomTo } from './navigation.ts';

test('zooms are undone one by one, and a zoom to the same frame is none', () => {
  let navigation = [5, 9, 9, 2].reduce(zoomTo, startNavigation);
  expect(navigation.zoom).toBe(2);
  const seen = [];
  for (let step = 0; step < 4; step++) seen.push((navigation = undoZoom(navigation)).zoom);
  expect(seen).toEqual([9, 5, 0, 0]);
});

test('Esc takes back the search, then the range, then the zoom, then the selection', () => {
  let navigation = { ...zoomTo(startNavigation, 7), pattern: 'x', range: { from: 1, to: 2 }, selection: 7 };
  const left = () => [navigation.pattern, navigation.range, navigation.zoom, navigation.selection];
  navigation = backOut(navigation) as typeof navigation;
  expect(left()).toEqual(['', { from: 1, to: 2 }, 7, 7]);
  navigation = backOut(navigation) as typeof navigation;
  expect(left()).toEqual(['', null, 7, 7]);
  navigation = backOut(navigation) as typeof navigation;
  expect(left()).toEqual(['', null, 0, 7]);
  expect(undoZoom(navigation).zoom).toBe(7);
  navigation = backOut(navigation) as typeof navigation;
  expect(left()).toEqual(['', null, 0, null]);
  expect(backOut(navigation)).toBe(navigation);
});

test('threads are left out and taken in again', () => {
  const without = toggleThread(toggleThread(startNavigation, 3), 5);
  expect(without.hiddenThreads).toEqual([3, 5]);
  expect(toggleThread(without, 3).hiddenThreads).toEqual([5]);
});

test('the view says everything that decides what is drawn', () => {
  const navigation = { ...zoomTo(startNavigation, 4), pattern: 'a.b', ignoreCase: false, selection: 8, paused: true, hiddenThreads: [1] };
  expect(viewOf(navigation, 12, 800)).toEqual({
    recording: 12, width: 800, zoom: 4, range: null, hiddenThreads: [1], collapse: NOTHING_COLLAPSED, kinds: null, search: { pattern: 'a.b', ignoreCase: false }, paused: true, selection: 8,
  });
  expect(viewOf(startNavigation, 12, 800).search).toBeNull();
});
