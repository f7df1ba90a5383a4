// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { parsePerfScript, type PerfSample } from './perf-script.ts';

async function parse(text: string): Promise<PerfSample[]> {
  async function* lines(): AsyncGenerator<string> {
    yield* text.split('\n');
  }
  const samples: PerfSample[] = [];
  for await (const sample of parsePerfScript(lines())) samples.push(sample);
  return samples;
}

test('frames with and without names, of files, of the kernel and of nothing', async () => {
  const samples = await parse(`24277 
\t           bec64 sqlite3_str_vappendf (/usr/lib/libsqlite3.so.0.8.6)
\t           9578a [unknown] (/usr/lib/libsqlite3.so.0.8.6)

   12 
\tffffffff81000000 do_syscall_64 ([kernel.kallsyms])
\t    7f0000001234 [unknown] ([unknown])
`);
  expect(samples).toEqual([
    {
      tid: 24277,
      frames: [
        { address: 0xbec64, symbol: 'sqlite3_str_vappendf', object: '/usr/lib/libsqlite3.so.0.8.6' },
        { address: 0x9578a, symbol: '', object: '/usr/lib/libsqlite3.so.0.8.6' },
      ],
    },
    {
      tid: 12,
      frames: [
        { address: 0xffffffff81000000, symbol: 'do_syscall_64', object: '[kernel.kallsyms]' },
        { address: 0x7f0000001234, symbol: '', object: '[unknown]' },
      ],
    },
  ]);
});

test('names and paths with spaces and parentheses', async () => {
  const [sample] = await parse('1 \n\t 10 operator()(int, char (*)[4]) const (/opt/a (b)/lib.so (deleted))\n');
  expect(sample!.frames).toEqual([{ address: 16, symbol: 'operator()(int, char (*)[4]) const', object: '/opt/a (b)/lib.so (deleted)' }]);
});

test('a sample without frames, and one that the end of the output cuts', async () => {
  expect(await parse('7 \n\n8 \n\t 1 a (/b)')).toEqual([
    { tid: 7, frames: [] },
    { tid: 8, frames: [{ address: 1, symbol: 'a', object: '/b' }] },
  ]);
  expect(await parse('')).toEqual([]);
});

test('anything else is refused', async () => {
  await expect(parse('perf: file has no samples')).rejects.toThrow('perf: file has no samples');
});
