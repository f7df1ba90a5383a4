// SPDX-License-Identifier: Apache-2.0
/** The addon's surface (build/native/emberscope.node). All work runs off the main thread. */

export interface OpenedObject {
  /** Pass to `symbolize` and `closeObject`. */
  handle: number;
  /** Hexadecimal, empty: none. */
  buildId: string;
  symbols: number;
  /** Where the symbols came from. */
  source: 'symtab' | 'dynsym' | 'debug-file' | 'gnu-debugdata' | 'none';
  /** Where source lines and inlined functions are; nothing of it is read yet. */
  debugInfo: 'own' | 'debug-file' | 'none';
  /** Path of the separate debug file used for either, or empty. */
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

/** Functions and source places of code, those inlined into one another each as a row of its own. */
export interface Places {
  /** Entry i of the asked offsets has the rows first[i] to first[i + 1]: none where nothing is known. */
  first: Uint32Array;
  /**
   * Row: index into `names`. The function whose code it is comes first, then each that is inlined into the one before.
   * -1: not known; the name of the symbol table then holds.
   */
  name: Int32Array;
  /** Row: index into `files`, -1: not known. */
  file: Int32Array;
  /** Row: the line in that function: of the call of the next row, or for the last row of the code. 0: not known. */
  line: Uint32Array;
  /** Row: where the function is declared, as `file` and `line`. */
  declaredFile: Int32Array;
  declaredLine: Uint32Array;
  /** Demangled, without parameters. */
  names: string[];
  /** Paths, absolute where the compiler said in which folder it ran, without "." and "..". */
  files: string[];
}

/** A symbol of any type. */
export interface FoundSymbol {
  address: bigint;
  size: bigint;
  /** null: it has no bytes in the file. */
  fileOffset: bigint | null;
}

export interface Addon {
  /**
   * Opens an ELF object's symbols: .symtab, else a separate debug file (build id, then .gnu_debuglink,
   * under `debugFolders`), else .gnu_debugdata, and .dynsym.
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
  /** The defined symbols of these names, of .dynsym or .symtab; null: there is none. Errors as of `openObject`. */
  findSymbols(path: string, expectedBuildId: string, names: string[]): Promise<(FoundSymbol | null)[]>;
  /**
   * Source lines and inlined functions of file offsets, as for `symbolize`, from DWARF: the object's own or its debug
   * file's, split (.dwo, .dwp), shared (DWZ) or compressed. The first question of an object takes seconds for a large
   * one; many offsets at once are cheaper than one after the other.
   * @throws Error with `code` 'EMALFORMED' or 'EIO' and a sentence, also where it is too large (1.5 GiB uncompressed)
   */
  locate(handle: number, fileOffsets: Float64Array): Promise<Places>;
  /** Frees debug information kept for more questions, of all objects. What was asked for before stays quick. */
  forgetDebugInfo(): void;
  closeObject(handle: number): void;
  /** One mangled name (Itanium C++, Rust v0 and legacy); returned as it was if it is not mangled. */
  demangle(name: string): string;
}
