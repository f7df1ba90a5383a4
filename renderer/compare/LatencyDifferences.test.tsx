// SPDX-License-Identifier: Apache-2.0
// @vitest-environment happy-dom
import { describe, expect, test } from 'vitest';
import { openWindow, painted, pressKey, render, update } from '../testing/window.tsx';
import { CompareScreen } from './CompareScreen.tsx';
import { chosenProbe } from './latency-view.ts';

async function openLatencies(scenario: Parameters<typeof openWindow>[0]) {
  const opened = await openWindow({ recordings: 20, ...scenario });
  const { element, end } = await render(opened.session, <CompareScreen />);
  const files = opened.worker.library.list.entries.map(({ file }) => file);
  await update(() => void opened.session.compare.compareFiles([files[6]!], [files[8]!]));
  await update(() => undefined);
  await update(() => undefined);
  const radio = (name: string) => [...element.querySelectorAll<HTMLButtonElement>('[role=radio]')].find(({ textContent }) => textContent === name);
  return { ...opened, element, end, radio, grid: () => element.querySelector('[role=grid]')!, chosen: () => chosenProbe(opened.store.getState().comparing) };
}

describe('latencies of two sides', () => {
  test('are a tab beside the flame graph, with every probe and the deciles of the chosen one', async () => {
    const { element, radio, grid, chosen, end } = await openLatencies({ sides: 'both' });
    expect(grid().getAttribute('aria-label')).toBe('Functions');
    await update(() => radio('Latencies')!.click());
    expect(grid().getAttribute('aria-label')).toBe('Probes');
    expect(grid().querySelectorAll('[aria-selected]')).toHaveLength(4);
    expect(chosen()!.title).toBe('vfs_read');
    expect(element.querySelector('.compare-verdict')!.textContent).toMatch(/^Slower at 90 %, unchanged up to 80 %\. How often: more often, 600 to 900 calls a second \(\+50 %\)\.$/);
    const rows = [...element.querySelectorAll('.shift-table tbody tr')].map((row) => row.textContent);
    expect(rows).toHaveLength(10);
    expect(rows[8]).toMatch(/^90 %.*µs.*\+.*slower$/);
    expect(element.querySelectorAll('.shift-point')).toHaveLength(10);
    expect(element.querySelectorAll('canvas')).toHaveLength(3);
    expect(element.textContent).toContain('Only in A: vfs_write (kernel, latency)');
    await update(() => radio('Difference')!.click());
    expect(grid().getAttribute('aria-label')).toBe('Functions');
    await end();
  });

  test('another probe by keyboard: what its sides do not share is said', async () => {
    const { element, radio, grid, chosen, session, end } = await openLatencies({ sides: 'both' });
    await update(() => radio('Latencies')!.click());
    await pressKey(grid(), 'ArrowDown');
    expect(chosen()!.title).toBe('ExecHashJoin');
    expect(element.querySelector('.compare-notes')!.textContent).toContain('Which calls count: all in A, argument 2 > 4096 in B.');
    await pressKey(grid(), 'End');
    expect(element.textContent).toContain('are only counted');
    await update(() => session.compare.change((before) => ({ ...before, query: 'futex' })));
    expect(chosen()!.title).toBe('futex_wait_queue');
    await end();
  });

  test('pictures are of the probe that is chosen, B filled and A outlined, by share or by second', async () => {
    const { radio, session, worker, end } = await openLatencies({ sides: 'both' });
    await update(() => radio('Latencies')!.click());
    await update(() => session.compare.resizeHeat(300));
    const scenes = () => painted.flatMap((message) => (message.type === 'histogram' && message.change.outline ? [message.change] : []));
    const sums = () => [scenes().at(-1)!.histogram!, scenes().at(-1)!.outline!].map(({ counts }) => Math.round(1000 * counts.reduce((sum, count) => sum + count, 0)) / 1000);
    expect(sums()).toEqual([1, 1]);
    await update(() => radio('a second')!.click());
    expect(sums()).toEqual([900, 600]);
    const views = () => worker.sent.flatMap((message) => (message.type === 'latencyView' ? [message.view] : []));
    expect(views()).toEqual([{ rows: { a: [0], b: [0] }, columns: 300, part: null }]);
    await update(() => radio('Difference')!.click());
    expect(views().at(-1)).toBeNull();
    await end();
  });

  test('the difference of the heat maps stands in their place, in the chosen colours, and the keyboard walks through its cells', async () => {
    const { element, radio, session, end } = await openLatencies({ sides: 'both' });
    await update(() => radio('Latencies')!.click());
    await update(() => session.compare.resizeHeat(300));
    expect(element.querySelector('.heat-difference')).toBeNull();
    await update(() => radio('difference')!.click());
    expect(element.querySelectorAll('canvas')).toHaveLength(2);
    const scenes = () => painted.flatMap((message) => (message.type === 'heatDifference' ? [message.change] : []));
    expect(scenes().find(({ difference }) => difference)!.difference!.steps.some((step) => step > 0)).toBe(true);
    const colours = element.querySelector<HTMLSelectElement>('select[aria-label=Colours]')!;
    expect([...element.querySelectorAll('.change-legend li')].map(({ textContent }) => textContent)).toEqual(['shrank', 'the same, or noise', 'grew', 'new', 'vanished']);
    const grew = () => element.querySelector<HTMLElement>('.change-legend li:nth-child(3) i:last-child')!.style.background;
    const before = grew();
    await update(() => session.compare.change((comparing) => ({ ...comparing, palette: 'red-blue' })));
    expect([colours.value, scenes().at(-1)!.palette, grew() === before]).toEqual(['red-blue', 'red-blue', false]);
    const canvas = element.querySelector('.heat-difference canvas')!;
    const said = () => element.querySelector('.heat-difference [role=status]')!.textContent;
    await pressKey(canvas, 'ArrowRight');
    // Where most changed: slow reads are slower than they were.
    expect(said()).toMatch(/^(1|1\.\d) ms to [\d.]+ ms, at \d+ to \d+ % of the run: A .* -> B .*, new$/);
    const first = said();
    await pressKey(canvas, 'ArrowRight');
    expect(said()).not.toBe(first);
    expect(element.querySelector('.heat-difference-tooltip')!.textContent).toBe(said()!.replace(': A', 'A'));
    await pressKey(canvas, 'Escape');
    expect([said(), element.querySelector('.heat-difference-tooltip')]).toEqual(['', null]);
    await end();
  });

  test('the calls of one thread alone: pictures, deciles and words are of them, the table of all', async () => {
    const { element, radio, session, worker, end } = await openLatencies({ sides: 'both' });
    await update(() => radio('Latencies')!.click());
    await update(() => session.compare.resizeHeat(300));
    const choice = element.querySelector<HTMLSelectElement>('select[aria-label=Calls]')!;
    expect([...choice.options].map(({ textContent }) => textContent!.replace(/\d+(,\d+)*/g, 'n'))).toEqual(['all calls', 'postgres (A n, B n)', 'walwriter (A n, B n)']);
    const set = async (value: string) => {
      await update(() => session.compare.change((comparing) => ({ ...comparing, part: value === '' ? null : { probe: choice.dataset['probe']!, kind: 'thread', name: value } })));
    };
    await set('walwriter');
    expect(worker.sent.flatMap((message) => (message.type === 'latencyView' ? [message.view] : [])).at(-1)).toMatchObject({ part: { kind: 'thread', name: 'walwriter' } });
    expect(element.querySelector('.compare-part')!.textContent).toBe('Only threads called walwriter; the table below is of all calls.');
    expect(element.querySelector('.compare-verdict')!.textContent).toMatch(/^Slower throughout\./);
    const median = () => element.querySelector('.shift-table tbody tr:nth-child(5)')!.textContent;
    expect(median()).toMatch(/^50 %[34]\d\d(\.\d)? µs1\.[12] ms/);
    expect(element.querySelector('.latency-table [aria-selected=true]')!.textContent).toContain('2.9 µs');
    await set('postgres');
    expect(element.querySelector('.compare-verdict')!.textContent).toMatch(/^Unchanged/);
    await set('');
    expect(element.querySelector('.compare-part')).toBeNull();
    await end();
  });

  test('recordings that hold nothing else show them at once, without a failure', async () => {
    const { element, radio, grid, end } = await openLatencies({ sides: 'probed' });
    expect(grid().getAttribute('aria-label')).toBe('Probes');
    expect(radio('Difference')).toBeUndefined();
    expect(element.textContent).not.toContain('holds no samples');
    await end();
  });

  test('none, or none in common: what to do', async () => {
    const none = await openLatencies({});
    await update(() => none.radio('Latencies')!.click());
    expect(none.element.textContent).toContain('Neither recording measured a latency');
    expect(none.element.textContent).toContain('emberscope latency FUNCTION --output FILE');
    await none.end();
    const disjoint = await openLatencies({ sides: 'disjoint' });
    expect(disjoint.element.textContent).toContain('No function was asked the same on both sides');
    expect(disjoint.element.textContent).toContain('Only in B: vfs_fsync (kernel, latency)');
    await disjoint.end();
  });

  test('names stay text', async () => {
    const { element, radio, grid, end } = await openLatencies({ sides: 'both', hostile: true });
    await update(() => radio('Latencies')!.click());
    await pressKey(grid(), 'ArrowDown');
    expect(element.textContent).toContain('<img src=x');
    expect(element.querySelector('img, script')).toBeNull();
    expect(element.textContent).not.toContain('\u202e');
    await end();
  });
});
