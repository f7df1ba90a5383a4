// SPDX-License-Identifier: Apache-2.0
/** The addon's surface (build/native/emberscope.node). All work runs off the main thread. */

export interface OpenedObject {
  /** Pass to `symbolize` and `closeObject`. */
  handle: number;
  /** Hexadecimal, empty: none. */
  buildId: string;
  symbols: number;
  /** Where the symbols came from. */
  source: 'symtab' | 'dynsym' | 'debug-file' | 'none';
  /** Path of the separate debug file used, or empty. */
  debugFile: string;
  bytes: number;
}

export interface SymbolBatch {
  /** Per asked offset: index into `names`, -1: no name. */
  name: Int32Array;
  /** Demangled, without parameters. */
  names: string[];
  /** Per asked offset: bytes from the start of the function. */
  distance: Float64Array;
}

export interface UnwindRows {
  /** struct unwind_row of bpf/records.h, 8 bytes each, ascending. */
  rows: Uint8Array;
  /** Hexadecimal, empty: none. */
  buildId: string;
  /** Functions (FDEs) that were read. */
  functions: number;
  /** FDEs that could not be used. */
  refused: number;
  /** Rows without a rule that stand for code with an FDE. */
  unknown: number;
}

export interface Addon {
  /**
   * Opens an ELF object's symbols: .symtab, else a separate debug file (build id, then .gnu_debuglink,
   * under `debugFolders`), and .dynsym.
   * @param expectedBuildId hexadecimal; a file with another one is refused. Empty: any.
   * @throws Error with `code` 'ENOENT', 'EACCES', 'ENOTELF', 'EBUILDID', 'EMALFORMED', 'EIO' and a sentence.
   */
  openObject(path: string, expectedBuildId: string, debugFolders: string[]): Promise<OpenedObject>;
  /** The same for an object held in memory (the vdso). */
  openImage(image: Uint8Array, expectedBuildId: string): Promise<OpenedObject>;
  /** File offsets, already look-up ready (return addresses less one), to names. */
  symbolize(handle: number, fileOffsets: Float64Array): Promise<SymbolBatch>;
  /** The unwind rows of an object's .eh_frame; none where it has no such section. Errors as of `openObject`. */
  compileUnwindRows(path: string, expectedBuildId: string): Promise<UnwindRows>;
  /** The same for an object held in memory. */
  compileUnwindRowsOfImage(image: Uint8Array, expectedBuildId: string): Promise<UnwindRows>;
  closeObject(handle: number): void;
  /** One mangled name (Itanium C++, Rust v0 and legacy); returned as it was if it is not mangled. */
  demangle(name: string): string;
}
