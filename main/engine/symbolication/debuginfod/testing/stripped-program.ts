// SPDX-License-Identifier: Apache-2.0
/** A program without symbols, and its debug file, for tests. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface StrippedProgram {
  path: string;
  buildId: string;
  debugFile: Uint8Array;
  /** Of `hidden_work`: bytes in the file. */
  offset: number;
}

/** @param options for strip: "--strip-debug" leaves the symbols */
export function strippedProgram(folder: string, name: string, ...options: string[]): StrippedProgram {
  const path = join(folder, name);
  const run = (program: string, ...args: string[]): string => execFileSync(program, args, { encoding: 'utf8' });
  const source = `int hidden_work(void) { return ${name.length}; } const char *name = "${name}"; int main(void) { return hidden_work(); }`;
  execFileSync('gcc', ['-O0', '-g', '-Wl,--build-id', '-o', path, '-x', 'c', '-'], { input: source });
  const buildId = /Build ID: (\w+)/.exec(run('readelf', '-n', path))![1]!;
  const value = parseInt(/^(\w+) T hidden_work$/m.exec(run('nm', path))![1]!, 16);
  const [, fileOffset, address] = /LOAD\s+0x(\w+)\s+0x(\w+)\s.*R E/.exec(run('readelf', '-lW', path))!;
  run('objcopy', '--only-keep-debug', path, `${path}.debug`);
  run('strip', ...options, path);
  return { path, buildId, debugFile: readFileSync(`${path}.debug`), offset: value - parseInt(address!, 16) + parseInt(fileOffset!, 16) };
}
