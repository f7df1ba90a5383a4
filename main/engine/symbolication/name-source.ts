// SPDX-License-Identifier: Apache-2.0
/** Where names came from, in words: "its symbol table, 5,102 functions". */
import type { NameSource } from './module-symbols.ts';

const numbers = new Intl.NumberFormat('en-US');

/** Empty where there is nothing to say. */
export function nameSourceWords(source: NameSource | null): string {
  if (source === null) return '';
  const place = placeOf(source);
  if (place === '') return '';
  return source.symbols > 0 ? `${place}, ${numbers.format(source.symbols)} functions` : place;
}

function placeOf({ source, debugFile }: NameSource): string {
  switch (source) {
    case 'symtab':
      return 'its symbol table';
    case 'dynsym':
      return 'what it exports (it is stripped)';
    case 'debug-file':
      return debugFile === '' ? 'a debug file' : debugFile;
    case 'kallsyms':
      return 'the kernel’s own table (kallsyms)';
    case 'none':
      return '';
    default:
      return source;
  }
}
