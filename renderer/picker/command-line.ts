// SPDX-License-Identifier: Apache-2.0
/** Splits a typed command line into words, as a shell does, without running one: nothing is expanded. */
export type SplitCommand = { ok: true; words: string[] } | { ok: false; message: string };

/** A line that is split into these words again. */
export function joinCommand(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}

/** Single quotes keep everything; within double quotes a backslash keeps `"`, `\`, `$` and a backquote. */
export function splitCommand(text: string): SplitCommand {
  const words: string[] = [];
  let word: string | null = null;
  let quote: "'" | '"' | null = null;
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    if (quote === "'") {
      if (character === "'") quote = null;
      else word += character;
    } else if (character === '\\') {
      const next = text[index + 1];
      if (next === undefined) return { ok: false, message: 'The command ends with a backslash: type what it stands before.' };
      index++;
      word = (word ?? '') + (quote === '"' && !'"\\$`'.includes(next) ? `\\${next}` : next);
    } else if (quote === '"') {
      if (character === '"') quote = null;
      else word += character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== null) words.push(word);
      word = null;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (quote !== null) return { ok: false, message: `A quote (${quote}) is opened and not closed.` };
  if (word !== null) words.push(word);
  if (words.length === 0) return { ok: false, message: 'Type a command, like: python3 script.py' };
  if (words[0] === '') return { ok: false, message: 'The first word names the program, and here it is empty.' };
  return { ok: true, words };
}
