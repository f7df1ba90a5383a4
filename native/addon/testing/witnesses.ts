// SPDX-License-Identifier: Apache-2.0
/** What other tools say of an address: functions and places, the outermost first. */
import { posix } from 'node:path';
import type { Places } from '../addon.d.ts';
import { run } from './programs.ts';

export interface Place {
  /** Empty: not known. */
  name: string;
  file: string;
  line: number;
}

export type Chain = Place[];

const plain = (file: string) => (/^\?*$/.test(file) ? '' : posix.normalize(file));

/** llvm-symbolizer's answers. Names are mangled; the outermost is that of the symbol table. */
export function llvmChains(path: string, addresses: readonly number[]): Chain[] {
  const input = addresses.map((address) => `0x${address.toString(16)}\n`).join('');
  const options = ['--inlines', '--no-demangle', '--output-style=JSON', `--obj=${path}`];
  const lines = run('llvm-symbolizer', options, input).split('\n').filter(Boolean);
  return lines.map((line) => {
    const { Symbol: symbols = [] } = JSON.parse(line) as { Symbol?: { FileName: string; FunctionName: string; Line: number }[] };
    const chain = symbols.map(({ FileName, FunctionName, Line }) => ({ name: FunctionName.replace(/^\?\?$/, ''), file: plain(FileName), line: Line }));
    return chain.reverse().filter(({ name, file }) => name !== '' || file !== '');
  });
}

/** addr2line's answers, of binutils. Names are mangled, and all from DWARF where there is any. */
export function binutilsChains(path: string, addresses: readonly number[]): Chain[] {
  const input = addresses.map((address) => `0x${address.toString(16)}\n`).join('');
  const chains: Chain[] = [];
  const lines = run('addr2line', ['-a', '-i', '-f', '-e', path], input).split('\n').filter(Boolean);
  for (let i = 0; i < lines.length; ) {
    if (/^0x[0-9a-f]{16}$/.test(lines[i]!)) {
      chains.push([]);
      i++;
      continue;
    }
    const place = /^(.*):(\d+|\?)(?: \(discriminator \d+\))?$/.exec(lines[i + 1]!)!;
    const name = lines[i] === '??' ? '' : lines[i]!;
    chains.at(-1)!.unshift({ name, file: plain(place[1]!), line: place[2] === '?' ? 0 : Number(place[2]) });
    i += 2;
  }
  return chains.map((chain) => chain.filter(({ name, file }) => name !== '' || file !== ''));
}

/** The addon's answers in the same form; names are demangled. */
export function chainsOf(places: Places): Chain[] {
  return Array.from({ length: places.first.length - 1 }, (_, i) => {
    const chain: Chain = [];
    for (let row = places.first[i]!; row < places.first[i + 1]!; row++) {
      chain.push({ name: places.names[places.name[row]!] ?? '', file: places.files[places.file[row]!] ?? '', line: places.line[row]! });
    }
    return chain;
  });
}
