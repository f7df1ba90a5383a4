// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { matchedModule, matchedName } from './matching.ts';

test.each([
  ['parse_line', 'parse_line'],
  ['parse_line.constprop.0', 'parse_line'],
  ['parse_line.isra.1', 'parse_line'],
  ['parse_line.part.2.cold', 'parse_line'],
  ['parse_line.constprop.0.isra.0', 'parse_line'],
  ['parse_line.llvm.1234567890123456789', 'parse_line'],
  ['parse_line.lto_priv.3', 'parse_line'],
  ['count(std::string const&) [clone .constprop.0] [clone .cold]', 'count(std::string const&)'],
  ['count(int) (.cold)', 'count(int)'],
  ['work._omp_fn.12', 'work._omp_fn'],
  ['.omp_outlined.7', '.omp_outlined'],
  ['core::iter::map::h0123456789abcdef', 'core::iter::map'],
  ['<alloc::vec::Vec<T> as core::ops::Drop>::drop::hfedcba9876543210', '<alloc::vec::Vec<T> as core::ops::Drop>::drop'],
  ['std[8f2ab1c2d3e4f506]::rt::lang_start::<()>::{closure#0}', 'std::rt::lang_start::<()>::{closure}'],
  ['std::rt::lang_start::{{closure}}', 'std::rt::lang_start::{closure}'],
  ['app[00112233aabbccdd]::run', 'app::run'],
  ['_GLOBAL__N_1::helper', '(anonymous namespace)::helper'],
  ['{anonymous}::helper(int)', '(anonymous namespace)::helper(int)'],
  ['(anonymous namespace)::helper(int)', '(anonymous namespace)::helper(int)'],
  ['sort(int*)::{lambda(int, int)#2}::operator()(int, int) const', 'sort(int*)::{lambda(int, int)}::operator()(int, int) const'],
  ["main::'lambda0'(int)::operator()(int) const", "main::'lambda'(int)::operator()(int) const"],
  ["main::$_3::operator()() const", "main::$_::operator()() const"],
  ['main.(*Server).serve.func2.1', 'main.(*Server).serve.func'],
  ['JS:*render /app/page.js:12:5', 'JS:render /app/page.js'],
  ['LazyCompile:~render page.mjs:3', 'LazyCompile:render page.mjs'],
  // What looks like it and is not.
  ['operator[](unsigned long)', 'operator[](unsigned long)'],
  ['std::array<int, 3>::operator[]', 'std::array<int, 3>::operator[]'],
  ['hot', 'hot'],
  ['.cold', '.cold'],
  ['cold_path', 'cold_path'],
  ['', ''],
])('%s is %s', (name, matched) => {
  expect(matchedName(name)).toBe(matched);
});

test.each([
  ['/lib/x86_64-linux-gnu/libc-2.36.so', 'libc.so'],
  ['/lib/x86_64-linux-gnu/libc.so.6', 'libc.so'],
  ['/usr/lib/libfoo.so.1.2.3', 'libfoo.so'],
  ['/usr/lib/libfoo.so.1.2.3 (deleted)', 'libfoo.so'],
  ['/usr/lib/libstdc++.so.6.0.30', 'libstdc++.so'],
  ['/usr/lib/python3/_json.cpython-311-x86_64-linux-gnu.so', '_json.cpython-311-x86_64-linux-gnu.so'],
  ['/usr/bin/python3.11', 'python3.11'],
  ['/opt/app/server-1.2', 'server-1.2'],
  ['/tmp/perf-4121.map', 'perf-*.map'],
  ['[kernel]', '[kernel]'],
  ['', ''],
])('module %s is %s', (path, matched) => {
  expect(matchedModule(path)).toBe(matched);
});
