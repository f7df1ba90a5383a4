// SPDX-License-Identifier: Apache-2.0
/** What a search of compared functions finds, the same in the picture and in the table. */
import { compilePattern } from '../pattern.ts';

export type FunctionSearch = (name: string, module: string) => boolean;

/** All words are in name or module, or the name matches the query as a pattern; upper and lower case are the same. null: nothing is asked. */
export function functionSearch(query: string): FunctionSearch | null {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return null;
  const compiled = compilePattern(query.trim(), true);
  const pattern = 'error' in compiled ? null : compiled;
  return (name, module) => {
    const [lowerName, lowerModule] = [name.toLowerCase(), module.toLowerCase()];
    return words.every((word) => lowerName.includes(word) || lowerModule.includes(word)) || pattern?.test(name) === true;
  };
}
