// SPDX-License-Identifier: Apache-2.0
/** Where names and source lines came from, in words: "its symbol table, 5,102 functions, with source lines". */
import type { NameSource } from './module-symbols.ts';

const numbers = new Intl.NumberFormat('en-US');

/** Empty where there is nothing to say. */
export function nameSourceWords(source: NameSource | null): string {
  if (source === null) return '';
  const place = placeOf(source);
  if (place === '') return '';
  return `${place}${source.symbols > 0 ? `, ${numbers.format(source.symbols)} functions` : ''}${lineWords(source)}`;
}

function lineWords({ source, lines, debugFile }: NameSource): string {
  if (lines === undefined) return '';
  return lines === 'debug-file' && source !== 'debug-file' ? `; source lines from ${debugFile}` : ', with source lines';
}

function placeOf({ source, debugFile }: NameSource): string {
  switch (source) {
    case 'symtab':
      return 'its symbol table';
    case 'dynsym':
      return 'what it exports (it is stripped)';
    case 'debug-file':
      return debugFile === '' ? 'a debug file' : debugFile;
    case 'gnu-debugdata':
      return 'a compressed symbol table in it (.gnu_debugdata)';
    case 'kallsyms':
      return 'the kernel’s own table (kallsyms)';
    case 'none':
      return '';
    default:
      return source;
  }
}
