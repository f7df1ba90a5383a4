// SPDX-License-Identifier: Apache-2.0
/** Functions, inlined functions and lines of addresses, by us, by llvm-symbolizer and by addr2line. */
import { spawnSync } from 'node:child_process';
import type { Addon, OpenedObject } from '../../native/addon/addon.d.ts';

export interface Place {
  /** Demangled without parameters; empty: not known. */
  name: string;
  /** Without folders; empty: not known. */
  file: string;
  /** 0: not known. */
  line: number;
}

/** The function whose code it is, then each that is inlined into the one before; empty: nothing is known. */
export type Chain = readonly Place[];

const base = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** What a frame shows: of the function itself the symbol's name, where there is one. */
export async function ourChains(addon: Addon, { handle, debugInfo }: OpenedObject, offsets: Float64Array): Promise<Chain[]> {
  const symbols = await addon.symbolize(handle, offsets);
  const symbolOf = (i: number): string => symbols.names[symbols.name[i]!] ?? '';
  if (debugInfo === 'none') return [...offsets].map((_, i) => (symbolOf(i) ? [{ name: symbolOf(i), file: '', line: 0 }] : []));
  const places = await addon.locate(handle, offsets);
  return [...offsets].map((_, i) => {
    const rows = Array.from({ length: places.first[i + 1]! - places.first[i]! }, (_, row) => places.first[i]! + row);
    const chain = rows.map((row) => ({
      name: places.names[places.name[row]!] ?? '',
      file: base(places.files[places.file[row]!] ?? ''),
      line: places.line[row]!,
    }));
    const symbol = symbolOf(i);
    if (symbol === '') return chain;
    return chain.length > 0 ? [{ ...chain[0]!, name: symbol }, ...chain.slice(1)] : [{ name: symbol, file: '', line: 0 }];
  });
}

export interface Symbolizer {
  name: string;
  version: string;
  chains(object: string, addresses: readonly number[]): Chain[];
}

function run(command: string, args: string[], input: string): string {
  const { stdout, status, stderr } = spawnSync(command, args, { input, encoding: 'utf8', maxBuffer: 1 << 30 });
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr}`);
  return stdout;
}

const hex = (addresses: readonly number[]): string => addresses.map((address) => `0x${address.toString(16)}\n`).join('');

/** Of "--output-style=JSON": innermost first. */
interface LlvmSymbol {
  FunctionName: string;
  FileName: string;
  Line: number;
}

/** Names and files that mean "not known" are empty. */
function place(demangle: (name: string) => string, name: string, file: string, line: number): Place {
  return { name: name === '??' ? '' : demangle(name), file: file === '??' ? '' : base(file), line };
}

const isKnown = ({ name, file, line }: Place): boolean => name !== '' || file !== '' || line !== 0;

export function llvmChains(output: string, demangle: (name: string) => string): Chain[] {
  return output
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const { Symbol: symbols = [] } = JSON.parse(line) as { Symbol?: LlvmSymbol[] };
      return symbols.map(({ FunctionName, FileName, Line }) => place(demangle, FunctionName, FileName, Line)).reverse().filter(isKnown);
    });
}

/** Of `addr2line -a -i -f`: an address, then pairs of lines, a function and its "file:line", innermost first. */
export function addr2lineChains(output: string, demangle: (name: string) => string): Chain[] {
  const chains: Place[][] = [];
  const lines = output.split('\n');
  for (let at = 0; at < lines.length; ) {
    if (/^0x[0-9a-f]{16}$/.test(lines[at]!)) {
      chains.push([]);
      at++;
      continue;
    }
    const [, file = '', line = ''] = /^(.*):(\d+|\?)(?: \(discriminator \d+\))?$/.exec(lines[at + 1] ?? '') ?? [];
    if (lines[at] !== '') chains.at(-1)?.unshift(place(demangle, lines[at]!, file, Number(line) || 0));
    at += 2;
  }
  return chains.map((chain) => chain.filter(isKnown));
}

/** Those that are installed. */
export function symbolizers(demangle: (name: string) => string): Symbolizer[] {
  const all: Symbolizer[] = [
    {
      name: 'llvm-symbolizer',
      version: '',
      chains: (object, addresses) =>
        llvmChains(run('llvm-symbolizer', [`--obj=${object}`, '--functions=linkage', '--no-demangle', '--inlines', '--output-style=JSON'], hex(addresses)), demangle),
    },
    {
      name: 'addr2line',
      version: '',
      chains: (object, addresses) => addr2lineChains(run('addr2line', ['-a', '-i', '-f', '-e', object], hex(addresses)), demangle),
    },
  ];
  return all.flatMap((tool) => {
    const { stdout, status } = spawnSync(tool.name, ['--version'], { encoding: 'utf8' });
    return status === 0 ? [{ ...tool, version: /\d+\.\d+[\d.]*/.exec(stdout)?.[0] ?? '' }] : [];
  });
}
