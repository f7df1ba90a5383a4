// SPDX-License-Identifier: Apache-2.0
/** Whether a file holds an interpreter whose stacks can be walked (bpf/python.bpf.h), and where that is to begin. */
import { open, type FileHandle } from 'node:fs/promises';
import type { FoundSymbol } from '../../../native/addon/addon.d.ts';
import { baseName } from '../../../profile/names.ts';
import { loadAddon } from './addon.ts';

export interface PythonInterpreter {
  version: 311 | 312 | 313;
  /** Bytes: a mapping's start, less its file offset, and this is the address of _PyRuntime. */
  runtime: bigint;
}

/** Not debug builds ("python3.11d"), nor those without the GIL ("python3.13t"). */
const NAME = /^(python(3(\.1[123])?)?|libpython3\.1[123]\.so[.\d]*)$/;
const VERSIONS: ReadonlyMap<bigint, PythonInterpreter['version']> = new Map([
  [0x030bn, 311],
  [0x030cn, 312],
  [0x030dn, 313],
]);

/** By build id; null: it holds none. */
const known = new Map<string, PythonInterpreter | null>();
const MAX_KNOWN = 256;

/**
 * Of the first of the files that can be read.
 * @param path of the module, as its process sees it
 * @param buildId hexadecimal; empty: not known
 */
export async function pythonInterpreter(candidates: readonly string[], path: string, buildId: string): Promise<PythonInterpreter | null> {
  if (!NAME.test(baseName(path.replace(/ \(deleted\)$/, '')))) return null;
  const kept = buildId === '' ? undefined : known.get(buildId);
  if (kept !== undefined) return kept;
  for (const candidate of candidates) {
    const found = await ofFile(candidate, buildId).catch(() => undefined);
    if (found === undefined) continue;
    if (buildId !== '' && known.size < MAX_KNOWN) known.set(buildId, found);
    return found;
  }
  return null;
}

/** @throws Error as the addon and the file system do. */
async function ofFile(path: string, buildId: string): Promise<PythonInterpreter | null> {
  const [runtime, evaluate, version] = await loadAddon().findSymbols(path, buildId, ['_PyRuntime', '_PyEval_EvalFrameDefault', 'Py_Version']);
  if (!runtime || evaluate?.fileOffset == null || !version) return null;
  const file = await open(path, 'r');
  try {
    const number = VERSIONS.get((await wordsAt(file, version, 1))[0]! >> 16n);
    if (number === undefined || (number === 313 && !(await hasKnownLayout(file, runtime)))) return null;
    // What is mapped of code is asked about, so the distance of code from its place in the file counts.
    return { version: number, runtime: runtime.address - (evaluate.address - evaluate.fileOffset) };
  } finally {
    await file.close();
  }
}

/** The first u64s of a symbol. @throws Error where it has fewer, or no bytes in the file. */
async function wordsAt(file: FileHandle, { fileOffset, size }: FoundSymbol, count: number): Promise<BigUint64Array> {
  if (fileOffset === null || size < BigInt(count * 8)) throw new Error('the symbol has no value');
  const words = new BigUint64Array(count);
  const { bytesRead } = await file.read(words, 0, count * 8, Number(fileOffset));
  if (bytesRead < count * 8) throw new Error('the file ends before the symbol does');
  return words;
}

/**
 * 3.13 says itself where it keeps what a walk needs: _Py_DebugOffsets, at the beginning of _PyRuntime. Each [word,
 * value] here is of bpf/python_layout.h.
 */
const LAYOUT_313: readonly (readonly [word: number, value: bigint])[] = [
  [0, 0x7970_6775_6265_6478n], // "xdebugpy"
  [2, 0n], // free_threaded
  [5, 632n], // runtime_state.interpreters_head, before main
  [9, 7344n], // interpreter_state.threads_head
  [21, 8n], // thread_state: next, current_frame, native_thread_id
  [23, 72n],
  [25, 160n],
  [29, 8n], // interpreter_frame: previous, executable, instr_ptr, owner
  [30, 0n],
  [31, 56n],
  [33, 70n],
  [35, 112n], // code_object: filename, qualname, linetable, firstlineno, co_code_adaptive
  [37, 128n],
  [38, 136n],
  [39, 68n],
  [43, 200n],
];

async function hasKnownLayout(file: FileHandle, runtime: FoundSymbol): Promise<boolean> {
  const words = await wordsAt(file, runtime, 64);
  return LAYOUT_313.every(([word, value]) => words[word] === value);
}
