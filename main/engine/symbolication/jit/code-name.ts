// SPDX-License-Identifier: Apache-2.0
/** What runtimes write about their code, as a function's name and the place where it is defined. */

/** What a file says of an address. */
export interface ToldCode {
  /** As it stands in the file; not empty. */
  name: string;
  /** Of this very address; empty and 0: not told. */
  file: string;
  line: number;
}

export interface CodeName {
  /** Never empty. */
  name: string;
  /** Empty: not known. */
  file: string;
  /** Of the definition; 0: not known. */
  line: number;
}

/** V8: what it is, and which of its compilers made it: ~ interpreter, ^ baseline, + Maglev, * TurboFan. Those are no
 * part of the name, since a function is the same in all of them. */
const V8 = /^(?:JS|Function|Script|Eval|LazyCompile):(?:[~^+*]'?)?(.*)$/s;
/** The file of a V8 name begins behind a blank with a slash or a scheme, else (a relative path) behind the last blank. */
const V8_FILE = / (?=\/|[a-z][a-z0-9+.-]*:)/i;
/** CPython (-X perf): py::qualified.name:file */
const PYTHON = /^py::(.+?):(.*)$/s;
/** The JDK: "long Busy.inner(int)". The method has its class before it, other names of the code cache have not. */
const JAVA = /^[\w$.[\]/-]+ ((?:[\w$/-]+[.+])+[\w$<>-]+)\([\w$., [\]/-]*\)$/;
/** The JDK names hidden classes, like those of lambdas, by an address that is another one each time. */
const HIDDEN_CLASS = /[/+]0x[0-9a-f]+(?=\.)/g;
/** .NET says which of its compilers made it behind the name. */
const DOTNET_TIER = /\[(?:PreJIT|ReadyToRun|MinOptJitted|QuickJitted|Optimized|(?:Quick|Optimized|Instrumented)?Tier-?\d\w*)\]$/;

/** @param text as the file has it; not empty */
export function codeName(text: string): CodeName {
  const v8 = V8.exec(text);
  if (v8) return v8Name(text, v8[1]!);
  const python = PYTHON.exec(text);
  if (python) return { name: python[1]!, file: python[2]!, line: 0 };
  const java = JAVA.exec(text);
  if (java) return { name: java[1]!.replace(HIDDEN_CLASS, ''), file: '', line: 0 };
  return { name: text.replace(DOTNET_TIER, '') || text, file: '', line: 0 };
}

export function isV8Name(text: string): boolean {
  return V8.test(text);
}

function v8Name(text: string, rest: string): CodeName {
  const column = rest.lastIndexOf(':');
  const at = rest.lastIndexOf(':', column - 1);
  const digits = rest.slice(at + 1, column);
  const place = rest.slice(0, Math.max(0, at));
  const split = V8_FILE.exec(place)?.index ?? place.lastIndexOf(' ');
  if (split < 0 || !/^\d{1,9}$/.test(digits) || !/^\d+$/.test(rest.slice(column + 1))) return { name: rest.trim() || text, file: '', line: 0 };
  const file = filePath(place.slice(split + 1));
  const line = Number(digits);
  const name = place.slice(0, split).trim();
  return { name: name || `(anonymous) ${file.slice(file.lastIndexOf('/') + 1)}:${line}`, file, line };
}

/** "file:///a%20b.mjs" is /a b.mjs; every other scheme ("node:fs") stays. */
function filePath(file: string): string {
  if (!file.startsWith('file:///')) return file;
  try {
    return decodeURIComponent(file.slice('file://'.length));
  } catch {
    return file;
  }
}
