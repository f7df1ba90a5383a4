/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed bytes of files that nobody vouches for: what comes out has a size that was said before. */
#ifndef EMBERSCOPE_INFLATE_H
#define EMBERSCOPE_INFLATE_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace emberscope {

enum class Compression { kZlib, kZstd };

/** Whether `length` bytes can stand for as many as `claimed`; to be asked before so many are allocated. */
bool may_inflate_to(Compression kind, uint64_t length, uint64_t claimed);

/** Fills `into` exactly. False: damaged, or it gives more or fewer bytes. */
bool inflate(Compression kind, const uint8_t* bytes, size_t length, uint8_t* into, size_t size);

/** An .xz file. False: damaged, or more than `limit` bytes come out. */
bool inflate_xz(const uint8_t* bytes, size_t length, size_t limit, std::vector<uint8_t>* ret_bytes);

}  // namespace emberscope

#endif
