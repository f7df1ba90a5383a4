/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symbol names for people: C++ (Itanium ABI), Rust v0 and Rust's older scheme (its hash removed), without
 * parameters and return types, with template arguments. Done by GCC's libiberty, because it hands out its
 * output piece by piece: LLVM's demangler has no bound, and a 322-byte name from a hostile file ends the process.
 */
#ifndef EMBERSCOPE_DEMANGLE_H
#define EMBERSCOPE_DEMANGLE_H

#include <string>

namespace emberscope {

/** Names longer than this, mangled or not, stay as they are in the file. */
constexpr size_t kMaxDemangled = 65536;

/** Returns `mangled`, less its symbol version ("@GLIBC_2.2.5"), where it is not mangled. Never throws but bad_alloc. */
std::string demangle(std::string mangled);

}  // namespace emberscope

#endif
