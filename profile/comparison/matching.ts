// SPDX-License-Identifier: Apache-2.0
/**
 * By what a function is recognised in another recording: its name without what a compiler numbers anew, and its module's
 * name without the version. Neither address nor build id counts, since a rebuild changes both.
 */
import { baseName } from '../names.ts';

type Folding = readonly [found: RegExp, instead: string];

/** In this order. What is left of a name is what its source says. */
const FOLDINGS: readonly Folding[] = [
  // GCC's and LLVM's copies and parts of a function, mangled or as demanglers write them.
  [/ \[clone \.[^\]]*\]/g, ''],
  [/ \(\.[a-z_]+(?:\.[\w$.]+)?\)$/, ''],
  [/(?:\.(?:constprop|isra|part|cold|llvm|lto_priv|localalias|clone|ipa_ra|specialized|unlikely|hot|exit)(?:\.\d+)*|\.__uniq\.\d+)+$/g, ''],
  [/\._omp_fn\.\d+$/, '._omp_fn'],
  [/\.omp_outlined(?:_debug__)?(?:\.\d+)?$/, '.omp_outlined'],
  // Rust: the hash of the legacy mangling, the crate's of v0, and closures by their number.
  [/::h[0-9a-f]{16}(?=$|::)/g, ''],
  [/\[[0-9a-f]{8,16}\](?=::|$|[>,; )])/g, ''],
  [/\{\{?(closure|impl|shim|constant|vtable\.shim)(?:#\d+)?\}?\}/g, '{$1}'],
  // Anonymous namespaces: GCC's, LLVM's, and GCC's with the file's hash.
  [/\{anonymous\}|`anonymous namespace'|_GLOBAL__N_(?:_?[0-9a-f]{8}_[\w.]*|1)/g, '(anonymous namespace)'],
  // Lambdas and types without a name by their number.
  [/\{(lambda\([^{}]*\)|unnamed type)#\d+\}/g, '{$1}'],
  [/'(lambda|unnamed|block-literal)\d*'/g, "'$1'"],
  [/\$_\d+/g, '$_'],
  // Go's closures, and where V8 says how far a function is compiled and where it stands.
  [/(\.func)\d+(?:\.\d+)*$/, '$1'],
  [/^(JS|LazyCompile|Function|Script|Eval|RegExp|Builtin):[*~^+'"]*/, '$1:'],
  [/(\.[cm]?[jt]sx?):\d+(?::\d+)?$/, '$1'],
];

/** Names without any of these are as they are: most are looked at but once. */
const MAY_FOLD = /[.$#{'`:[]|_GLOBAL__N_/;

/** "parse_line.constprop.0" -> "parse_line". A name of which nothing would be left stays. */
export function matchedName(name: string): string {
  if (!MAY_FOLD.test(name)) return name;
  let folded = name;
  for (const [found, instead] of FOLDINGS) folded = folded.replace(found, instead);
  return folded === '' ? name : folded;
}

/** "libc-2.36.so", "libc.so.6" -> "libc.so"; whatever is no shared library keeps its name. */
export function matchedModule(path: string): string {
  const name = baseName(path.replace(/ \(deleted\)$/, ''));
  const library = /^(.+?)(?:-\d+(?:\.\d+)*)?\.so(?:\.[\w.+~-]+)?$/.exec(name);
  // Code made at run time: "perf-4121.map" is another number in every process.
  return library ? `${library[1]!}.so` : name.replace(/^((?:perf|jitted)-)\d+(?:-\d+)?(\.map|\.so|\.dump)$/, '$1*$2');
}
