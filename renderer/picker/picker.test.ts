// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ProcessSummary } from '../../ipc/contract.ts';
import { joinCommand, splitCommand } from './command-line.ts';
import { CpuHistory, processKey } from './cpu-history.ts';
import { checkFrequency } from './frequency.ts';
import { byCpu, filtered, keepOrder } from './process-order.ts';

function process(tgid: number, name: string, cpu = 0, more: Partial<ProcessSummary> = {}): ProcessSummary {
  return {
    tgid, name, cpu, parentTgid: 1, startTicks: 100 + tgid, commandLine: `${name} --flag`, user: 'ada', uid: 1000, threads: 1,
    container: null, cgroup: '', refusal: null, ...more,
  };
}
const names = (processes: ProcessSummary[]) => processes.map(({ name }) => name).join(' ');

describe('rate', () => {
  test.each(['1', '99', ' 4999 ', '9999'])('%s is one', (text) => expect(checkFrequency(text)).toEqual({ ok: true, hertz: Number(text) }));
  test.each([
    ['0', /at least 1 Hz/],
    ['10000', /at most 9,999 Hz/],
    ['', /from 1 to 9,999/],
    ['-5', /whole number/],
    ['99.5', /whole number/],
    ['1e3', /whole number/],
    ['fast', /whole number/],
  ])('“%s” is none, and says why', (text, why) => {
    const checked = checkFrequency(text);
    expect(checked.ok ? '' : checked.message).toMatch(why);
  });
});

describe('command line', () => {
  test.each([
    ['python3 script.py', ['python3', 'script.py']],
    ['  a \t b\nc ', ['a', 'b', 'c']],
    [`python3 -c 'print("a b")'`, ['python3', '-c', 'print("a b")']],
    [`a "b c" d'e f'g`, ['a', 'b c', 'de fg']],
    [`a "" ''`, ['a', '', '']],
    [`a b\\ c "d\\"e" "f\\n"`, ['a', 'b c', 'd"e', 'f\\n']],
    [`a '\\' "'" '"'`, ['a', '\\', "'", '"']],
    ['a $HOME * | b > c `d`', ['a', '$HOME', '*', '|', 'b', '>', 'c', '`d`']],
  ])('%s', (text, words) => expect(splitCommand(text)).toEqual({ ok: true, words }));

  test.each([
    ['', /Type a command/],
    ['   ', /Type a command/],
    [`a 'b`, /quote \('\)/],
    ['a "b', /quote \("\)/],
    ['a \\', /backslash/],
    [`'' a`, /first word/],
  ])('“%s” says what is wrong', (text, why) => {
    const split = splitCommand(text);
    expect(split.ok ? '' : split.message).toMatch(why);
  });

  test('any words, quoted, come back', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom(...`ab'" \\$\`\n\t*é😀\u0000`), maxLength: 12 }), { maxLength: 6 }), (args) => {
        const words = ['program', ...args];
        const split = splitCommand(joinCommand(words));
        return split.ok && split.words.length === words.length && split.words.every((word, index) => word === words[index]);
      }),
    );
  });
});

describe('order of processes', () => {
  test('busiest first, then by name and number', () => {
    const list = [process(3, 'bash'), process(1, 'bash'), process(9, 'awk'), process(5, 'node', 0.5), process(7, 'gcc', 2)];
    expect(byCpu(list, ({ cpu }) => cpu).map(({ tgid }) => tgid)).toEqual([7, 5, 9, 1, 3]);
  });

  test('kept while somebody moves: new ones come last, gone ones go', () => {
    const before = [process(1, 'a'), process(2, 'b'), process(3, 'c')].map(processKey);
    const now = [process(4, 'new', 9), process(3, 'c', 5), process(1, 'a')];
    expect(names(keepOrder(before, now))).toBe('a c new');
  });

  test('a number given again is another process', () => {
    const before = [processKey(process(1, 'old')), processKey(process(2, 'b'))];
    expect(names(keepOrder(before, [process(1, 'again', 0, { startTicks: 999 }), process(2, 'b')]))).toBe('b again');
  });

  test('every word of the filter must be found somewhere', () => {
    const nginx = process(4121, 'nginx', 0, { container: 'docker', user: 'www-data' });
    for (const filter of ['nginx', 'NGINX dock', '412', 'www flag', '']) expect(filtered([nginx], filter), filter).toEqual([nginx]);
    for (const filter of ['nginx podman', 'apache']) expect(filtered([nginx], filter), filter).toEqual([]);
  });

  test('the whole number or name comes before parts of them', () => {
    const list = [process(1234, 'watch', 0, { commandLine: 'watch ps 23 python3' }), process(7, 'python3-config'), process(23, 'sh'), process(8, 'python3')];
    expect(names([...filtered(list, '23')])).toBe('sh watch');
    expect(names([...filtered(list, 'Python3 ')])).toBe('python3 watch python3-config');
  });

  test('the history is of living processes and bounded', () => {
    const history = new CpuHistory();
    for (let update = 0; update < 40; update++) history.add([process(1, 'a', update), ...(update < 10 ? [process(2, 'b', 1)] : [])]);
    expect(history.values(process(1, 'a'))).toHaveLength(24);
    expect(history.values(process(1, 'a')).at(-1)).toBe(39);
    expect(history.mean(process(1, 'a'))).toBe(37.5);
    expect(history.values(process(2, 'b'))).toEqual([]);
  });
});
